"""What a query says once it is read, and the refusal of one that can't be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rupaya.core.errors import FieldError, Invalid

SHOWN_MAX: Final = 40  # characters of a term that a sentence repeats


class QueryInvalid(Invalid):
    """Raised for a query that can't be read.

    `position` is where the mistake begins: characters (code points) before it. The sentence counts from 1, as
    people do.
    """

    code = "query_invalid"
    title = "The search can't be read"

    def __init__(self, position: int, message: str) -> None:
        self.position = position
        sentence = f"At character {position + 1}: {message}"
        super().__init__(sentence, errors=[FieldError("q", self.code, sentence)])


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One part or more holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class Text:
    """Description, payee or notes hold these characters, upper and lower case alike."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """The amount lies from `starts_at` up to, and without, `ends_before`; None is open.

    In minor units of the currency that the query is read in, the finest of the book's.
    """

    starts_at: int | None
    ends_before: int | None


@dataclass(frozen=True, slots=True)
class Dates:
    """The date lies from `starts_on` up to, and without, `ends_before`; None is open."""

    starts_on: dt.date | None
    ends_before: dt.date | None


@dataclass(frozen=True, slots=True)
class Payee:
    """The payee holds the text, or is it: upper and lower case alike."""

    text: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Field:
    """What `key` names is `value`: a type, status, tag, currency or id, or a mark such as `has:notes`."""

    key: str  # type, status, is, has, tag, currency, id or external
    value: str


@dataclass(frozen=True, slots=True)
class Named:
    """A category or account as the person wrote it: name, path or id. `names_resolve` says which those are."""

    key: str  # category or account
    name: str
    position: int = field(default=0, compare=False)  # of the term, for the sentence about an unknown name


Leaf: TypeAlias = Text | Amount | Dates | Payee | Field | Named
Node: TypeAlias = And | Or | Not | Leaf


def leaves(node: Node) -> Iterator[Leaf]:
    """The terms of a query, left to right."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node


def shown(text: str) -> str:
    """A piece of a query as sentences quote it."""
    return f"“{text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + '…'}”"
