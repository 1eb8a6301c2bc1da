"""From a term to what it says: words, and the values that stand behind a key and its colon."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from ledger.journal.query.nodes import Amount, Dates, Field, Leaf, Named, Payee, QueryInvalid, Text, shown
from ledger.journal.query.tokens import Token
from ledger.journal.rules import STATUSES, TYPES
from rupaya.core.days import EARLIEST, LATEST
from rupaya.core.fiscal import fiscal_year_label, fiscal_year_of, household_month, months_after
from rupaya.core.money import CURRENCY_PLACES, AmountInvalid, money_parse

# Plain, grouped as lakh and crore, or by thousands.
_NUMBER: Final = re.compile(r"(\d+|\d{1,2}(,\d\d)*,\d{3}|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_FISCAL_YEAR: Final = re.compile(r"(\d{4})(?:-(\d\d))?", re.ASCII)
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a query is read against: the day it is, the book's finest currency, and where its years and months begin."""

    today: dt.date
    currency: str
    fiscal_year_start_month: int
    month_start_day: int


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


_Point = TypeVar("_Point", bound=_Ordered)


def term_read(token: Token, frame: Frame) -> Leaf:
    """Will read one term; raises QueryInvalid, at the term, for an unknown key or a value that does not fit."""
    if not token.key:
        return Text(token.value)
    key = _KEYS.get(token.key)
    if key is None:
        raise QueryInvalid(token.position, _unknown(token))
    if not token.value and key.read is not _fiscal_year:  # whose example is a year of this book
        raise _needs(token)
    return key.read(token, frame)


def _unknown(token: Token) -> str:
    near = get_close_matches(token.key, _KEYS, n=1)
    hint = f"did you mean {near[0]}:?" if near else "in quotes it is text."
    return f"there is no {shown(token.key + ':')} to search by; {hint}"


def _needs(token: Token) -> QueryInvalid:
    key = _KEYS[token.key]
    return QueryInvalid(
        token.position, f"{shown(token.source)} needs {key.needs}, for example {token.key}:{key.example}."
    )


def _between(
    token: Token, read: Callable[[str], tuple[_Point, _Point]]
) -> tuple[_Point | None, _Point | None]:
    """A value, comparison or range as half-open bounds, None where open.

    `read` gives the bounds of one value: an amount ends before the next paisa, a month before the next month.
    """
    left, dots, right = token.value.partition("..")
    if dots and (left or right):
        starts_at = read(left)[0] if left else None
        ends_before = read(right)[1] if right else None
        if starts_at is not None and ends_before is not None and not starts_at < ends_before:
            raise QueryInvalid(token.position, f"{shown(token.source)} ends before it begins.")
        return starts_at, ends_before
    value = token.value.lstrip("<>=")
    first, behind = read(value)
    match token.value.removesuffix(value):
        case "" | "=":
            return first, behind
        case ">":
            return behind, None
        case ">=":
            return first, None
        case "<":
            return None, first
        case "<=":
            return None, behind
        case _:
            raise _needs(token)


def _amount(token: Token, frame: Frame) -> Amount:
    def read(text: str) -> tuple[int, int]:
        if not _NUMBER.fullmatch(text):
            raise _needs(token)
        try:
            minor = money_parse(Decimal(text.replace(",", "")), currency=frame.currency).minor
        except AmountInvalid as error:
            raise QueryInvalid(token.position, error.message) from error
        return minor, minor + 1

    return Amount(*_between(token, read))


def _date(token: Token, frame: Frame) -> Dates:
    today = frame.today
    this_month = household_month(today, month_start_day=frame.month_start_day)
    last_month = household_month(this_month[0] - _DAY, month_start_day=frame.month_start_day)
    words = {
        "today": (today, today + _DAY),
        "yesterday": (today - _DAY, today),
        "this-month": (this_month[0], this_month[1] + _DAY),
        "last-month": (last_month[0], last_month[1] + _DAY),
    }

    def read(text: str) -> tuple[dt.date, dt.date]:
        return words.get(text.lower()) or _calendar(text, token)

    return Dates(*_between(token, read))


def _calendar(text: str, token: Token) -> tuple[dt.date, dt.date]:
    """A year, month or day as half-open bounds."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise _needs(token)
    year, month, day = found.groups()
    first = _day(token, int(year), int(month or 1), int(day or 1))
    if day:
        return first, first + _DAY
    return first, months_after(first, months=1 if month else 12)


def _day(token: Token, year: int, month: int, day: int) -> dt.date:
    """A day that a transaction may have."""
    if not EARLIEST.year <= year <= LATEST.year:
        raise QueryInvalid(
            token.position, f"{shown(token.source)}: years go from {EARLIEST.year} to {LATEST.year}."
        )
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise QueryInvalid(token.position, f"{shown(token.source)} is not in the calendar.") from error


def _fiscal_year(token: Token, frame: Frame) -> Dates:
    start_month = frame.fiscal_year_start_month
    found = _FISCAL_YEAR.fullmatch(token.value)
    if found:
        year = fiscal_year_of(_day(token, int(found[1]), start_month, 1), start_month=start_month)
        label = fiscal_year_label(year.starts_on, start_month=start_month)
        if token.value == label.removeprefix("FY "):
            return Dates(year.starts_on, year.ends_before)
    label = fiscal_year_label(frame.today, start_month=start_month).removeprefix("FY ")
    raise QueryInvalid(
        token.position, f"{shown(token.source)} needs a financial year of this book, for example fy:{label}."
    )


def _choice(token: Token, _frame: Frame) -> Field:
    value = token.value.lower()
    if value not in _CHOICES[token.key]:
        raise _needs(token)
    return Field(token.key, value)


def _currency(token: Token, _frame: Frame) -> Field:
    value = token.value.upper()
    if value not in CURRENCY_PLACES:
        raise _needs(token)
    return Field("currency", value)


def _as_written(token: Token, _frame: Frame) -> Field:
    return Field(token.key, token.value)


def _tag(token: Token, _frame: Frame) -> Field:
    return Field(token.key, token.value.casefold())  # as tags are kept


def _payee(token: Token, _frame: Frame) -> Payee:
    return Payee(token.value, is_whole=token.is_quoted)


def _named(token: Token, _frame: Frame) -> Named:
    return Named(token.key, token.value, token.position)


class _Key(NamedTuple):
    """How a key's value is read, and the sentence about one that can't be: what it needs, and an example."""

    read: Callable[[Token, Frame], Leaf]
    needs: str
    example: str


_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "type": TYPES,
    "status": STATUSES,
    "is": ("reconciled",),
    "has": ("receipt", "tag", "notes"),
}
_KEYS: Final[Mapping[str, _Key]] = {
    "amount": _Key(_amount, "a number", ">500"),
    "date": _Key(_date, "a day, month or year", "2026-04..2026-09"),
    "fy": _Key(_fiscal_year, "a financial year", "2026-27"),
    "category": _Key(_named, "a category", '"Eating out"'),
    "account": _Key(_named, "an account", '"SBI savings"'),
    "payee": _Key(_payee, "a payee", "swiggy"),
    "tag": _Key(_tag, "a tag", "diwali"),
    "type": _Key(_choice, "income, expense or transfer", "expense"),
    "status": _Key(_choice, "pending, posted or void", "pending"),
    "is": _Key(_choice, "reconciled", "reconciled"),
    "has": _Key(_choice, "receipt, tag or notes", "receipt"),
    "currency": _Key(_currency, "a currency that RUPAYA knows", "USD"),
    "id": _Key(_as_written, "an id", "UPI-4415"),
    "external": _Key(_as_written, "an id", "UPI-4415"),
}
