"""What other features do when a book is opened. The ledger registers it in its AppConfig.ready()."""

from __future__ import annotations

from typing import Final, Protocol

from ledger.books.models import Book


class OpeningStep(Protocol):
    """Runs inside the opening's transaction, acting as the owner; what it raises undoes the opening."""

    def __call__(self, *, book: Book) -> object:
        """Will do what the new book needs."""


_opening_steps: Final[list[OpeningStep]] = []


def opening_step_register(step: OpeningStep) -> None:
    """Will run `step` for every new book, in the order of registration; once, however often it is named."""
    if step not in _opening_steps:
        _opening_steps.append(step)


def opening_steps() -> tuple[OpeningStep, ...]:
    """All registered steps, in order."""
    return tuple(_opening_steps)
