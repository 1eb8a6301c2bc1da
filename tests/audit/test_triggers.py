"""The audit log, as PostgreSQL's triggers write it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from accounts.models import User
from audit.models import AuditLog
from ledger.chart.models import Account
from ledger.journal.drafts import Entry
from ledger.journal.services import transaction_post
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as, undo
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.accounts.phone import session_new, sessions_of
from tests.architecture.database import ask
from tests.support.cast import member_add

AGENT = "Mozilla/5.0 (Phone; ₹)"


def acting(person, **fields):
    fields = {"address": "203.0.113.9", "user_agent": AGENT, "request_id": "request-42", **fields}
    return acting_as(Actor(user_id=person.id, kind=fields.pop("kind", "user"), **fields))


def entries(admin_url, resource_id, action=None):
    """The log's rows about one row, oldest first, as the administrator sees them."""
    return ask(
        admin_url,
        "SELECT to_jsonb(l) FROM audit_logs l WHERE resource_id = %s AND action LIKE %s ORDER BY created_at, id",
        str(resource_id),
        action or "%",
    )


def cash(person):
    return person.account("Cash")


class TestAuditRecord:
    def test_says_who_did_what_from_where(self, committed, asha, admin_url):
        account = cash(asha)

        with acting(asha):
            Account.objects.filter(pk=account.pk).update(name="Purse")

        (entry,) = entries(admin_url, account.pk, "UPDATE")
        assert entry["user_id"] == str(asha.id)
        assert entry["actor_kind"] == "user"
        assert entry["resource_type"] == "ledger_account"
        assert entry["book_id"] == str(asha.book.pk)
        assert entry["ip_address"] == "203.0.113.9"
        assert entry["user_agent"] == AGENT
        assert entry["request_id"] == "request-42"
        assert dt.datetime.fromisoformat(entry["created_at"]).tzinfo is not None

    def test_keeps_only_what_changed(self, committed, asha, admin_url):
        account = cash(asha)

        with acting(asha):
            Account.objects.filter(pk=account.pk).update(
                name="Purse", icon=account.icon, institution=account.institution
            )

        (entry,) = entries(admin_url, account.pk, "UPDATE")
        assert entry["changes"] == {"name": ["Cash", "Purse"]}

    def test_records_a_row_whose_id_was_changed(self, committed, asha, admin_url):
        account = cash(asha)
        with psycopg.connect(admin_url) as admin:
            admin.execute("UPDATE ledger_account SET id = gen_random_uuid() WHERE id = %s", [account.pk])

        (entry,) = entries(admin_url, account.pk, "UPDATE")
        assert entry["changes"]["name"] == ["Cash", None]

    def test_writes_nothing_for_an_update_that_changes_nothing(self, committed, asha, admin_url):
        account = cash(asha)

        with acting(asha):
            Account.objects.filter(pk=account.pk).update(name=account.name)

        assert entries(admin_url, account.pk, "UPDATE") == []

    def test_keeps_all_of_a_new_row(self, committed, asha, admin_url):
        (entry,) = entries(admin_url, cash(asha).pk, "INSERT")

        assert entry["changes"]["name"] == "Cash"
        assert entry["changes"]["book_id"] == str(asha.book.pk)
        assert "parent_id" not in entry["changes"]  # NULL is no news

    def test_keeps_all_of_a_row_that_goes(self, committed, asha, admin_url):
        with acting(asha):
            account = Account(
                id=uuid7(),
                book=asha.book,
                type="expense",
                kind="category",
                name="Short-lived",
                currency="INR",
            )
            account.save(force_insert=True)
            account_id = account.pk
        with psycopg.connect(admin_url) as admin:  # the application may delete no account
            admin.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])
            admin.execute("DELETE FROM ledger_account WHERE id = %s", [account_id])

        (entry,) = entries(admin_url, account_id, "DELETE")
        assert entry["user_id"] == str(asha.id)
        assert entry["changes"]["name"] == "Short-lived"

    @pytest.mark.parametrize("kind", ["staff", "job", "command", "system"])
    def test_says_which_kind_of_actor_it_was(self, committed, asha, admin_url, kind):
        account = cash(asha)

        with acting(asha, kind=kind, address="", user_agent="", request_id=""):
            Account.objects.filter(pk=account.pk).update(name=kind)

        (entry,) = entries(admin_url, account.pk, "UPDATE")
        assert entry["actor_kind"] == kind
        assert (entry["ip_address"], entry["user_agent"], entry["request_id"]) == (None, "", "")

    def test_takes_an_ipv6_address(self, committed, asha, admin_url):
        account = cash(asha)

        with acting(asha, address="2001:db8::1"):
            Account.objects.filter(pk=account.pk).update(name="Purse")

        (entry,) = entries(admin_url, account.pk, "UPDATE")
        assert ipaddress.ip_address(entry["ip_address"]) == ipaddress.ip_address("2001:db8::1")

    def test_is_undone_with_what_it_tells(self, committed, asha, admin_url):
        account = cash(asha)

        with acting(asha):
            Account.objects.filter(pk=account.pk).update(name="Purse")
            undo()

        assert entries(admin_url, account.pk, "UPDATE") == []

    def test_tells_who_posted_a_transaction(self, committed, asha, admin_url):
        with acting(asha):
            made = transaction_post(
                book=asha.book,
                entry=Entry("expense", dt.date(2026, 11, 20), "Groceries", [(None, Money(50000, "INR"))]),
            )

        (entry,) = entries(admin_url, made)
        assert entry["action"] == "INSERT"
        assert entry["resource_type"] == "ledger_transaction"
        assert entry["changes"]["description"] == "Groceries"


