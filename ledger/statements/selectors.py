"""Reading imported statements."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from ledger.books.models import Book
from ledger.journal.selectors import account_balance_minor
from ledger.statements.models import Statement
from ledger.statements.reconcile import Plan, PluggedDay, Standing, plan_of
from rupaya.core.db import rows_as_dicts
from rupaya.core.errors import NotFound
from rupaya.core.pagination import Cursor, Page, PageInvalid, page_of

KEY_LENGTH: Final = 1  # a cursor holds a line's position, or a statement's id
ONE_DAY: Final = dt.timedelta(days=1)

# Known: the account has a posted row of the same fingerprint, from this file or from another.
_LINES_SQL: Final = """
SELECT line.line_no, line.position, line.date, line.narration, line.description, line.reference,
       line.amount_minor, line.balance_minor, line.transaction_id,
       EXISTS (SELECT FROM ledger_statement_line posted
                WHERE posted.book_id = line.book_id AND posted.account_id = line.account_id
                  AND posted.fingerprint = line.fingerprint AND posted.transaction_id IS NOT NULL) AS is_known
  FROM ledger_statement_line line
 WHERE line.book_id = %(book)s AND line.statement_id = %(statement)s
"""
_PLUGGED_ON_SQL: Final = """
SELECT DISTINCT p.date
  FROM ledger_posting p
  JOIN ledger_transaction t ON t.book_id = p.book_id AND t.date = p.date AND t.id = p.transaction_id
 WHERE p.book_id = %(book)s AND p.account_id = %(account)s AND p.date >= %(first_on)s
   AND p.retired_at IS NULL AND t.origin IN ('opening', 'adjustment')
"""
_STANDING_SQL: Final = f"""
SELECT (SELECT min(date) FROM ledger_posting
         WHERE book_id = %(book)s AND account_id = %(account)s AND retired_at IS NULL) AS first_posted_on,
       (SELECT min(later.date)
          FROM ({_PLUGGED_ON_SQL}
                UNION ALL
                SELECT first_on - 1 FROM ledger_statement
                 WHERE book_id = %(book)s AND account_id = %(account)s AND posted_at IS NOT NULL) later
         WHERE later.date > %(last_on)s) AS next_on
"""  # noqa: S608  # constants only
_PLUGGED_SQL: Final = f"""
WITH line AS MATERIALIZED ({_LINES_SQL})
SELECT plugged.date AS on,
       ((SELECT coalesce(sum(line.amount_minor), 0) FROM line WHERE line.is_known AND line.date <= plugged.date)
        - (SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_posting p
            WHERE p.book_id = %(book)s AND p.account_id = %(account)s AND p.retired_at IS NULL
              AND p.date BETWEEN %(first_on)s AND plugged.date)) AS lacking_minor
  FROM ({_PLUGGED_ON_SQL}) plugged
 WHERE plugged.date <= %(last_on)s
 ORDER BY plugged.date
"""  # noqa: S608  # constants only


class StatementNotFound(NotFound):
    """Raised when the book has no such statement."""

    code = "statement_not_found"
    title = "There is no such statement"


@dataclass(frozen=True, slots=True)
class Preview:
    """What posting a draft would do, or what posting it did. Amounts in minor units of the account."""

    statement: Statement
    new_count: int
    known_count: int
    in_minor: int
    out_minor: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Unknown:
    """A draft's rows that are not in the books: their line numbers, oldest first, and what came in and went out."""

    line_nos: list[int]
    in_minor: int
    out_minor: int


def statement_page(*, book: Book, limit: int, cursor: Cursor | None = None) -> Page[Statement]:
    """A page of the book's statements with their accounts, newest first: their ids are in that order. One query."""
    is_backwards = cursor is not None and cursor.is_backwards
    found = Statement.objects.filter(book=book).select_related("account")
    if cursor is not None:
        beside = _id_of(cursor)
        found = found.filter(pk__gt=beside) if is_backwards else found.filter(pk__lt=beside)
    rows = list(found.order_by("pk" if is_backwards else "-pk")[: limit + 1])
    return page_of(rows, limit=limit, cursor=cursor, key=lambda row: (str(row.pk),))


def statement_of(*, book: Book, statement_id: UUID) -> Statement:
    """One statement with its account; raises StatementNotFound. One query."""
    found = Statement.objects.filter(book=book, pk=statement_id).select_related("account").first()
    if found is None:
        raise StatementNotFound
    return found


