"""What a file of transactions looks like, without a database: CSV for spreadsheets, NDJSON for programs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from rupaya.core.errors import FieldError, Invalid
from rupaya.core.money import Money

CONTENT_TYPES: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
FORMATS: Final = tuple(CONTENT_TYPES)
# A transaction has a row for each part of a split, and these columns. Texts are what people wrote.
COLUMNS: Final = (
    "id", "date", "type", "status", "amount", "amount_minor", "currency", "base_amount", "base_currency",
    "description", "payee", "account", "category", "to_account", "to_amount", "to_currency",
    "tags", "notes", "is_reconciled", "external_id", "origin", "created_at",
)  # fmt: skip
_TEXTS: Final = frozenset(
    {"description", "payee", "account", "category", "to_account", "tags", "notes", "external_id"}
)
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection), in any width.
_FORMULA: Final = frozenset("=+-@")
_BREAKS: Final = frozenset("\t\r\n")
_QUOTES: Final = frozenset("'\"`‘’“”„‟‚‛«»＇＂")
_UNSAFE_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_NAME_MAX: Final = 80  # characters of a book's name: file systems take 255 bytes, and one may need three
BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()


class FormatUnknown(Invalid):
    """Raised for a format that there is not."""

    code = "format_unknown"
    title = "There is no such format"

    def __init__(self) -> None:
        message = f"format must be {' or '.join(FORMATS)}."
        super().__init__(message, errors=[FieldError("format", self.code, message)])


def format_read(text: str | None) -> str:
    """Will read `?format=`: csv where it is absent. Raises FormatUnknown."""
    if text and text not in FORMATS:
        raise FormatUnknown
    return text or FORMATS[0]


class Form(Protocol):
    """A way to write transactions: what stands before, a lot of them, and what stands behind. All are bytes.

    The transactions come as the API's JSON, which journal/transactions_page.sql writes.
    """

    def head(self) -> bytes:
        """What the file begins with."""

    def lines(self, bodies: Iterable[bytes]) -> bytes:
        """Some transactions."""

    def tail(self, count: int) -> bytes:
        """What the file ends with, where there were `count` transactions."""


@dataclass(frozen=True, slots=True)
class Ndjson:
    """A line is a transaction as the API gives it. The last says that it is: a file without it was broken off."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def lines(self, bodies: Iterable[bytes]) -> bytes:
        """One line each."""
        return b"".join(body + b"\n" for body in bodies)

    def tail(self, count: int) -> bytes:
        """`{"end": true, "count": n}`."""
        return orjson.dumps({"end": True, "count": count}) + b"\n"


@dataclass(frozen=True, slots=True)
class Csv:
    """RFC 4180 in UTF-8. Whether it is whole only the connection tells: a broken one ends without its last chunk.

    paths: names of accounts and categories from the top of the tree, by id. is_marked: whether it begins with the byte
    order mark, without which Excel takes ₹ and Devanagari for something else.
    """

    paths: Mapping[str, str]
    is_marked: bool = False

    def head(self) -> bytes:
        """The names of the columns."""
        return (BYTE_ORDER_MARK if self.is_marked else b"") + _written([COLUMNS])

    def lines(self, bodies: Iterable[bytes]) -> bytes:
        """A row for each part."""
        return _written(row for body in bodies for row in rows_of(orjson.loads(body), paths=self.paths))

    def tail(self, count: int) -> bytes:  # noqa: ARG002  # a row that is none would be read as one
        """Nothing."""
        return b""


def rows_of(said: Mapping[str, Any], *, paths: Mapping[str, str]) -> Iterator[list[str]]:
    """The cells of a transaction, a row for each part of a split, so that a column of amounts adds up.

    A split's parts are in the book's currency, as its categories are.
    """
    common = {
        **{name: said[name] for name in COLUMNS if name in said and not name.endswith("amount")},
        "base_amount": _major(said["base_amount_minor"], said["base_currency"]),
        "account": paths.get(said["account_id"], said["account"]),
        "to_account": paths.get(said["to_account_id"], said["to_account"]),
        "to_amount": _major(said["to_amount_minor"], said["to_currency"]),
        "tags": ", ".join(said["tags"]),
        "is_reconciled": "true" if said["is_reconciled"] else "false",
    }
    for part in said["splits"] or [said]:
        amount = _major(part["amount_minor"], part["currency"])
        own = {
            "amount": amount,
            "amount_minor": part["amount_minor"],
            "currency": part["currency"],
            "category": paths.get(part["category_id"], ""),
        }
        if part is not said:
            own["base_amount"] = amount
        yield [_cell(name, (common | own)[name]) for name in COLUMNS]


def text_shield(text: str) -> str:
    """A text that no spreadsheet runs: what begins like a formula gets an apostrophe before it.

    Spaces, quotes and what can't be seen don't hide the beginning. It can be undone: a shielded text is one that has
    an apostrophe and behind it what needs one.
    """
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    for character in text:
        if character in _BREAKS:
            return True
        if character in _QUOTES or character.isspace() or unicodedata.category(character) in {"Cf", "Cc"}:
            continue
        return unicodedata.normalize("NFKC", character)[0] in _FORMULA
    return False


def file_name(
    *, book_name: str, since: dt.date | None, until: dt.date | None, today: dt.date, ending: str
) -> str:
    """What a browser saves the file as: the book, the days that were asked for, and the day it was taken."""
    book = " ".join(_UNSAFE_IN_NAMES.sub(" ", book_name)[:_NAME_MAX].split()).strip(". ") or "Book"
    days = "".join(f" {word} {day}" for word, day in (("from", since), ("until", until)) if day)
    return f"{book} transactions{days}, taken {today}.{ending}"


def _cell(name: str, value: object) -> str:
    text = "" if value is None else str(value)
    return text_shield(text) if name in _TEXTS else text


def _major(minor: int | None, currency: str | None) -> str:
    """Whole minor units as a plain number in major ones, with all of the currency's decimals; '' for None."""
    return "" if minor is None or currency is None else f"{Money(minor, currency).major:f}"


def _written(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
