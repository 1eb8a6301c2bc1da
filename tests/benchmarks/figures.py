"""Measuring in pairs, and what is told of it.

A machine's speed changes from one second to the next; the ratio of two sides that were measured turn by turn hardly
does. So every figure is the median of the rounds' ratios, and never one number alone.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

CORES: Final = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio must reach: at least `bound` for rates, at most `bound` for times."""

    sign: Literal["≥", "≤"]
    bound: int | float

    def is_met(self, value: int | float) -> bool:
        """Whether the value is on the right side."""
        return value >= self.bound if self.sign == "≥" else value <= self.bound

    def __str__(self) -> str:
        """The goal as people write it."""
        return f"{self.sign} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One ratio: ours to the floor's, of each round.

    ours, floor: medians in `unit`. ratios: one a round. goal: None for a figure that explains another.
    """

    bench: str
    what: str
    unit: str
    ours: int | float
    floor: int | float
    ratios: tuple[float, ...]
    goal: Goal | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """met, missed, or '' where there is no goal."""
        return "" if self.goal is None else "met" if self.goal.is_met(self.ratio) else "MISSED"

    def as_json(self) -> dict[str, Any]:
        """Everything, for keeping."""
        goal = str(self.goal) if self.goal else None
        return {**asdict(self), "goal": goal, "ratio": self.ratio, "verdict": self.verdict}


def pair(
    bench: str,
    what: str,
    unit: str,
    *,
    ours: Sequence[float],
    floor: Sequence[float],
    goal: Goal | None = None,
    notes: Mapping[str, Any] | None = None,
) -> Figure:
    """The figure of two sides that were measured in the same rounds."""
    ratios = tuple(mine / other for mine, other in zip(ours, floor, strict=True))
    return Figure(
        bench, what, unit, statistics.median(ours), statistics.median(floor), ratios, goal, dict(notes or {})
    )


def interleaved(
    sides: Mapping[str, Callable[[int], float]], *, rounds: int, bench: str
) -> dict[str, list[float]]:
    """Will measure every side once a round; who comes first changes with the round, so nobody has the warm seat.

    A side takes the round's number and gives what it measured. Raises ValueError for fewer than 3 rounds.
    """
    if rounds < 3:
        raise ValueError("a median needs at least 3 rounds")
    measured: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            value = sides[name](number)
            measured[name].append(value)
            say(f"  {bench}, round {number + 1} of {rounds}: {name} {value:,.4g}")
    return measured


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Seconds of the wall since the block began, and at its end the block's own."""
    started = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - started
    ended.append(time.perf_counter())


def share(*, busy_s: float, wall_s: float) -> str:
    """How much of the machine the load itself took, for example `12 %`: what it took, neither side could use."""
    return f"{100 * busy_s / (wall_s * CORES):.0f} %"


def say(sentence: str) -> None:
    """Progress, on stderr: stdout is for the table."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def table(figures: Sequence[Figure]) -> str:
    """The figures as people read them, one line each."""
    heads = ("bench", "what", "ours", "floor", "unit", "ratio", "rounds", "goal", "")
    rows = [heads, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    notes = [
        f"{figure.bench}, {figure.what}: "
        + ", ".join(f"{name} {value}" for name, value in figure.notes.items())
        for figure in figures
        if figure.notes
    ]
    return "\n".join([*lines, "", *notes])


def _row(figure: Figure) -> tuple[str, ...]:
    spread = f"{min(figure.ratios):.2f}–{max(figure.ratios):.2f}" if len(figure.ratios) > 1 else ""
    return (
        figure.bench, figure.what, f"{figure.ours:,.4g}", f"{figure.floor:,.4g}", figure.unit,
        f"{figure.ratio:.2f}", spread, str(figure.goal or ""), figure.verdict,
    )  # fmt: skip


def keep(figures: Sequence[Figure], path: Path, *, context: Mapping[str, Any]) -> None:
    """Will write everything as JSON: the machine, the settings of the run, and each figure with its rounds."""
    machine = {"cores": CORES, "python": platform.python_version(), "system": platform.platform()}
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"machine": machine, **context, "figures": [figure.as_json() for figure in figures]}
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False, default=str) + "\n")
