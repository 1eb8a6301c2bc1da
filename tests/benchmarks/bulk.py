"""bulk and the second half of audit: a hundred thousand transactions at once."""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg

from ledger.journal.rules import as_posted
from rupaya.core.ids import uuid7
from tests.benchmarks.cluster import Database
from tests.benchmarks.figures import Figure, Goal, interleaved, pair, timed
from tests.benchmarks.run import Run
from tests.benchmarks.seed import UNTIL, account, identity
from tests.benchmarks.writes import BOOKS, audit_off, writes_database

COUNT: Final = 100_000  # transactions
A_CALL: Final = 1000  # transactions a statement
_HEADERS: Final = """
COPY ledger_transaction (id, book_id, date, type, origin, description, payee, account_id, amount_minor, change_id)
FROM STDIN
"""
_LEGS: Final = """
COPY ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor) FROM STDIN
"""
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Item:
    """A transaction of two legs, before anybody writes it down."""

    id: UUID
    date: dt.date
    own: UUID
    category: UUID
    minor: int


def items_make(*, book: int, count: int, seed: int) -> list[Item]:
    """So many expenses of ten years, in the order of their days, new ones at every call."""
    chance = random.Random(seed)
    return [
        Item(
            id=uuid7(),
            date=UNTIL - dt.timedelta(days=3650 - number * 3650 // count),
            own=account(book, chance.randint(1, 10)),
            category=account(book, chance.randint(21, 60)),
            minor=chance.randint(100, 500_000),
        )
        for number in range(count)
    ]


def bulk(run: Run) -> list[Figure]:
    """Through ledger_post, 1,000 a statement, one commit; against COPY into the same tables with their foreign keys."""
    database = writes_database(run)

    def ours(number: int) -> float:
        with audit_off(database):
            return _posted(database, number)

    rounds = interleaved(
        {
            "ours": ours,
            "audited": lambda number: _posted(database, number),
            "floor": lambda n: _copied(database, n),
        },
        rounds=run.rounds,
        bench="bulk",
    )
    floor = rounds["floor"]
    return [
        pair(
            "bulk",
            "100,000 through ledger_post",
            "txn/s",
            ours=rounds["ours"],
            floor=floor,
            goal=Goal("≥", 0.70),
        ),
        pair("bulk", "the same, audited", "txn/s", ours=rounds["audited"], floor=floor),
    ]


def audit_bulk(run: Run) -> list[Figure]:
    """1,000 transactions a statement with the audit log against the same without: milliseconds a statement."""
    database = writes_database(run)

    def unlogged(number: int) -> float:
        with audit_off(database):
            return 1000 * A_CALL / _posted(database, number, count=20 * A_CALL)

    sides = {
        "ours": lambda number: 1000 * A_CALL / _posted(database, number, count=20 * A_CALL),
        "floor": unlogged,
    }
    rounds = interleaved(sides, rounds=run.rounds, bench="audit")
    return [
        pair(
            "audit",
            "1,000 a statement",
            "ms/1,000",
            ours=rounds["ours"],
            floor=rounds["floor"],
            goal=Goal("≤", 1.6),
        )
    ]


def _posted(database: Database, number: int, *, count: int = COUNT) -> float:
    """Transactions a second, as rupaya_user, with the actor set, in one transaction of the database."""
    book = 2 + number % (BOOKS - 2)
    items = items_make(book=book, count=count, seed=number)
    calls = [_call(items[first : first + A_CALL]) for first in range(0, count, A_CALL)]
    with database.as_user() as connection, timed() as wall:
        connection.execute("SELECT bench.act(%s::bigint)", [book])
        for call in calls:
            connection.execute("SELECT ledger_post(%s, %s)", [identity(2, book), call])
        connection.commit()
    return count / wall()


def _copied(database: Database, number: int) -> float:
    """The floor. Transactions a second by COPY, as a superuser, the tables' triggers at rest, the foreign keys not."""
    book = 2 + number % (BOOKS - 2)
    items = items_make(book=book, count=COUNT, seed=number)
    headers, legs = _copy_texts(identity(2, book), items)
    with _guards_off(database), psycopg.connect(database.admin_url) as connection, timed() as wall:
        _copy(connection, _HEADERS, headers)
        _copy(connection, _LEGS, legs)
        connection.commit()
    return COUNT / wall()


@contextmanager
def _guards_off(database: Database) -> Iterator[None]:
    with database.as_admin() as admin:
        for table in ("ledger_transaction", "ledger_posting"):
            admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        yield
        for table in ("ledger_transaction", "ledger_posting"):
            admin.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())


def _copy(connection: psycopg.Connection[Any], statement: str, text: bytes) -> None:
    with connection.cursor().copy(statement.encode()) as copy:
        for first in range(0, len(text), _BLOCK):
            copy.write(text[first : first + _BLOCK])


def _copy_texts(book: UUID, items: Sequence[Item]) -> tuple[bytes, bytes]:
    headers, legs = io.StringIO(), io.StringIO()
    for item in items:
        headers.write(
            f"{item.id}\t{book}\t{item.date}\texpense\tstatement\tMeena Tiffin Service\tMeena\t{item.own}"
            f"\t{item.minor}\t{item.id}\n"
        )
        legs.write(f"{book}\t{item.id}\t1\t{item.own}\t{item.date}\t{-item.minor}\tINR\t{-item.minor}\n")
        legs.write(f"{book}\t{item.id}\t2\t{item.category}\t{item.date}\t{item.minor}\tINR\t{item.minor}\n")
    return headers.getvalue().encode(), legs.getvalue().encode()


def _call(items: Sequence[Item]) -> str:
    """The argument of ledger_post, as the product sends it."""
    return orjson.dumps([as_posted(as_json(item)) for item in items]).decode()


def as_json(item: Item) -> dict[str, Any]:
    """One transaction, whole, as `Draft.as_json` gives it."""
    return {
        "id": item.id,
        "date": item.date,
        "type": "expense",
        "origin": "statement",
        "description": "Meena Tiffin Service",
        "payee": "Meena",
        "notes": "",
        "tags": [],
        "status": "posted",
        "is_reconciled": False,
        "external_id": None,
        "account_id": item.own,
        "to_account_id": None,
        "amount_minor": item.minor,
        "change_id": item.id,
        "postings": [
            {
                "account_id": item.own,
                "amount_minor": -item.minor,
                "currency": "INR",
                "base_minor": -item.minor,
            },
            {
                "account_id": item.category,
                "amount_minor": item.minor,
                "currency": "INR",
                "base_minor": item.minor,
            },
        ],
    }
