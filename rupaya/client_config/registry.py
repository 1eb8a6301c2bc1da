"""Flags whose state for everyone may be known to anybody: apps ask for them before somebody signs in."""

from typing import Final

PUBLIC_FLAGS: Final[tuple[str, ...]] = ()
