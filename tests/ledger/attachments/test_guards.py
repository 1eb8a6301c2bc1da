"""Attachments, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import os
import threading
import uuid

import psycopg
import pytest
from psycopg import errors

from tests.ledger.attachments.papers import attached, key_new
from tests.ledger.books.sharing import restrict
from tests.ledger.desk import guest_make, record
from tests.support.cast import member_add

INSERT = """
INSERT INTO ledger_attachment (id, book_id, transaction_id, slot, name, content_type, size_bytes, sha256, width, height,
                               storage_key)
VALUES (%(id)s, %(book)s, %(transaction)s, %(slot)s, %(name)s, %(content_type)s, %(size)s, %(sha256)s, %(width)s,
        %(height)s, %(key)s)
"""


def act(raw, person):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def row(person, transaction_id, **values):
    return {
        "id": uuid.uuid4(),
        "book": person.book.pk,
        "transaction": transaction_id,
        "slot": 1,
        "name": "bill.png",
        "content_type": "image/png",
        "size": 100,
        "sha256": uuid.uuid4().hex * 2,
        "width": 10,
        "height": 10,
        "key": key_new(),
    } | values


class TestInsert:
    def test_says_itself_who_and_when(self, raw, asha):
        values = row(asha, record(asha))
        act(raw, asha)

        raw.execute(INSERT, values)

        who, is_now, removed_at = raw.execute(
            """SELECT created_by, created_at BETWEEN now() AND clock_timestamp(), removed_at
                 FROM ledger_attachment WHERE id = %s""",
            [values["id"]],
        ).fetchone()
        assert (who, is_now, removed_at) == (asha.id, True, None)

    @pytest.mark.parametrize("column", ["created_by", "created_at", "removed_at"])
    def test_may_not_claim_who_or_when(self, raw, asha, column):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"INSERT INTO ledger_attachment (id, {column}) VALUES (gen_random_uuid(), NULL)")

    @pytest.mark.parametrize(
        ("wrong", "guard"),
        [
            ({"slot": 0}, "ledger_attachment_limit"),
            ({"slot": 11}, "ledger_attachment_limit"),
            ({"size": 0}, "ledger_attachment_size"),
            ({"size": 10 * 1024 * 1024 + 1}, "ledger_attachment_size"),
            ({"content_type": "text/html"}, "ledger_attachment_type"),
            ({"content_type": "image/svg+xml"}, "ledger_attachment_type"),
            ({"name": ""}, "ledger_attachment_is_named"),
            ({"sha256": "X" * 64}, "ledger_attachment_sha256"),
            ({"width": 50_000, "height": 1001}, "ledger_attachment_pixels"),
            ({"width": 2**31 - 1, "height": 2**31 - 1}, "ledger_attachment_pixels"),
            ({"width": 0}, "ledger_attachment_pixels"),
            ({"width": None}, "ledger_attachment_pixels"),
            ({"content_type": "application/pdf"}, "ledger_attachment_pixels"),
            ({"key": "attachments/2026-11-20/../../x"}, "ledger_attachment_key"),
            ({"key": f"backups/{key_new()[:40]}"}, "ledger_attachment_key"),
            ({"key": key_new() + "\n"}, "ledger_attachment_key"),
        ],
    )
    def test_refuses_what_no_attachment_can_be(self, raw, asha, wrong, guard):
        values = row(asha, record(asha), **wrong)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(INSERT, values)

        assert raised.value.diag.constraint_name == guard

    @pytest.mark.parametrize("transaction_of", ["chitra", "nobody"])
    def test_refuses_a_transaction_of_another_book_like_one_that_is_not(
        self, raw, asha, chitra, transaction_of
    ):
        foreign = record(chitra) if transaction_of == "chitra" else uuid.uuid4()
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(INSERT, row(asha, foreign))

        assert raised.value.diag.constraint_name == "ledger_attachment_in_book"

    def test_refuses_one_who_has_both_books(self, raw, asha, chitra, admin_url):
        foreign = record(chitra)
        member_add(admin_url, book=chitra.book, person=asha, role="editor")
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(INSERT, row(asha, foreign))

        assert raised.value.diag.constraint_name == "ledger_attachment_in_book"

    @pytest.mark.parametrize("who", ["stranger", "viewer"])
    def test_refuses_who_may_not_write(self, raw, asha, chitra, admin_url, who):
        transaction = record(asha)
        act(raw, chitra if who == "stranger" else guest_make(admin_url, book=asha.book, role="viewer"))

        with pytest.raises((errors.InsufficientPrivilege, errors.CheckViolation)):
            raw.execute(INSERT, row(asha, transaction))

    def test_refuses_who_may_only_read_an_account_of_it(self, raw, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="editor")
        restrict(asha, guest, "Cash", "read")
        cash, savings = asha.account("Cash").pk, asha.account("Savings account").pk
        own, other = record(asha, account_id=cash), record(asha, account_id=savings)
        moved = record(asha, "transfer", account_id=savings, to_account_id=cash)
        act(raw, guest)

        raw.execute(INSERT, row(asha, other))
        for transaction in (own, moved):
            with pytest.raises(errors.CheckViolation) as raised, raw.transaction():
                raw.execute(INSERT, row(asha, transaction))

            assert raised.value.diag.constraint_name == "ledger_account_writable"

    @pytest.mark.parametrize("same", ["slot", "sha256", "key"])
    def test_refuses_a_second_of_what_is_once(self, raw, asha, same):
        transaction = record(asha)
        first, second = row(asha, transaction), row(asha, transaction, slot=2)
        second[same] = first[same]
        act(raw, asha)
        raw.execute(INSERT, first)

        with pytest.raises(errors.UniqueViolation):
            raw.execute(INSERT, second)

    @pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ"])
    def test_takes_ten_of_twenty_that_come_at_once(self, committed, asha, level):
        transaction = record(asha)
        barrier, outcomes = threading.Barrier(20, timeout=20), []

        def attack(number):
            with psycopg.connect(os.environ["DATABASE_URL"]) as own:
                own.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                act(own, asha)
                barrier.wait()
                try:
                    own.execute(INSERT, row(asha, transaction, slot=number % 10 + 1))
                    own.commit()
                    outcomes.append("in")
                except (errors.UniqueViolation, errors.SerializationFailure):
                    outcomes.append("out")

        threads = [threading.Thread(target=attack, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["in"] * 10 + ["out"] * 10


class TestUpdate:
    def test_refuses_who_may_only_read_an_account_of_it(self, raw, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="editor")
        kept = attached(asha)
        restrict(asha, guest, "Cash", "read")
        act(raw, guest)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("UPDATE ledger_attachment SET removed_at = now() WHERE id = %s", [kept.pk])

        assert raised.value.diag.constraint_name == "ledger_account_writable"

    @pytest.mark.parametrize(
        "change", ["name = 'x'", "content_type = 'image/png'", "storage_key = storage_key", "book_id = book_id",
                   "transaction_id = transaction_id", "slot = 2", "created_by = NULL"],
    )  # fmt: skip
    def test_changes_nothing_of_what_came(self, raw, asha, change):
        attached(asha)
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE ledger_attachment SET {change}")

    def test_removes_at_the_databases_own_instant(self, raw, asha):
        attached(asha)
        act(raw, asha)

        at, now = raw.execute(
            "UPDATE ledger_attachment SET removed_at = '2020-01-01' RETURNING removed_at, now()"
        ).fetchone()

        assert at == now

    @pytest.mark.parametrize("again", ["now()", "NULL"])
    def test_removes_once_and_for_all(self, raw, asha, again):
        attached(asha)
        act(raw, asha)
        raw.execute("UPDATE ledger_attachment SET removed_at = now()")

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(f"UPDATE ledger_attachment SET removed_at = {again}")

        assert raised.value.diag.constraint_name == "ledger_attachment_removed_once"

    def test_reaches_nothing_of_another_book(self, raw, asha, chitra):
        attached(asha)
        act(raw, chitra)

        assert raw.execute("SELECT count(*) FROM ledger_attachment").fetchone()[0] == 0
        assert raw.execute("UPDATE ledger_attachment SET removed_at = now()").rowcount == 0


class TestDelete:
    @pytest.mark.parametrize("verb", ["DELETE FROM ledger_attachment", "TRUNCATE ledger_attachment"])
    def test_is_not_for_the_application(self, raw, asha, verb):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(verb)

    def test_happens_through_the_one_door_to_nothing_that_is_there_or_went_lately(self, raw, asha):
        live = attached(asha)
        gone = attached(asha)
        act(raw, asha)
        raw.execute("UPDATE ledger_attachment SET removed_at = now() WHERE id = %s", [gone.pk])

        keys = [key for (key,) in raw.execute("SELECT ledger_attachment_purge(1000)").fetchall()]

        assert {live.storage_key, gone.storage_key} & set(keys) == set()
        assert raw.execute("SELECT count(*) FROM ledger_attachment").fetchone()[0] == 2


class TestAudit:
    def test_says_who_attached_and_removed_and_hides_the_place(self, raw, asha):
        attachment = attached(asha)
        act(raw, asha)
        raw.execute("UPDATE ledger_attachment SET removed_at = now()")

        entries = raw.execute(
            """SELECT action, user_id, book_id, changes FROM audit_logs
                WHERE resource_type = 'ledger_attachment' AND resource_id = %s ORDER BY created_at""",
            [str(attachment.pk)],
        ).fetchall()

        assert [entry[:3] for entry in entries] == [
            ("INSERT", asha.id, asha.book.pk),
            ("UPDATE", asha.id, asha.book.pk),
        ]
        assert "storage_key" not in entries[0][3]
        assert entries[1][3].keys() == {"removed_at"}
