"""From text to tokens: parentheses, the minus, OR and AND, and terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ledger.journal.query.nodes import QueryInvalid, shown
from rupaya.core.text import has_hidden

CHARACTERS_MAX: Final = 500

# Phones turn straight quotes into curly ones, so either opens and either closes.
_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<sign>[()-])
    | (?P<word>[^\s()"“”]*)
      (?: (?P<quote>["“”]) (?P<phrase>(?:\\.|[^"“”\\])*) (?P<end>["“”]?) )?
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r'\\(["“”\\])')


@dataclass(frozen=True, slots=True)
class Token:
    """One sign, operator or term: `kind` is `(`, `)`, `-`, `OR`, `AND` or `term`.

    `source` is what was written, `position` the number of characters before it. Of a term, `key` is what stands
    before its colon, in lower case and '' for none; `value` is the rest, out of its quotes.
    """

    kind: str
    position: int
    source: str
    key: str = ""
    value: str = ""
    is_quoted: bool = False

    @property
    def ends_at(self) -> int:
        """The position right behind it."""
        return self.position + len(self.source)


def tokens_read(text: str) -> list[Token]:
    """Will cut a query into tokens.

    Raises QueryInvalid for more than 500 characters, for one that can't be seen, and for quotes that don't
    close or don't stand alone.
    """
    if len(text) > CHARACTERS_MAX:
        raise QueryInvalid(CHARACTERS_MAX, f"a search has at most {CHARACTERS_MAX} characters.")
    hidden = next((at for at, character in enumerate(text) if has_hidden(character)), None)
    if hidden is not None:
        raise QueryInvalid(hidden, "there is a character that can't be seen; leave it out.")
    found = (_token(match) for match in _TOKEN.finditer(text) if match.group() and not match["space"])
    return list(found)


def _token(match: re.Match[str]) -> Token:
    source, position = match.group(), match.start()
    if match["sign"]:
        return Token(match["sign"], position, source)
    if match["quote"]:
        return _quoted(match)
    if source in {"OR", "AND"}:
        return Token(source, position, source)
    key, value = _keyed(source)
    return Token("term", position, source, key, value)


def _quoted(match: re.Match[str]) -> Token:
    opens_at, behind = match.start("quote"), match.string[match.end() : match.end() + 1]
    if not match["end"]:
        raise QueryInvalid(opens_at, "the quotes that begin here are not closed.")
    key, value = _keyed(match["word"])
    if value:
        raise QueryInvalid(opens_at, f"put a space between {shown(value)} and the quotes.")
    if behind and not behind.isspace() and behind not in "()":
        raise QueryInvalid(match.end(), "put a space behind the quotes.")
    phrase = _ESCAPED.sub(r"\1", match["phrase"])
    if not phrase.strip():
        raise QueryInvalid(opens_at, "there is nothing between the quotes.")
    return Token("term", match.start(), match.group(), key, phrase, is_quoted=True)


def _keyed(word: str) -> tuple[str, str]:
    """`key:value` apart. Without a letter before the colon it is no key: 10:30 and :-) are text."""
    key, colon, value = word.partition(":")
    return (key.lower(), value) if colon and any(map(str.isalpha, key)) else ("", word)
