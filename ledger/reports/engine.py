"""The one reader of moves: what each account added between some days, from totals, postings, or as once known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from ledger.books.models import Book
from ledger.reports.flows import CASH_KINDS
from ledger.reports.moves import Moves, moves_of
from ledger.reports.periods import Span
from rupaya.core.db import database_of, rows_as_dicts
from rupaya.core.fiscal import month_start

_SQL: Final = Path(__file__).parent / "sql"
_FIRST: Final = dt.date.min  # before any posting
_HALF_A_MONTH: Final = dt.timedelta(days=15)  # as ledger_balances_unveiled has it


def sql(name: str) -> str:
    """A file of this feature's SQL."""
    return (_SQL / f"{name}.sql").read_text()


_MOVES, _MONTHS, _DAYS, _HISTORY, _CASH = (
    sql(name) for name in ("moves", "months", "days", "history", "cash")
)
_LEGS: Final = {"live": sql("legs_live"), "known": sql("legs_known")}
# Whether a posting counts: now, or at an instant.
COUNTS: Final = {
    "live": "{0}.retired_at IS NULL",
    "known": "{0}.recorded_at <= %(known_at)s AND ({0}.retired_at IS NULL OR {0}.retired_at > %(known_at)s)",
}
# Which accounts' moves are read.
_EVERY: Final = "true"
_NAMED: Final = "id = ANY(%(ids)s)"
_MONEY: Final = "kind = ANY(%(kinds)s)"


@dataclass(frozen=True, slots=True)
class Source:
    """Where moves are read from.

    known_at: as they were known at that instant, from the postings. by_days: day by day from the covering index, where
    totals of months would not help.
    """

    known_at: dt.datetime | None = None
    by_days: bool = False

    @property
    def state(self) -> str:
        """Which postings count: `live`, or those `known` once."""
        return "live" if self.known_at is None else "known"


def cuts_of(spans: Iterable[Span]) -> list[dt.date]:
    """The days that some spans need, ascending, each once."""
    days = {span.ends_before for span in spans} | {span.starts_on for span in spans if span.starts_on}
    return sorted(days)


def moves_read(
    *, book: Book, spans: Sequence[Span], source: Source, ids: Sequence[UUID] | None, has_opening: bool
) -> Moves:
    """What moved the accounts (None: all; else these and everything below) in the spans. One query.

    has_opening: whether what was before the first day is read too; else sums count from there. All accounts of the
    book are in the answer's nodes.
    """
    wanted = _EVERY if ids is None else _NAMED
    return _read(book, cuts_of(spans), source, wanted, {"ids": list(ids or ())}, has_opening=has_opening)


def cash_read(*, book: Book, spans: Sequence[Span], source: Source, ids: Sequence[UUID] | None) -> Moves:
    """The moves of the accounts of cash (None: banks, cash and wallets), with what was before; and of every other
    account, what its legs moved in the same transactions. One query, so one moment.

    Reads every transaction of cash in the spans.
    """
    wanted = _MONEY if ids is None else _NAMED
    parameters = {"ids": list(ids or ()), "kinds": sorted(CASH_KINDS)}
    return _read(book, cuts_of(spans), source, wanted, parameters, has_opening=True, has_others=True)


def _read(
    book: Book,
    cuts: Sequence[dt.date],
    source: Source,
    wanted: str,
    parameters: Mapping[str, Any],
    *,
    has_opening: bool,
    has_others: bool = False,
) -> Moves:
    if source.known_at is not None:
        moved, own = _HISTORY, _of_history(cuts, has_opening=has_opening)
    elif source.by_days:
        moved, own = _DAYS, _of_days(cuts, has_opening=has_opening)
    else:
        moved, own = _MONTHS, _of_months(cuts, has_opening=has_opening)
    if has_others:
        others = _CASH.format(legs=_LEGS[source.state], counts=COUNTS[source.state].format("x"))
        moved = f"{moved}\n UNION ALL\n{others}"
    return moves_of(
        rows_as_dicts(
            _MOVES.format(source=moved, wanted=wanted),
            {
                "book": book.pk,
                "known_at": source.known_at,
                "cuts": list(cuts),
                "first": cuts[0],
                "last": cuts[-1],
                **own,
                **parameters,
            },
            using=database_of(book),
        ),
        cuts=cuts,
    )


def _of_history(cuts: Sequence[dt.date], *, has_opening: bool) -> dict[str, Any]:
    """The buckets that are read; what was before the first cut is one of them where it is asked for."""
    first = 0 if has_opening else 1
    return {
        "since": _FIRST,
        "lows": [_FIRST, *cuts[:-1]][first:],
        "highs": cuts[first:],
        "places": list(range(first, len(cuts))),
    }


def _of_days(cuts: Sequence[dt.date], *, has_opening: bool) -> dict[str, Any]:
    whole_until = month_start(cuts[0]) if has_opening else _FIRST
    return {"since": whole_until if has_opening else cuts[0], "whole_until": whole_until}


def _of_months(cuts: Sequence[dt.date], *, has_opening: bool) -> dict[str, Any]:
    months = [month_start(cut + _HALF_A_MONTH) for cut in cuts]
    divided = [
        (cut, month, place)
        for place, (cut, month) in enumerate(zip(cuts, months, strict=True))
        if cut != month
    ]
    return {
        "since": _FIRST if has_opening else months[0],
        "months": months,
        "last_month": months[-1],
        "parts": [cut for cut, _, _ in divided],
        "nearest": [month for _, month, _ in divided],
        "places": [place for _, _, place in divided],
    }
