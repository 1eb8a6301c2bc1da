"""Reading where a book stands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

from ledger.books.models import Book
from ledger.reports.rules import (
    WINDOW_MONTHS,
    AccountMoves,
    Balance,
    Overview,
    balances_of,
    moves_of,
    overview_of,
)
from rupaya.core.db import rows_as_dicts
from rupaya.core.fiscal import month_start, months_after

_OVERVIEW_SQL: Final = (Path(__file__).parent / "overview.sql").read_text()


def overview_at(*, book: Book, today: dt.date) -> Overview:
    """Where the book stands at the end of a day. One query, from month totals and one month's tail."""
    return overview_of(_moves(book, today), today=today, currency=book.base_currency)


def balances_at(*, book: Book, today: dt.date) -> tuple[Balance, ...]:
    """Every account that holds or owes money, with its balance at the end of a day. One query."""
    return balances_of(_moves(book, today), currency=book.base_currency)


def _moves(book: Book, today: dt.date) -> list[AccountMoves]:
    month = month_start(today)
    parameters = {
        "book": book.pk,
        "today": today,
        "month": month,
        "window": months_after(month, months=1 - WINDOW_MONTHS),
    }
    return moves_of(rows_as_dicts(_OVERVIEW_SQL, parameters))
