"""Reading the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection

from ledger.books.models import Book
from ledger.journal.filters import NONE, Filters, filters_sql
from ledger.journal.rules import LINE_MAX, TransactionView, view_of
from rupaya.core.errors import NotFound
from rupaya.core.pagination import Cursor, Page, PageInvalid, page_of
from rupaya.core.prepared import ids_text, rows_prepared

_PAGE_SQL: Final = (Path(__file__).parent / "transactions_page.sql").read_text()
_NEAR_SQL: Final = (Path(__file__).parent / "transactions_near.sql").read_text()
KEY_LENGTH: Final = 2  # a cursor holds date and id
# The legs of a header that stands are all from its first line on.
_HEADER: Final = f"SELECT h.*, {LINE_MAX} AS last_line"
STANDING: Final = f"({_HEADER} FROM ledger_transaction h)"
_SEARCHED: Final = f"({_HEADER} FROM ledger_transaction_searched h)"
# One by one, each by its id alone: a plan that is kept for small books would else walk a large one. The ids are a
# subquery's, as the book is in the file: a plan that saw how many there are would look cheaper than the kept one each
# time, and planning costs four times what the statement does.
_CHOSEN: Final = f"""
({_HEADER}
   FROM unnest((SELECT %(ids)s::uuid[])) wanted (id)
  CROSS JOIN LATERAL (SELECT * FROM ledger_transaction x WHERE x.id = wanted.id OFFSET 0) h)
"""  # noqa: S608  # constants only
# A search looks at so many rows first. If enough of them are found, it walks on, through twice as many as a page
# should take.
NEAR_ROWS: Final = 150
NEAR_ENOUGH: Final = 3


class TransactionNotFound(NotFound):
    """Raised when the book has no such transaction."""

    code = "transaction_not_found"
    title = "There is no such transaction"


@dataclass(frozen=True, slots=True)
class Shown:
    """A transaction as the API gives it, in JSON."""

    id: UUID
    date: dt.date
    body: bytes
    icon: str | None

    @property
    def view(self) -> TransactionView:
        """The same as people see it."""
        return view_of(self.body, self.icon)


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a page is cut out by: SQL over `t`, a header, with its parameters, and how many rows at most."""

    place: str
    conditions: str
    order: str
    rows: int
    parameters: Mapping[str, Any]


def transaction_page(
    *, book: Book, limit: int, cursor: Cursor | None = None, filters: Filters = NONE
) -> Page[Shown]:
    """A page of the book's transactions, newest date first. One query; two with filters, three with a search."""
    is_backwards = cursor is not None and cursor.is_backwards
    direction = "ASC" if is_backwards else "DESC"
    conditions, parameters = filters_sql(filters)
    place = ""
    if cursor is not None:
        place = f" AND (t.date, t.id) {'>' if is_backwards else '<'} (%(date)s, %(id)s)"
        parameters |= _key_read(cursor)
    cut = _Cut(place, conditions, f"t.date {direction}, t.id {direction}", limit + 1, parameters)
    if filters != NONE:
        ids = _searched(book, cut) if filters.searches else _found(book, cut)
        cut = replace(cut, place="", conditions="", parameters={"ids": ids_text(ids)})
    rows = transactions_shown(
        book,
        source=STANDING if filters == NONE else _CHOSEN,
        conditions=cut.place + cut.conditions,
        order=cut.order,
        rows=cut.rows,
        parameters=cut.parameters,
    )
    return page_of(rows, limit=limit, cursor=cursor, key=lambda row: (row.date.isoformat(), str(row.id)))


