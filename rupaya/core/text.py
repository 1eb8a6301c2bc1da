"""What text that people see may hold."""

from __future__ import annotations

import unicodedata
from typing import Final

REASON_MAX: Final = 500  # characters of why somebody did something
# Control characters, half characters, line and paragraph separators.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the direction of what stands around a text. Joiners stay allowed: Indic scripts and emoji need them.
_DIRECTION_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def has_hidden(text: str) -> bool:
    """Whether a text holds control characters, or marks that turn what stands around it."""
    return any(
        character in _DIRECTION_MARKS or unicodedata.category(character) in _HIDDEN_CATEGORIES
        for character in text
    )


def is_seen(text: str) -> bool:
    """Whether anything of a text shows: joiners and marks alone do not."""
    return any(unicodedata.category(character) not in {"Cf", "Mn", "Zs"} for character in text)
