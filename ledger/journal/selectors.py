"""Reading the journal."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection

from ledger.books.models import Book
from ledger.journal.rules import TYPES, TransactionView, view_of
from rupaya.core.db import rows_as_dicts
from rupaya.core.errors import FieldError, Invalid
from rupaya.core.pagination import Cursor, Page, PageInvalid, page_of

_PAGE_SQL: Final = (Path(__file__).parent / "transactions_page.sql").read_text()
KEY_LENGTH: Final = 2  # a cursor holds date and id


class FilterInvalid(Invalid):
    """Raised for a filter that does not exist."""

    code = "filter_invalid"
    title = "The filter is not valid"


def type_read(text: str | None) -> str:
    """Will read `?type=`; '' is every type. Raises FilterInvalid."""
    if text and text not in TYPES:
        message = f"type must be one of {', '.join(TYPES)}."
        raise FilterInvalid(message, errors=[FieldError("type", "invalid_choice", message)])
    return text or ""


def transaction_page(
    *, book: Book, limit: int, cursor: Cursor | None = None, entry_type: str = ""
) -> Page[TransactionView]:
    """A page of the book's transactions, newest date first. One query."""
    conditions, parameters = [], {"book": book.pk, "rows": limit + 1}
    is_backwards = cursor is not None and cursor.is_backwards
    if entry_type:
        conditions.append("AND t.type = %(type)s")
        parameters["type"] = entry_type
    if cursor is not None:
        conditions.append(f"AND (t.date, t.id) {'>' if is_backwards else '<'} (%(date)s, %(id)s)")
        parameters |= _key_read(cursor)
    sql = _PAGE_SQL.format(conditions=" ".join(conditions), direction="ASC" if is_backwards else "DESC")
    rows = [view_of(row) for row in rows_as_dicts(sql, parameters)]
    return page_of(rows, limit=limit, cursor=cursor, key=lambda row: (row.date.isoformat(), str(row.id)))


def transaction_find(*, book: Book, transaction_id: UUID) -> TransactionView | None:
    """One transaction of the book, or None. One query."""
    sql = _PAGE_SQL.format(conditions="AND t.id = %(id)s", direction="DESC")
    rows = rows_as_dicts(sql, {"book": book.pk, "rows": 1, "id": transaction_id})
    return view_of(rows[0]) if rows else None


def transaction_view(*, book: Book, transaction_id: UUID) -> TransactionView:
    """One transaction that is known to be there; raises LookupError where it is not. One query."""
    found = transaction_find(book=book, transaction_id=transaction_id)
    if found is None:
        raise LookupError(transaction_id)
    return found


def account_balance_minor(*, book: Book, account_id: UUID, on: dt.date) -> int:
    """An account's balance at the end of a day, in its currency's minor units; debit is positive. One query.

    The months before, then the tail of the day's month from the covering index.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce((SELECT sum(amount_minor) FROM ledger_month_total
                              WHERE book_id = %(book)s AND account_id = %(account)s AND month < %(month)s), 0)
                 + coalesce((SELECT sum(amount_minor) FROM ledger_posting
                              WHERE book_id = %(book)s AND account_id = %(account)s
                                AND date BETWEEN %(month)s AND %(on)s), 0)
            """,
            {"book": book.pk, "account": account_id, "month": on.replace(day=1), "on": on},
        )
        return int(cursor.fetchone()[0])


def _key_read(cursor: Cursor) -> dict[str, Any]:
    try:
        return {"date": dt.date.fromisoformat(cursor.key[0]), "id": UUID(cursor.key[1])}
    except ValueError as error:
        raise PageInvalid(
            "cursor", "This cursor belongs to another list; start from the first page."
        ) from error
