"""What the formats have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PARTS_MAX: Final = 20_000  # segments, chunks or boxes of a file; an honest one of 10 MiB has some hundreds


class Damaged(ValueError):
    """Raised inside this package when a file does not hold what its format asks for."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that may be kept. Pixels as stored, before any turn; None where a type has none."""

    content_type: str
    data: bytes
    width: int | None = None
    height: int | None = None


@dataclass(slots=True)
class Counter:
    """Counts the parts of a file, and stops at one that has more than any honest file."""

    left: int = PARTS_MAX

    def step(self) -> None:
        """Will count one part; raises Damaged for one too many."""
        self.left -= 1
        if self.left < 0:
            raise Damaged("too many parts")


def cut(data: bytes, at: int, size: int) -> bytes:
    """`size` bytes from `at` on; raises Damaged where the file ends before."""
    if at < 0 or size < 0 or at + size > len(data):
        raise Damaged("cut off")
    return data[at : at + size]


def number(data: bytes, at: int, size: int) -> int:
    """An unsigned big-endian number of `size` bytes; raises Damaged where the file ends before."""
    return int.from_bytes(cut(data, at, size))


def sized(width: int, height: int) -> tuple[int, int]:
    """Both sides of a picture; raises Damaged for one without pixels."""
    if width < 1 or height < 1:
        raise Damaged("no pixels")
    return width, height
