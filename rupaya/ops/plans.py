"""What an action will do, told before it does it; and its end, good or bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

FAILED: Final = 1
USAGE: Final = 2
PARTLY: Final = 3  # something was done, and something that should have followed was not


class OpsError(Exception):
    """An action that can't be done, or was not: one sentence for the operator, and the command's exit code."""

    def __init__(self, sentence: str, *, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


@contextmanager
def begun() -> Iterator[None]:
    """For what follows a change: that it took too long, or AWS refused, leaves something neither done nor undone.

    Raises OpsError with PARTLY in the place of OpsError with FAILED, and of botocore's errors.
    """
    try:
        yield
    except OpsError as error:
        raise OpsError(error.sentence, code=PARTLY if error.code == FAILED else error.code) from error
    except (BotoCoreError, ClientError) as error:
        raise OpsError(f"AWS: {error}", code=PARTLY) from error


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, step by step. harm: what people could notice of it, '' where nobody can."""

    title: str
    steps: tuple[str, ...] = ()
    harm: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The plan for `--json`."""
        return {**asdict(self), "steps": list(self.steps), "facts": dict(self.facts)}


Say = Callable[[str], None]
"""Takes a sentence for the operator's terminal."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An action whose preconditions were checked: its plan, and what does it.

    run: gives facts for `--json`; `told` of them are lines for people. Raises OpsError.
    """

    plan: Plan
    run: Callable[[], Mapping[str, Any]]
