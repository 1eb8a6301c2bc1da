"""Checking the journal's promises afresh, from the postings alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from rupaya.core.db import rows_as_dicts

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


def ledger_verify(*, book_id: UUID | None, using: str) -> Verification:
    """Will recompute every invariant and every month total. Two queries; reads all of a book, or of all books.

    `using` must be a connection of the schema's owner: row-level security hides other people's books
    from every other role, and an empty answer would look sound.
    """
    parameters = {"book": book_id, "rows": DIFFERENCES_MAX}
    (counts,) = rows_as_dicts(_COUNTS_SQL, parameters, using=using)
    rows = rows_as_dicts(_VERIFY_SQL, parameters, using=using)
    return Verification(
        **counts,
        differences=tuple(
            Difference(row["problem"], row["book_id"], row["subject"], row["detail"]) for row in rows
        ),
    )