def statement_lines(
    *, statement: Statement, limit: int, cursor: Cursor | None = None
) -> Page[dict[str, Any]]:
    """A page of rows, oldest first, with `is_known` for those that are in the books already. One query."""
    is_backwards = cursor is not None and cursor.is_backwards
    condition = ""
    parameters = {"book": statement.book_id, "statement": statement.pk, "rows": limit + 1}
    if cursor is not None:
        condition = f"AND line.position {'<' if is_backwards else '>'} %(position)s"
        parameters["position"] = _position_of(cursor)
    order = "DESC" if is_backwards else "ASC"
    rows = rows_as_dicts(
        f"{_LINES_SQL} {condition} ORDER BY line.position {order} LIMIT %(rows)s", parameters
    )
    return page_of(rows, limit=limit, cursor=cursor, key=lambda row: (str(row["position"]),))


def lines_unknown(*, statement: Statement) -> Unknown:
    """Which rows are not in the books, and their sums. One query; the rows' words stay in the database."""
    sql = f"""SELECT coalesce(array_agg(line_no ORDER BY position), '{{}}') AS line_nos,
                     coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0)::bigint AS in_minor,
                     coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0)::bigint AS out_minor
                FROM ({_LINES_SQL}) line WHERE NOT is_known"""  # noqa: S608  # constants only
    (row,) = rows_as_dicts(sql, {"book": statement.book_id, "statement": statement.pk})
    return Unknown(**row)


def statement_preview(*, book: Book, statement: Statement) -> Preview:
    """What posting would do. Five queries."""
    sums = rows_as_dicts(
        f"""SELECT count(*) FILTER (WHERE NOT is_known) AS new_count, count(*) FILTER (WHERE is_known) AS known_count,
                   coalesce(sum(amount_minor) FILTER (WHERE NOT is_known), 0) AS new_minor,
                   coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0) AS in_minor,
                   coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0) AS out_minor,
                   count(*) FILTER (WHERE transaction_id IS NOT NULL) AS own_count
              FROM ({_LINES_SQL}) line""",  # noqa: S608  # constants only
        {"book": book.pk, "statement": statement.pk},
    )[0]
    plan = plan_for(book=book, statement=statement, new_minor=int(sums["new_minor"]))
    is_posted = statement.posted_at is not None
    return Preview(
        statement=statement,
        new_count=sums["own_count"] if is_posted else sums["new_count"],
        known_count=sums["known_count"] - sums["own_count"] if is_posted else sums["known_count"],
        in_minor=int(sums["in_minor"]),
        out_minor=int(sums["out_minor"]),
        plan=plan,
    )


def plan_for(*, book: Book, statement: Statement, new_minor: int) -> Plan:
    """How the account comes to agree with the bank when rows of this sum are added. Four queries."""
    return plan_of(
        statement_opening_minor=statement.opening_minor,
        statement_closing_minor=statement.closing_minor,
        first_on=statement.first_on,
        last_on=statement.last_on,
        new_minor=new_minor,
        standing=_standing(book, statement),
    )


def _standing(book: Book, statement: Statement) -> Standing:
    parameters = {
        "book": book.pk,
        "statement": statement.pk,
        "account": statement.account_id,
        "first_on": statement.first_on,
        "last_on": statement.last_on,
    }
    (row,) = rows_as_dicts(_STANDING_SQL, parameters)
    return Standing(
        before_minor=account_balance_minor(
            book=book, account_id=statement.account_id, on=statement.first_on - ONE_DAY
        ),
        at_end_minor=account_balance_minor(book=book, account_id=statement.account_id, on=statement.last_on),
        plugged=tuple(
            PluggedDay(day["on"], int(day["lacking_minor"]))
            for day in rows_as_dicts(_PLUGGED_SQL, parameters)
        ),
        **row,
    )


def _id_of(cursor: Cursor) -> UUID:
    try:
        return UUID(cursor.key[0])
    except ValueError as error:
        raise PageInvalid(
            "cursor", "This cursor belongs to another list; start from the first page."
        ) from error


def _position_of(cursor: Cursor) -> int:
    text = cursor.key[0]
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise PageInvalid("cursor", "This cursor belongs to another list; start from the first page.")
    return int(text)
