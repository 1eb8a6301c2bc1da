"""Checking the journal's promises afresh, from the postings alone, and putting month totals right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import connections

from ledger.journal.rules import LINE_MAX
from rupaya.core.db import assert_acting, rows_as_dicts

_VERIFY_SQL: Final = (Path(__file__).parent / "verify.sql").read_text()
_COUNTS_SQL: Final = """
WITH wanted AS (SELECT id FROM ledger_book WHERE %(book)s::uuid IS NULL OR id = %(book)s::uuid)
SELECT (SELECT count(*) FROM wanted) AS books,
       (SELECT count(*) FROM ledger_transaction WHERE book_id IN (SELECT id FROM wanted)) AS transactions,
       (SELECT count(*) FROM ledger_posting WHERE book_id IN (SELECT id FROM wanted)) AS postings
"""
DIFFERENCES_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """One promise that does not hold."""

    problem: str
    book_id: UUID
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and every difference (at most 1,000)."""

    books: int
    transactions: int
    postings: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """A month's total that was wrong, in minor units of its and the book's currency: as kept, and as it is."""

    book_id: UUID
    account_id: UUID
    month: dt.date
    kept_amount_minor: int
    kept_base_minor: int
    amount_minor: int
    base_minor: int


def ledger_verify(*, book_id: UUID | None, using: str) -> Verification:
    """Will recompute every invariant and every month total. Two queries; reads all of a book, or of all books.

    The database does the counting: here arrive the differences alone. `using` must be a connection of the schema's
    owner: row-level security hides other people's books from every other role, and an empty answer would look sound.
    """
    parameters = {"book": book_id, "rows": DIFFERENCES_MAX, "line_max": LINE_MAX}
    (counts,) = rows_as_dicts(_COUNTS_SQL, parameters, using=using)
    rows = rows_as_dicts(_VERIFY_SQL, parameters, using=using)
    return Verification(
        **counts,
        differences=tuple(
            Difference(row["problem"], row["book_id"], row["subject"], row["detail"]) for row in rows
        ),
    )


def books_with_wrong_totals(*, book_id: UUID | None, using: str) -> list[UUID]:
    """The books, or the one, of which a month's total is not the sum of its postings. One query, as the owner."""
    rows = rows_as_dicts(
        "SELECT DISTINCT book_id FROM ledger_totals_wrong(%(book)s::uuid) ORDER BY 1",
        {"book": book_id},
        using=using,
    )
    return [row["book_id"] for row in rows]


def totals_repair(*, book_id: UUID, using: str) -> Iterator[Repair]:
    """Will put the month totals of a book right and give what was wrong; the audit log says the same.

    Locks the book alone until the end of the transaction, so nobody posts meanwhile. One query, as the owner.
    """
    assert_acting(using=using)
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_totals_repair(%s)", [book_id])
        for account_id, month, *minors in cursor:
            yield Repair(book_id, account_id, month, *(int(minor) for minor in minors))
