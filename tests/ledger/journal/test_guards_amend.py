"""`ledger_amend`, the one door for changing money, and those who come through it at the same time."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connections
from psycopg import errors

from ledger.amendments.services import change_undo, transaction_change, transaction_restore, transaction_void
from ledger.journal.selectors import transaction_of
from ledger.journal.verification import ledger_verify
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.desk import TODAY, balance, bank_import, record
from tests.ledger.journal.changing import (
    act,
    amend,
    change,
    everything,
    legs_json,
    refusal,
    state,
    totals_differ,
)
from tests.ledger.statements.writers import chained, hdfc_file
from tests.support.cast import member_add

ROUNDS = 12
THREADS = 6
DEADLINE_S = 60
WAIT_S = 10


def other_money(person, minor, category="Fuel"):
    return legs_json((person.account(category), minor), (person.account("Cash"), -minor))


def unchecked(_):
    """A person who looked at nothing before."""


def somebody_waits_for(admin_url, book):
    """Whether a connection comes to wait for the book's lock."""
    end = time.monotonic() + WAIT_S
    with psycopg.connect(admin_url, autocommit=True) as admin:
        while time.monotonic() < end:
            row = admin.execute(
                """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                                     AND (classid::bigint << 32 | objid::bigint) = ledger_period_lock(%s))""",
                [book.pk],
            ).fetchone()
            if row == (True,):
                return True
            time.sleep(0.01)
    return False


class TestLedgerAmend:
    def test_retires_what_counted_and_moves_the_totals(self, raw, asha, admin_url):
        made = record(asha, minor=50000)
        act(raw, asha)

        named = amend(
            raw, asha.book,
            state(raw, made, date="2026-10-01", amount_minor=70000, tags=["car"], postings=other_money(asha, 70000)),
        )  # fmt: skip
        raw.commit()

        assert totals_differ(admin_url, asha.book) == []
        assert balance(asha, "Fuel", TODAY) == 70000
        assert balance(asha, "Uncategorised", TODAY) == 0
        with psycopg.connect(admin_url) as admin:
            legs = admin.execute(
                """SELECT line, p.amount_minor, retired_at IS NULL,
                          recorded_at = t.changed_at OR retired_at = t.changed_at
                     FROM ledger_posting p JOIN ledger_transaction t ON t.id = transaction_id
                    WHERE transaction_id = %s ORDER BY line""",
                [made],
            ).fetchall()
            header = admin.execute(
                "SELECT version, first_line, change_id, changed_by, tags FROM ledger_transaction WHERE id = %s",
                [made],
            ).fetchone()
        assert legs == [
            (1, 50000, False, True),
            (2, -50000, False, True),
            (3, 70000, True, True),
            (4, -70000, True, True),
        ]
        assert header == (2, 3, named, asha.id, ["car"])

    def test_leaves_what_was_known_at_any_instant(self, raw, asha):
        made = record(asha, minor=500)
        instants = []
        for minor in (700, 900):
            act(raw, asha)
            instants.append(raw.execute("SELECT clock_timestamp()").fetchone()[0])
            amend(raw, asha.book, state(raw, made, amount_minor=minor, postings=other_money(asha, minor)))
            raw.commit()
        act(raw, asha)
        instants.append(raw.execute("SELECT clock_timestamp()").fetchone()[0])

        known = [
            raw.execute(
                """SELECT sum(amount_minor) FROM ledger_posting WHERE account_id = %s AND recorded_at <= %s
                      AND (retired_at IS NULL OR retired_at > %s)""",
                [asha.account("Cash").pk, instant, instant],
            ).fetchone()[0]
            for instant in instants
        ]

        assert known == [-500, -700, -900]

    def test_changes_all_or_none(self, raw, asha, admin_url):
        first, second = record(asha), record(asha)
        act(raw, asha)
        good = state(raw, first, notes="x")
        bad = state(raw, second, amount_minor=5, postings=other_money(asha, 6))

        with refusal(raw, admin_url, "ledger_transaction_header_fits", asha.book):
            amend(raw, asha.book, good, bad)

        act(raw, asha)
        amend(raw, asha.book, good, bad | {"amount_minor": 6})
        raw.commit()
        assert totals_differ(admin_url, asha.book) == []

    @pytest.mark.parametrize("is_own_book", [True, False])
    def test_knows_no_transaction_of_another_book(self, raw, asha, chitra, admin_url, is_own_book):
        made = record(asha)
        act(raw, asha)
        item = state(raw, made, notes="mine", postings=other_money(chitra, 50000))
        raw.rollback()
        act(raw, chitra)

        with refusal(raw, admin_url, "ledger_transaction_in_book", asha.book, chitra.book):
            amend(raw, chitra.book if is_own_book else asha.book, item)

    def test_knows_no_transaction_that_never_was(self, raw, asha, admin_url):
        made = record(asha)
        act(raw, asha)

        with refusal(raw, admin_url, "ledger_transaction_in_book", asha.book):
            amend(raw, asha.book, state(raw, made), state(raw, made) | {"id": str(uuid7())})

    def test_refuses_somebody_who_only_views(self, raw, asha, bala, admin_url):
        made = record(asha)
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        before = everything(admin_url, asha.book)
        act(raw, bala)

        with pytest.raises(errors.InsufficientPrivilege):
            amend(raw, asha.book, state(raw, made, notes="x"))

        raw.rollback()
        assert everything(admin_url, asha.book) == before

    def test_takes_a_transaction_once_a_change(self, raw, asha, admin_url):
        made = record(asha)
        act(raw, asha)

        with refusal(raw, admin_url, "ledger_transaction_version_pkey", asha.book):
            amend(raw, asha.book, state(raw, made, notes="x"), state(raw, made, notes="y"))

    def test_keeps_its_order_where_the_clock_was_set_back(self, raw, asha, admin_url):
        made = record(asha)
        with psycopg.connect(admin_url) as admin:
            admin.execute("SET session_replication_role = replica")
            for table, columns in (
                ("ledger_transaction", ("created_at", "changed_at")),
                ("ledger_posting", ("recorded_at",)),
            ):
                sets = ", ".join(f"{column} = {column} + interval '1 hour'" for column in columns)
                column = "id" if table == "ledger_transaction" else "transaction_id"
                admin.execute(f"UPDATE {table} SET {sets} WHERE {column} = %s", [made])
        act(raw, asha)

        amend(raw, asha.book, state(raw, made, amount_minor=5, postings=other_money(asha, 5)))
        raw.commit()

        assert ledger_verify(book_id=asha.book.pk, using="owner").differences == ()

    @pytest.mark.parametrize(
        ("version", "was", "becomes", "is_refused"),
        [(999, "posted", "posted", False), (1000, "posted", "posted", True), (1000, "posted", "pending", True),
         (1000, "posted", "void", False), (1001, "void", "posted", False), (1001, "void", "void", True),
         (1002, "posted", "posted", True), (1099, "void", "posted", False), (1099, "posted", "void", False),
         (1100, "void", "posted", True), (1100, "posted", "void", False), (1101, "void", "posted", True)],
    )  # fmt: skip
    @pytest.mark.usefixtures("emptied")
    def test_keeps_the_last_versions_for_making_void_and_restoring(
        self, committed, asha, admin_url, version, was, becomes, is_refused
    ):
        made = record(asha)
        with psycopg.connect(admin_url) as admin:
            act(admin, asha)
            if was == "void":
                amend(admin, asha.book, state(admin, made, status="void"))
            admin.execute("SET LOCAL session_replication_role = replica")
            admin.execute("UPDATE ledger_transaction SET version = %s WHERE id = %s", [version, made])
            admin.execute("SET LOCAL session_replication_role = origin")
            admin.commit()
            act(admin, asha)
            legs = {"postings": other_money(asha, 50000)} if (was, becomes) == ("void", "posted") else {}
            item = state(admin, made, status=becomes, notes="x", **legs)

            if is_refused:
                with refusal(admin, admin_url, "ledger_transaction_versions_few", asha.book):
                    amend(admin, asha.book, item)
            else:
                amend(admin, asha.book, item)


