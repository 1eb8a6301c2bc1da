"""Filling a database quickly and rightly: guards at rest, two connections, indexes made afterwards, month totals by one
GROUP BY. What is done is written down with it, so a fill that was broken off goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg

from tests.benchmarks.cluster import SQL, Database
from tests.benchmarks.figures import say

Step = TypeVar("Step")
UNTIL: Final = dt.date(2026, 11, 20)
_TABLES: Final = ("ledger_transaction", "ledger_posting")
_CHUNK: Final = 100_000  # transactions a statement
_HANDS: Final = 2  # connections that fill, and that make indexes
# Keys and unique constraints of the tables and the foreign keys that point at them, then their plain indexes.
_CONSTRAINTS: Final = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)),
       CASE contype WHEN 'f' THEN '' ELSE conrelid::regclass::text END
  FROM pg_constraint
 WHERE (conrelid = ANY (%(tables)s::regclass[]) AND contype IN ('p', 'u'))
    OR (confrelid = ANY (%(tables)s::regclass[]) AND contype = 'f')
 ORDER BY contype = 'f' DESC
"""
_INDEXES: Final = """
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid), indrelid::regclass::text
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


def seed(database: Database, *, books: int, transactions: int, days: int = 365, is_hot: bool = False) -> None:
    """Will fill a migrated database with so many books of 62 accounts, and transactions of two postings each.

    is_hot: the first book has half of them. Called again after it broke off, with the same numbers, it goes on.
    """
    with database.as_admin() as admin:
        if not admin.execute("SELECT to_regnamespace('bench')").fetchone()[0]:  # type: ignore[index]  # one row
            with admin.transaction():
                _begin(admin, books)
        filled = {first for (first,) in admin.execute("SELECT first FROM bench.filled")}
        later = admin.execute("SELECT nth, make, lane FROM bench.later ORDER BY nth DESC").fetchall()
    missing = [first for first in range(1, transactions + 1, _CHUNK) if first not in filled]

    def fill(hand: psycopg.Connection[Any], first: int) -> None:
        last = min(first + _CHUNK - 1, transactions)
        hand.execute("INSERT INTO bench.filled VALUES (%s)", [first])
        hand.execute(
            "CALL bench.fill(%s::bigint, %s::bigint, %s::bigint, %s::bigint, %s, %s::int, %s)",
            [first, last, transactions, books, is_hot, days, UNTIL],
        )
        if last % 1_000_000 < _CHUNK:
            say(f"  … {last:,} of {transactions:,} transactions")

    def make(hand: psycopg.Connection[Any], step: tuple[int, str]) -> None:
        hand.execute("DELETE FROM bench.later WHERE nth = %s", [step[0]])
        hand.execute(step[1].encode())

    _by_hands(database, [[first] for first in missing], fill)
    lanes = {lane: [(nth, text) for nth, text, of in later if of == lane] for _, _, lane in later}
    foreign = lanes.pop("", [])  # when the keys that they refer to are there
    _by_hands(database, lanes.values(), make)
    _by_hands(database, [foreign], make)
    with database.as_admin() as admin:
        admin.execute("VACUUM (ANALYZE)")


def _by_hands(
    database: Database, lanes: Iterable[Sequence[Step]], do: Callable[[psycopg.Connection[Any], Step], None]
) -> None:
    """Will do the steps of each lane in order, each in a transaction, and lanes side by side."""
    waiting = iter(lanes)

    def work(_hand: int) -> None:
        with database.as_admin() as hand:
            hand.execute("SET session_replication_role = replica")  # no trigger and no foreign key speaks
            hand.execute("SET synchronous_commit = off")
            hand.execute("SET work_mem = '128MB'")
            for lane in waiting:
                for step in lane:
                    with hand.transaction():
                        do(hand, step)

    with ThreadPoolExecutor(_HANDS) as hands:
        list(hands.map(work, range(_HANDS)))


def _begin(admin: psycopg.Connection[Any], books: int) -> None:
    """People and books; the indexes taken away, and written down in the order in which they were."""
    admin.execute((SQL / "seed.sql").read_bytes())
    admin.execute("SET LOCAL session_replication_role = replica")
    admin.execute("CALL bench.people(%s::bigint)", [books])
    tables = {"tables": list(_TABLES)}
    gone = [*admin.execute(_CONSTRAINTS, tables).fetchall(), *admin.execute(_INDEXES, tables).fetchall()]
    for nth, (drop, make, lane) in enumerate(gone, start=1):
        admin.execute("INSERT INTO bench.later VALUES (%s, %s, %s)", [nth, make, lane])
        admin.execute(drop)
    # Last of the postings' lane: the table is read once more, while the other hand makes indexes.
    admin.execute("INSERT INTO bench.later VALUES (0, 'CALL bench.totals()', 'ledger_posting')")
