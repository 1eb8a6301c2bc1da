"""What the database promises about events, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from ledger.sync.services import events_purge
from ledger.sync.tasks import PURGE_TASK, sync_events_purge
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7
from tests.architecture.database import ask
from tests.ledger.amendments.asking import Phone
from tests.ledger.attachments.papers import attached
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import record
from tests.support.engines import TEMPLATE

JOB = Actor(user_id=None, kind="job")
FAR = 9 * 10**15  # a place that no test reaches


def act(raw, person):
    raw.rollback()
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def seen(raw, person, **asked):
    """The kinds of events that a person sees, of an object or a person where that is asked."""
    act(raw, person)
    conditions = "".join(f" AND {name} = %({name})s" for name in asked)
    rows = raw.execute(f"SELECT kind FROM ledger_sync_event WHERE true{conditions} ORDER BY kind", asked)
    return [kind for (kind,) in rows.fetchall()]


def withdrawn(raw, person):
    act(raw, person)
    nil = "00000000-0000-0000-0000-000000000000"
    rows = raw.execute(
        "SELECT id FROM ledger_sync_withdrawn('1', %s::text::xid8, %s, '0', %s, 100)", [str(FAR), nil, nil]
    )
    return [str(identity) for (identity,) in rows.fetchall()]


class TestEvents:
    @pytest.mark.parametrize(
        "sql",
        [
            "INSERT INTO ledger_sync_event (book_id, kind, object_id) VALUES (%(book)s, 'book', %(book)s)",
            "UPDATE ledger_sync_event SET xid = '1' WHERE book_id = %(book)s",
            "DELETE FROM ledger_sync_event WHERE book_id = %(book)s",
            "TRUNCATE ledger_sync_event",
            "SELECT * FROM ledger_sync_mark",
            "INSERT INTO ledger_sync_mark (epoch, xid) VALUES ('x', '1')",
            "UPDATE ledger_transaction SET changed_xid = '1' WHERE book_id = %(book)s",
            "INSERT INTO ledger_transaction (id, book_id, changed_xid) VALUES (gen_random_uuid(), %(book)s, '1')",
        ],
    )
    def test_are_the_databases_own(self, raw, asha, sql):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(sql, {"book": asha.book.pk})

    def test_are_told_to_members_alone(self, raw, asha, bala, chitra):
        share(asha, bala)

        for person, count in ((asha, 1), (bala, 1), (chitra, 0)):
            cash = asha.account("Cash").pk
            assert seen(raw, person, object_id=cash) == ["account"] * count

    def test_of_a_person_are_told_to_nobody_else(self, raw, asha, bala):
        share(asha, bala)
        restrict(asha, bala, "Cash", "hidden")

        assert {"joined", "visible"} <= set(seen(raw, bala, user_id=bala.id))
        assert seen(raw, asha, user_id=bala.id) == []

    def test_of_ones_own_stay_when_the_book_was_left(self, raw, asha, bala):
        share(asha, bala)
        Phone(bala).delete(f"books/{asha.book.pk}/members/{bala.id}")

        assert seen(raw, bala, book_id=asha.book.pk) == ["joined", "left"]

    def test_of_what_is_hidden_are_not_told(self, raw, asha, bala):
        share(asha, bala)
        cash = restrict(asha, bala, "Cash", "hidden")
        paid, elsewhere = record(asha), record(asha, account_id=asha.account("Savings account").pk)
        for transaction_id in (paid, elsewhere):
            attached(asha, transaction_id=transaction_id)
        Phone(asha).patch(f"accounts/{cash}", {"name": "Coins"})

        assert seen(raw, asha, object_id=cash) == ["account", "account", "names"]
        assert seen(raw, bala, object_id=cash) == ["visible"]
        assert seen(raw, asha, object_id=paid) == ["transaction"]
        assert seen(raw, bala, object_id=paid) == []
        assert seen(raw, bala, object_id=elsewhere) == ["transaction"]


class TestWithdrawn:
    def test_tells_of_a_transaction_that_one_saw_and_of_no_other(self, raw, asha, bala, chitra):
        share(asha, bala)
        hidden = str(restrict(asha, bala, "Savings account", "hidden"))
        phone = Phone(asha)
        saw, never = phone.record(), phone.record(account_id=hidden)
        phone.change(never, amount=7)

        assert withdrawn(raw, bala) == []
        phone.change(saw, account_id=hidden)

        assert withdrawn(raw, bala) == [saw["id"]]
        assert withdrawn(raw, asha) == withdrawn(raw, chitra) == []


class TestStamp:
    def test_is_the_place_of_the_last_change(self, raw, asha, admin_url):
        phone = Phone(asha)
        made, other = phone.record(), phone.record()
        phone.change(made, amount=7)

        order = ask(
            admin_url,
            "SELECT id::text FROM ledger_transaction WHERE book_id = %s ORDER BY changed_xid",
            asha.book.pk,
        )

        assert order == [other["id"], made["id"]]

    def test_is_not_in_the_log(self, raw, asha):
        made = Phone(asha).record()
        Phone(asha).change(made, amount=7)

        act(raw, asha)
        rows = raw.execute("SELECT changes FROM audit_logs WHERE resource_id = %s", [made["id"]]).fetchall()
        assert len(rows) == 2
        assert not any("changed_xid" in changes for (changes,) in rows)


class TestPurge:
    @pytest.fixture
    def admin(self, committed, admin_url):
        """The administrator, in a world in which no night has passed yet."""
        with psycopg.connect(admin_url, autocommit=True) as admin:
            yield admin
            admin.execute("DELETE FROM ledger_sync_mark")

    @pytest.fixture
    def event(self, admin, asha):
        """Will make an event at a place, and tell afterwards whether it is there."""

        def make(xid):
            identity = uuid7()
            admin.execute(
                "INSERT INTO ledger_sync_event (book_id, xid, kind, object_id) VALUES (%s, %s::text::xid8, 'book', %s)",
                [asha.book.pk, str(xid), identity],
            )
            return lambda: bool(
                admin.execute("SELECT FROM ledger_sync_event WHERE object_id = %s", [identity]).fetchall()
            )

        return make

    def mark(self, admin, xid, days, epoch=None):
        admin.execute(
            """INSERT INTO ledger_sync_mark (epoch, xid, marked_at)
               VALUES (coalesce(%s, ledger_sync_epoch()), %s::text::xid8, now() - make_interval(days => %s))""",
            [epoch, str(xid), days],
        )

    def test_forgets_what_is_older_than_90_days_and_nothing_younger(self, admin, event):
        old, young = event(4), event(6)
        self.mark(admin, 5, 91)
        self.mark(admin, 7, 89)

        with acting_as(JOB):
            events_purge(rows_max=10_000)

        assert not old()
        assert young()

    def test_believes_no_night_of_another_database(self, admin, event):
        there = event(4)
        self.mark(admin, 5, 91, epoch="elsewhere")

        with acting_as(JOB):
            events_purge(rows_max=10_000)

        assert there()
        assert admin.execute("SELECT FROM ledger_sync_mark WHERE epoch = 'elsewhere'").fetchall() == []

    def test_forgets_what_came_along_from_another_database(self, admin, event):
        ahead = event(FAR)

        with acting_as(JOB):
            events_purge(rows_max=10_000)

        assert not ahead()

    def test_notes_a_place_once_a_night(self, admin):
        for _ in range(2):
            with acting_as(JOB):
                events_purge(rows_max=1)

        assert len(admin.execute("SELECT FROM ledger_sync_mark").fetchall()) == 1

    def test_is_done_by_night_until_nothing_old_is_left(self, admin, event, monkeypatch):
        from procrastinate.contrib.django import app

        monkeypatch.setattr("ledger.sync.tasks.BATCH_ROWS", 2)
        old = [event(4) for _ in range(5)]
        self.mark(admin, 5, 91)

        sync_events_purge(timestamp=0)

        assert not any(is_there() for is_there in old)
        assert PURGE_TASK in app.tasks


class TestHead:
    def test_is_an_epoch_of_this_database_and_a_place_that_only_grows(self, committed, asha, admin_url):
        question = "SELECT epoch, low::text::bigint, high::text::bigint FROM ledger_sync_head()"

        ((first_epoch, first_low, first_high),) = ask(admin_url, question)
        record(asha)
        ((second_epoch, second_low, second_high),) = ask(admin_url, question)

        assert first_epoch == second_epoch
        assert first_low <= second_low <= second_high
        assert first_high < second_high

    def test_has_another_epoch_in_another_database(self, committed, admin_url):
        elsewhere = make_conninfo(admin_url, dbname=TEMPLATE)

        assert ask(admin_url, "SELECT ledger_sync_epoch()") != ask(elsewhere, "SELECT ledger_sync_epoch()")
