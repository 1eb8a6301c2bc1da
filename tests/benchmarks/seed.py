"""Filling a database quickly and rightly: guards at rest, indexes made afterwards, month totals by one GROUP BY."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import psycopg

from tests.benchmarks.cluster import SQL, Database
from tests.benchmarks.figures import say

UNTIL: Final = dt.date(2026, 11, 20)
_TABLES: Final = ("ledger_transaction", "ledger_posting")
_CHUNK: Final = 1_000_000  # transactions a statement
# Keys and unique constraints of the tables and the foreign keys that point at them, then their plain indexes.
_CONSTRAINTS: Final = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint
 WHERE (conrelid = ANY (%(tables)s::regclass[]) AND contype IN ('p', 'u'))
    OR (confrelid = ANY (%(tables)s::regclass[]) AND contype = 'f')
 ORDER BY contype = 'f' DESC
"""
_INDEXES: Final = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  FROM pg_index
 WHERE indrelid = ANY (%(tables)s::regclass[])
   AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = indexrelid AND c.contype IN ('p', 'u'))
"""


def identity(kind: int, number: int) -> UUID:
    """The same id as bench.id gives."""
    return UUID(f"01990000-000{kind}-7000-8000-{number:012x}")


def account(book: int, nth: int) -> UUID:
    """The same id as bench.account gives."""
    return identity(3, book * 100 + nth)


def seed(
    database: Database,
    *,
    books: int,
    transactions: int,
    days: int = 365,
    is_hot: bool = False,
    indexes_first: bool = False,
) -> None:
    """Will fill a migrated database with so many books of 62 accounts, and transactions of two postings each.

    is_hot: the first book has half of them. indexes_first keeps the indexes while filling, for small seeds.
    """
    with database.as_admin() as admin:
        if not admin.execute("SELECT to_regnamespace('bench')").fetchone()[0]:  # type: ignore[index]  # one row
            admin.execute((SQL / "seed.sql").read_bytes())
        admin.execute("SET session_replication_role = replica")  # no trigger and no foreign key speaks
        admin.execute("SET synchronous_commit = off")
        admin.execute("CALL bench.people(%s::bigint)", [books])
        later: Sequence[tuple[Any, ...]] = () if indexes_first else _indexes_drop(admin)
        for first in range(1, transactions + 1, _CHUNK):
            last = min(first + _CHUNK - 1, transactions)
            admin.execute(
                "CALL bench.fill(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s, %s::int, %s)",
                [first, last, transactions, books, is_hot, days, UNTIL],
            )
            say(f"  … {last:,} of {transactions:,} transactions")
        for _, make in later:
            admin.execute(make)
        admin.execute("CALL bench.totals()")
        admin.execute("SET session_replication_role = origin")
        admin.execute("VACUUM (ANALYZE)")


def _indexes_drop(admin: psycopg.Connection[Any]) -> Sequence[tuple[Any, ...]]:
    """Each one's way away and back, in the order that takes them away; they are made in the opposite order."""
    tables = {"tables": list(_TABLES)}
    gone = [*admin.execute(_CONSTRAINTS, tables).fetchall(), *admin.execute(_INDEXES, tables).fetchall()]
    for drop, _ in gone:
        admin.execute(drop)
    return gone[::-1]