def _found(book: Book, cut: _Cut, table: str = "ledger_transaction") -> list[UUID]:
    """The ids of the page. Planned for its values: which index is best hangs on them. One query."""
    sql = (
        f"SELECT t.id FROM {table} t WHERE t.book_id = %(book)s{cut.place}{cut.conditions}"  # noqa: S608  # constants only
        f" ORDER BY {cut.order} LIMIT {cut.rows}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {**cut.parameters, "book": book.pk})
        return [row[0] for row in cursor.fetchall()]


def _searched(book: Book, cut: _Cut) -> list[UUID]:
    """The ids of a search's page, by one of two ways: walking the order of the list, or asking an index for words.

    Below row-level security PostgreSQL keeps its statistics of words to itself, expects few rows of any word and
    would sort all of a frequent one. So the first rows are looked at. One or two queries.
    """
    near = _NEAR_SQL.format(
        place=cut.place, conditions=cut.conditions, order=cut.order, rows=cut.rows, near=NEAR_ROWS, enough=NEAR_ENOUGH,
        reach=2 * cut.rows * NEAR_ROWS,
    )  # fmt: skip
    ids = [row[0] for row in rows_prepared(near, {**cut.parameters, "book": book.pk})]
    return ids if len(ids) == cut.rows else _found(book, cut, "ledger_transaction_searched")


def transactions_of(*, book: Book, ids: Sequence[UUID]) -> list[Shown]:
    """The book's transactions of these ids, void ones too, in the order of the ids. One query."""
    rows = transactions_shown(
        book,
        source=_CHOSEN,
        conditions="",
        order="t.id",
        parameters={"ids": ids_text(ids)},
    )
    found = {row.id: row for row in rows}
    return [found[identity] for identity in ids if identity in found]


def transaction_of(*, book: Book, transaction_id: UUID) -> Shown:
    """One transaction of the book; raises TransactionNotFound. One query."""
    found = transactions_of(book=book, ids=[transaction_id])
    if not found:
        raise TransactionNotFound
    return found[0]


def transaction_find(*, book: Book, transaction_id: UUID) -> TransactionView | None:
    """One transaction of the book, or None. One query."""
    found = transactions_of(book=book, ids=[transaction_id])
    return found[0].view if found else None


def transactions_shown(
    book: Book,
    *,
    source: str,
    conditions: str,
    order: str,
    parameters: Mapping[str, Any],
    rows: int | None = None,
) -> list[Shown]:
    """The transactions of a source of headers, each with its `first_line` and `last_line`; `rows` at most. One query.

    The statement is prepared: its best plan must not hang on the values of the conditions.
    """
    sql = _PAGE_SQL.format(source=source, conditions=conditions, order=order, rows=rows or "ALL")
    found = rows_prepared(sql, {"book": book.pk, "base": book.base_currency, **parameters})
    return [Shown(row[0], row[1], row[3].encode(), row[2]) for row in found]


def transactions_walk(*, book: Book, filters: Filters = NONE, rows: int) -> Iterator[list[Shown]]:
    """Every transaction that the filters keep, newest date first, `rows` at a time, as all stood when it began.

    One query through a cursor of the database, and a fetch for each lot; no more than a lot is held.
    """
    conditions, parameters = filters_sql(filters)
    sql = _PAGE_SQL.format(
        source=_SEARCHED if filters.searches else STANDING,
        conditions=conditions,
        order="t.date DESC, t.id DESC",
        rows="ALL",
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, {**parameters, "book": book.pk, "base": book.base_currency})
        while lot := cursor.fetchmany(rows):
            yield [Shown(row[0], row[1], row[3].encode(), row[2]) for row in lot]


def account_balance_minor(*, book: Book, account_id: UUID, on: dt.date) -> int:
    """An account's balance at the end of a day, in its currency's minor units; debit is positive. One query.

    The months before, then the tail of the day's month from the covering index.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce((SELECT sum(amount_minor) FROM ledger_month_total_shown
                              WHERE book_id = %(book)s AND account_id = %(account)s AND month < %(month)s), 0)
                 + coalesce((SELECT sum(amount_minor) FROM ledger_posting
                              WHERE book_id = %(book)s AND account_id = %(account)s AND retired_at IS NULL
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
