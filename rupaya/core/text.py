"""What text that people see may hold."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

REASON_MAX: Final = 500  # characters of why somebody did something
# Control characters, half characters, line and paragraph separators.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Joiners, marks and spaces: they need something else to be seen by.
_UNSEEN_CATEGORIES: Final = frozenset({"Cf", "Mn", "Zs"})
# They turn the direction of what stands around a text. Joiners stay allowed: Indic scripts and emoji need them.
_DIRECTION_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters, marks and signs that are printable by Unicode's categories and show nothing: fillers and selectors.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def composed(text: str) -> str:
    """The text with one spelling for each letter, Unicode's NFC: é is one character, ड़ is two, however they came."""
    return unicodedata.normalize("NFC", text)


def spellings(text: str) -> list[str]:
    """What finds a text: its one spelling, and as it was typed, which is how it may have been kept before."""
    return list(dict.fromkeys((composed(text), text)))


def has_hidden(text: str) -> bool:
    """Whether a text holds control characters, or marks that turn what stands around it."""
    return any(
        character in _DIRECTION_MARKS or unicodedata.category(character) in _HIDDEN_CATEGORIES
        for character in text
    )


def is_key(text: str) -> bool:
    """Whether all of a text can be seen: characters that show, and single spaces between them."""
    return (
        text.isprintable()
        and text.strip() == text
        and "  " not in text
        and not _UNSEEN.search(text)
        and is_seen(text)
    )


def is_seen(text: str) -> bool:
    """Whether anything of a text shows: joiners, marks and fillers alone do not."""
    return any(
        unicodedata.category(character) not in _UNSEEN_CATEGORIES for character in _UNSEEN.sub("", text)
    )
