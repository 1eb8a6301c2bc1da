"""Events beside the data: what the application may say, and what it may not."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import IntegrityError
from psycopg import errors
from psycopg.types.json import Jsonb

from audit.events import Action, event_record
from audit.models import AuditLog
from rupaya.core.db import Actor, acting_as, constraint_name
from rupaya.core.ids import uuid7
from tests.architecture.database import ask
from tests.support.cast import member_add

CHANGES_OF_DATA = {Action.INSERT, Action.UPDATE, Action.DELETE}
FLOOD = 40
SAYS = "SELECT audit_event(%s, %s, %s, %s, %s, %s)"


def staff_make(admin_url, person):
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("UPDATE accounts_user SET is_staff = true WHERE id = %s", [person.id])


def told(admin_url, resource_id):
    return ask(
        admin_url,
        "SELECT to_jsonb(l) FROM audit_logs l WHERE resource_id = %s ORDER BY created_at",
        str(resource_id),
    )


def says(raw, person, event, *, about=None, book=None, resource="x", kind="probe", details=None):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id) if person else ""])
    return raw.execute(
        SAYS, [event, kind, resource, book, about, Jsonb({} if details is None else details)]
    ).fetchone()[0]


class TestEventRecord:
    def test_says_who_did_what_from_where(self, committed, asha, admin_url):
        resource = uuid7()
        actor = Actor(asha.id, "user", None, "203.0.113.9", "Phone", "request-42")

        with acting_as(actor):
            event_record(
                action=Action.EXPORTED,
                resource_type="ledger_book",
                resource_id=resource,
                book_id=asha.book.pk,
                changes={"format": "csv"},
            )

        (entry,) = told(admin_url, resource)
        assert entry | {"id": "", "created_at": "", "written_in": 0} == {
            "id": "",
            "written_in": 0,
            "user_id": str(asha.id),
            "actor_kind": "user",
            "action": "EXPORTED",
            "resource_type": "ledger_book",
            "resource_id": str(resource),
            "book_id": str(asha.book.pk),
            "about_id": None,
            "changes": {"format": "csv"},
            "ip_address": "203.0.113.9",
            "user_agent": "Phone",
            "request_id": "request-42",
            "created_at": "",
        }

    def test_is_one_query(self, db, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(1):
            assert event_record(action=Action.SIGN_OUT, resource_type="accounts_user", resource_id=asha.id)

    def test_wants_a_transaction(self, committed, asha):
        with pytest.raises(RuntimeError):
            event_record(action=Action.SIGN_OUT, resource_type="accounts_user", resource_id=asha.id)

    @pytest.mark.parametrize("action", sorted(CHANGES_OF_DATA))
    def test_never_passes_for_a_change_of_data(self, db, asha, action):
        with pytest.raises(IntegrityError) as raised, acting_as(asha.actor):
            event_record(action=action, resource_type="ledger_account", resource_id=uuid7())

        assert constraint_name(raised.value) == "audit_event_known"

    def test_takes_every_other_action(self, db, asha, admin_url):
        (known,) = ask(admin_url, "SELECT audit_event_actions()")

        assert set(known) == {action.value for action in set(Action) - CHANGES_OF_DATA}


class TestAuditEvent:
    def test_is_about_nobody_else(self, raw, asha, bala):
        with pytest.raises(errors.CheckViolation) as raised:
            says(raw, asha, "PERSON_READ", about=bala.id)

        assert raised.value.diag.constraint_name == "audit_event_about_whom"

    def test_of_nobody_is_about_somebody_only_where_a_sign_in_failed(self, raw, bala):
        assert says(raw, None, "SIGN_IN_FAILED", about=bala.id)
        with pytest.raises(errors.CheckViolation) as raised:
            says(raw, None, "SIGN_IN", about=bala.id)

        assert raised.value.diag.constraint_name == "audit_event_about_whom"

    def test_of_staff_is_about_a_person_who_then_sees_it(self, raw, asha, bala, chitra, admin_url):
        staff_make(admin_url, asha)
        resource = str(uuid7())

        says(raw, asha, "PERSON_READ", about=bala.id, resource=resource)
        raw.commit()

        assert seen(bala, resource) == ["PERSON_READ"]
        assert seen(chitra, resource) == []

    def test_leaves_out_a_book_of_others(self, raw, asha, chitra, admin_url):
        resource = str(uuid7())

        says(raw, chitra, "EXPORTED", book=asha.book.pk, resource=resource)
        raw.commit()

        assert told(admin_url, resource)[0]["book_id"] is None
        assert seen(asha, resource) == []

    def test_shows_a_member_in_the_books_log(self, raw, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        resource = str(uuid7())

        says(raw, bala, "EXPORTED", book=asha.book.pk, resource=resource)
        raw.commit()

        assert seen(asha, resource) == ["EXPORTED"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": "Probe"},
            {"kind": ""},
            {"resource": "x" * 121},
            {"details": []},
            {"details": {"x": "y" * 4000}},
        ],
    )
    def test_is_small(self, raw, asha, wrong):
        with pytest.raises(errors.CheckViolation) as raised:
            says(raw, asha, "EXPORTED", **wrong)

        assert raised.value.diag.constraint_name == "audit_event_small"

    @pytest.mark.parametrize("event", ["INSERT", "UPDATE", "DELETE", "insert", "", None])
    def test_forges_no_change_of_data(self, raw, asha, event):
        with pytest.raises(errors.CheckViolation) as raised:
            says(raw, asha, event)

        assert raised.value.diag.constraint_name == "audit_event_known"

    def test_records_the_same_refusal_once_a_minute(self, raw, asha, bala, admin_url):
        resource = str(uuid7())

        recorded = [says(raw, asha, "REFUSED", resource=resource) for _ in range(3)]
        recorded += [
            says(raw, asha, "REFUSED", resource=f"{resource}-2"),
            says(raw, bala, "REFUSED", resource=resource),
        ]

        assert recorded == [True, False, False, True, True]

    def test_tells_refusals_of_two_books_of_others_apart(self, raw, chitra, asha, bala):
        resource = str(uuid7())

        recorded = [
            says(raw, chitra, "REFUSED", book=book, resource=resource, details={"book_id": str(book)})
            for book in (uuid7(), asha.book.pk, bala.book.pk, asha.book.pk)
        ]

        assert recorded == [True, True, True, False]

    def test_records_twenty_refusals_a_minute_in_each_book(self, raw, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")

        flood = [says(raw, bala, "REFUSED", resource=str(uuid7())) for _ in range(22)]

        assert flood == [True] * 20 + [False] * 2
        assert says(raw, bala, "REFUSED", book=asha.book.pk)
        assert says(raw, bala, "EXPORTED")
        assert says(raw, asha, "REFUSED")

    def test_counts_refusals_that_come_at_once(self, committed, asha, admin_url):
        """Forty connections: each would find room for itself, did it not wait for those before it."""
        ready = Barrier(FLOOD)

        def refuse(_number):
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                connection.execute("SELECT 1")
                ready.wait()
                return says(connection, asha, "REFUSED", resource=str(uuid7()))

        with ThreadPoolExecutor(FLOOD) as hands:
            recorded = list(hands.map(refuse, range(FLOOD)))

        kept = ask(admin_url, "SELECT id FROM audit_logs WHERE user_id = %s AND action = 'REFUSED'", asha.id)
        assert (sum(recorded), len(kept)) == (20, 20)

    def test_makes_nobody_wait_for_another_person_or_once_the_bound_is_reached(
        self, raw, asha, bala, admin_url
    ):
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            for connection in (raw, other):
                connection.execute("SET LOCAL lock_timeout = '1s'")
            says(raw, asha, "REFUSED", resource="held")

            assert says(other, bala, "REFUSED", resource=str(uuid7()))
            with pytest.raises(errors.LockNotAvailable):
                says(other, asha, "REFUSED", resource=str(uuid7()))

        for _ in range(19):
            says(raw, asha, "REFUSED", resource=str(uuid7()))
        raw.commit()
        assert says(raw, asha, "REFUSED", book=asha.book.pk)  # holds the lock again
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            other.execute("SET LOCAL lock_timeout = '1s'")
            assert not says(other, asha, "REFUSED", resource=str(uuid7()))

    def test_records_any_other_event_each_time(self, raw, asha):
        resource = str(uuid7())

        assert [says(raw, asha, "EXPORTED", resource=resource) for _ in range(2)] == [True, True]

    def test_takes_its_own_details_from_nobody(self, admin_url):
        """Who, from where and when are no arguments."""
        arguments = ask(
            admin_url, "SELECT pg_get_function_arguments(oid) FROM pg_proc WHERE proname = 'audit_event'"
        )

        assert arguments == [
            "event text, resource_kind text, resource text, book uuid, about uuid, details jsonb"
        ]


def seen(person, resource_id):
    with acting_as(person.actor):
        return list(AuditLog.objects.filter(resource_id=resource_id).values_list("action", flat=True))