class TestHiddenColumns:
    def test_of_a_person_never_show(self, committed, asha, admin_url):
        with acting(asha):
            User.objects.filter(pk=asha.id).update(password="argon2$hidden-canary", full_name="Asha Iyer")

        told = entries(admin_url, asha.id)
        assert told[-1]["changes"] == {"full_name": ["Asha Rao", "Asha Iyer"]}
        assert "password" not in repr(told)
        assert "canary" not in repr(told)

    def test_alone_write_no_entry(self, committed, asha, admin_url):
        with acting(asha):
            User.objects.filter(pk=asha.id).update(password="argon2$hidden-canary", last_login=clock.now())

        assert entries(admin_url, asha.id, "UPDATE") == []

    def test_of_a_session_never_show(self, committed, asha, admin_url):
        session_new(asha.user)

        (entry,) = entries(admin_url, sessions_of(asha.id)[0].pk)
        assert {"refresh_hash", "last_used_at", "rotated_at", "counter"}.isdisjoint(entry["changes"])
        assert entry["changes"]["user_id"] == str(asha.id)


class TestBulk:
    def test_writes_an_entry_a_row_in_one_statement(
        self, committed, asha, admin_url, django_assert_num_queries
    ):
        names = [f"Category {number}" for number in range(250)]
        accounts = [
            Account(id=uuid7(), book=asha.book, type="expense", kind="category", name=name, currency="INR")
            for name in names
        ]

        with acting(asha), django_assert_num_queries(1):
            Account.objects.bulk_create(accounts)
        with acting(asha), django_assert_num_queries(1):
            Account.objects.filter(pk__in=[account.pk for account in accounts]).update(icon="tag")

        ids = [str(account.pk) for account in accounts]
        told = ask(
            admin_url,
            """SELECT action, count(*), count(DISTINCT resource_id), count(DISTINCT id)
                 FROM audit_logs WHERE resource_id = ANY (%s) GROUP BY 1 ORDER BY 1""",
            ids,
        )
        assert told == [("INSERT", 250, 250, 250), ("UPDATE", 250, 250, 250)]


class TestActor:
    def test_is_unknown_where_the_owner_of_the_schema_changes_a_row_by_hand(self, committed, asha, admin_url):
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute("UPDATE accounts_user SET full_name = 'By Hand' WHERE id = %s", [asha.id])

        entry = entries(admin_url, asha.id, "UPDATE")[-1]
        assert entry["user_id"] is None
        assert entry["actor_kind"] == "unknown"
        assert entry["changes"] == {"full_name": ["Asha Rao", "By Hand"]}

    def test_is_not_carried_over_from_the_transaction_before(self, raw, asha, admin_url):
        raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])
        raw.commit()
        raw.execute("UPDATE accounts_user SET full_name = 'Nobody Known' WHERE id = %s", [asha.id])
        raw.commit()

        assert entries(admin_url, asha.id, "UPDATE")[-1]["user_id"] is None


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE audit_logs SET user_agent = ''", "DELETE FROM audit_logs", "TRUNCATE audit_logs",
         "UPDATE audit_logs SET changes = '{}' WHERE false"],
    )  # fmt: skip
    def test_holds_for_the_owner_and_for_the_administrator(self, committed, asha, admin_url, statement):
        for url in (os.environ["DATABASE_OWNER_URL"], admin_url):
            with psycopg.connect(url) as connection, pytest.raises(errors.CheckViolation) as raised:
                connection.execute(statement)
            assert raised.value.diag.constraint_name == "audit_logs_append_only"

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE audit_logs SET user_agent = ''", "DELETE FROM audit_logs", "TRUNCATE audit_logs"],
    )
    def test_is_out_of_the_applications_reach(self, raw, asha, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(statement)

    def test_lets_the_application_forge_nothing(self, raw, asha):
        raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(
                """INSERT INTO audit_logs
                     (id, actor_kind, action, resource_type, resource_id, changes, user_agent, request_id)
                   VALUES (%s, 'user', 'DELETE', 'x', 'x', %s, '', '')""",
                [uuid7(), Jsonb({})],
            )


class TestWhoSees:
    def test_a_person_their_own_and_their_books_and_a_stranger_none(
        self, committed, asha, bala, chitra, admin_url
    ):
        account = cash(asha)
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        with acting(bala):
            Account.objects.filter(pk=account.pk).update(name="Purse")

        assert seen(asha, account.pk) == [bala.id]
        assert seen(bala, account.pk) == [bala.id]
        assert seen(chitra, account.pk) == []

    def test_not_what_another_person_does_to_themselves(self, committed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        with acting(asha):
            User.objects.filter(pk=asha.id).update(full_name="Asha Iyer")

        assert seen(asha, asha.id) == [asha.id]
        assert seen(bala, asha.id) == []

    def test_nobody_without_an_actor(self, committed, asha):
        assert not AuditLog.objects.exists()


def seen(person, resource_id):
    """Who changed the row, as the person may know."""
    with acting_as(person.actor):
        found = AuditLog.objects.filter(resource_id=str(resource_id), action="UPDATE").order_by(
            "created_at", "id"
        )
        return list(found.values_list("user_id", flat=True))
