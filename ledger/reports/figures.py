"""What every report is made of: figures, each with the filter that lists its transactions. No database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from ledger.reports.periods import Span
from rupaya.core.money import Money

IDS_MAX: Final = 50  # accounts that one filter may name

Listing = Mapping[str, str]  # a query of GET /v1/transactions, without the days


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount, and the query of `GET /v1/transactions` that lists its transactions; None where no query does."""

    money: Money
    filter: Listing | None


# A figure for each column of a report: the whole range first, then its periods, or what it is compared with.
Series = tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, and its figures by name."""

    head: Mapping[str, Any]
    figures: Mapping[str, Series]


@dataclass(frozen=True, slots=True)
class Section:
    """Lines with their sums by name."""

    rows: Sequence[Row]
    figures: Mapping[str, Series]


@dataclass(frozen=True, slots=True)
class Group:
    """A report's part in one currency."""

    currency: str
    sections: Mapping[str, Section] = field(default_factory=dict)
    figures: Mapping[str, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked, and the answer in each currency.

    periods: the columns after the first, where there are any. previous: what the first is compared with.
    """

    name: str
    asked: Mapping[str, Any]
    groups: Sequence[Group]
    periods: Sequence[Span] = ()
    previous: Span | None = None


def listing_of(ids: Collection[UUID]) -> Listing | None:
    """The query that lists what moved any of the accounts; None for none, or for more than a query may name."""
    if not 1 <= len(ids) <= IDS_MAX:
        return None
    return {"posting_account_id": ",".join(str(identity) for identity in sorted(ids))}


def days_of(span: Span) -> dict[str, str]:
    """The days of a query."""
    since = {"since": _iso(span.starts_on)} if span.starts_on else {}
    return since | {"until": _iso(span.until)}


def _iso(day: dt.date) -> str:
    return day.isoformat()