@pytest.fixture
def emptied(committed, asha, admin_url):
    """Leaves nothing of a book whose transaction has a version that no history leads to."""
    yield
    with psycopg.connect(admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        for table in ("posting", "transaction_version", "transaction", "month_total"):
            admin.execute(f"DELETE FROM ledger_{table} WHERE book_id = %s", [asha.book.pk])


class TestUndo:
    def test_of_a_restored_older_version_makes_it_void_again(self, asha):
        made = record(asha, minor=100)
        with acting_as(asha.actor):
            transaction_change(
                book=asha.book, transaction_id=made, changes={"amount": Money(200, "INR")}, check=unchecked
            )
            transaction_void(book=asha.book, transaction_id=made, check=unchecked)
            transaction_restore(book=asha.book, transaction_id=made, version=1, check=unchecked)
            restored = transaction_of(book=asha.book, transaction_id=made).view

            change_undo(book=asha.book, change_id=restored.undo_token)

            undone = transaction_of(book=asha.book, transaction_id=made).view
        assert (restored.status, restored.amount.minor) == ("posted", 100)
        assert (undone.status, undone.version, undone.parts[0].amount) == ("void", 5, undone.amount)


class TestAmenders:
    def test_follow_each_other(self, raw, asha, admin_url):
        made = record(asha)
        act(raw, asha)
        amend(raw, asha.book, state(raw, made, amount_minor=700, postings=other_money(asha, 700)))
        with psycopg.connect(os.environ["DATABASE_URL"]) as other, ThreadPoolExecutor(1) as pool:
            act(other, asha)
            item = state(other, made, amount_minor=900, postings=other_money(asha, 900, "Travel"))
            done = pool.submit(amend, other, asha.book, item)

            assert somebody_waits_for(admin_url, asha.book)
            assert not done.done()
            raw.commit()
            done.result(timeout=DEADLINE_S)
            other.commit()

        with psycopg.connect(admin_url) as admin:
            kept = admin.execute(
                "SELECT version, amount_minor FROM ledger_transaction_version WHERE transaction_id = %s ORDER BY 1",
                [made],
            ).fetchall()
        assert kept == [(1, 50000), (2, 700)]
        assert balance(asha, "Travel", TODAY) == 900
        assert totals_differ(admin_url, asha.book) == []

    def test_who_do_not_wait_are_refused(self, raw, asha, admin_url):
        made = record(asha)
        act(raw, asha)
        change(raw, made, header={"notes": "'first'"})
        with psycopg.connect(os.environ["DATABASE_URL"]) as other, ThreadPoolExecutor(1) as pool:
            act(other, asha)
            done = pool.submit(change, other, made, header={"notes": "'second'"})
            time.sleep(0.2)
            raw.commit()

            with pytest.raises(errors.IntegrityError):
                done.result(timeout=DEADLINE_S)

        with psycopg.connect(admin_url) as admin:
            assert admin.execute("SELECT version, notes FROM ledger_transaction WHERE id = %s", [made]).fetchone() == (
                2, "first",
            )  # fmt: skip

    def test_meet_posters_without_a_circle(self, committed, asha, admin_url):
        made = [record(asha, minor=1000 + number) for number in range(4)]
        cash, fuel, travel = (asha.account(name) for name in ("Cash", "Fuel", "Travel"))
        start = threading.Barrier(THREADS)

        def post(connection, dice):
            category, minor = dice.choice([fuel, travel]), dice.randint(1, 10**6)
            months = [(f"2026-{month:02}-15", minor) for month in dice.sample(range(1, 13), 3)]
            items = [
                {"id": str(uuid7()), "date": on, "type": "expense", "origin": "manual", "description": "x",
                 "account_id": str(cash.pk), "amount_minor": minor,
                 "postings": legs_json((category, minor), (cash, -minor))}
                for on, minor in months
            ]  # fmt: skip
            connection.execute("SELECT ledger_post(%s, %s)", [asha.book.pk, json.dumps(items)])

        def turn(connection, dice):
            connection.execute("SELECT pg_advisory_xact_lock(ledger_period_lock(%s))", [asha.book.pk])
            items = []
            for identity in dice.sample(made, 2):
                if dice.random() < 0.2:
                    items.append(
                        state(connection, identity, status="void")
                    )  # again, where it is void already
                    continue
                category, minor = dice.choice([fuel, travel]), dice.randint(1, 10**6)
                day = f"2026-{dice.randint(1, 12):02}-15"
                legs = legs_json((category, minor), (cash, -minor))
                items.append(
                    state(connection, identity, status="posted", date=day, amount_minor=minor, postings=legs)
                )
            amend(connection, asha.book, *items)

        def work(number):
            dice = random.Random(number)
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                start.wait(DEADLINE_S)
                for _ in range(ROUNDS):
                    act(connection, asha)
                    (turn if number % 2 else post)(connection, dice)
                    connection.commit()

        with ThreadPoolExecutor(THREADS) as pool:
            for future in [pool.submit(work, number) for number in range(THREADS)]:
                future.result(timeout=DEADLINE_S)

        assert totals_differ(admin_url, asha.book) == []
        found = ledger_verify(book_id=asha.book.pk, using="owner")
        assert found.differences == ()
        assert found.transactions == len(made) + 3 * ROUNDS * THREADS // 2
        with psycopg.connect(admin_url) as admin:
            versions = admin.execute(
                "SELECT count(*) FROM ledger_transaction_version WHERE book_id = %s", [asha.book.pk]
            ).fetchone()
        assert versions == (2 * ROUNDS * THREADS // 2,)

    def test_meet_an_import_into_the_same_account_without_a_circle(self, raw, asha, admin_url):
        bank_import(asha, hdfc_file(chained(-100)), account="HDFC savings")
        bank = asha.account("HDFC savings")
        made = record(asha, account_id=bank.pk)
        act(raw, asha)
        raw.execute("SELECT pg_advisory_xact_lock(ledger_period_lock(%s))", [asha.book.pk])

        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(_import_more, asha)
            assert somebody_waits_for(admin_url, asha.book)
            # The import holds the account's row and waits for the book; the amender holds the book and needs the row.
            legs = legs_json((asha.account("Fuel"), 70000), (bank, -70000))
            amend(raw, asha.book, state(raw, made, amount_minor=70000, postings=legs))
            raw.commit()
            done.result(timeout=DEADLINE_S)

        assert totals_differ(admin_url, asha.book) == []


def _import_more(person):
    try:
        bank_import(person, hdfc_file(chained(-100, 200, -50)), account="HDFC savings", adjust=True)
    finally:
        connections.close_all()
