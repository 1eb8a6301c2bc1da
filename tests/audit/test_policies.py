"""Who reads what of the log, and by which index."""

from __future__ import annotations

import psycopg
import pytest

from audit.models import AuditLog
from ledger.chart.models import Account
from rupaya.core.db import acting_as
from tests.architecture.database import ask
from tests.audit.test_events import staff_make
from tests.audit.test_months import month_name
from tests.support.cast import member_add


def seen(person, **wanted):
    with acting_as(person.actor):
        return list(AuditLog.objects.filter(**wanted).order_by("created_at", "id"))


def hide(admin_url, *, account, person):
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            """INSERT INTO ledger_account_visibility (id, book_id, account_id, user_id, visibility)
               VALUES (gen_random_uuid(), %s, %s, %s, 'hidden')""",
            [account.book_id, account.pk, person.id],
        )


class TestPolicies:
    def test_show_a_person_what_staff_changed_of_them(self, committed, asha, bala, chitra, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute("SELECT set_config('app.current_user_id', %s, true)", [str(chitra.id)])
            admin.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [asha.id])

        (entry,) = seen(asha, resource_id=str(asha.id), action="UPDATE")
        assert (entry.user_id, entry.about_id) == (chitra.id, asha.id)
        assert seen(bala, resource_id=str(asha.id)) == []

    @pytest.mark.parametrize(
        "table",
        ["accounts_user", "accounts_session", "accounts_user_groups", "accounts_user_user_permissions",
         "flags_flag_users"],
    )  # fmt: skip
    def test_know_whom_the_rows_without_a_book_are_about(self, admin_url, table):
        arguments = ask(
            admin_url,
            """SELECT DISTINCT split_part(encode(tgargs, 'escape'), '\\000', 3) FROM pg_trigger t
                 JOIN pg_proc p ON p.oid = tgfoid
                WHERE tgrelid = %s::regclass AND proname = 'audit_record'""",
            table,
        )

        assert arguments == ["id" if table == "accounts_user" else "user_id"]

    def test_leave_nobody_out_whom_a_row_without_a_book_is_about(self, admin_url):
        forgotten = ask(
            admin_url,
            """SELECT c.relname FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid
                 JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname = 'audit_record'
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
                WHERE t.tgname = 'audit_insert' AND t.tgnargs < 3
                  AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'book_id')""",
        )

        assert forgotten == []

    def test_show_a_member_from_whom_an_account_is_hidden_their_own_alone(
        self, committed, asha, bala, admin_url
    ):
        category = asha.account("Groceries")
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        with acting_as(asha.actor):
            Account.objects.filter(pk=category.pk).update(name="Food")
        assert len(seen(bala, resource_id=str(category.pk), action="UPDATE")) == 1

        hide(admin_url, account=asha.account("Cash"), person=bala)

        assert seen(bala, resource_id=str(category.pk)) == []
        assert {entry.user_id for entry in seen(bala, book_id=asha.book.pk)} <= {bala.id}
        assert len(seen(asha, resource_id=str(category.pk), action="UPDATE")) == 1

    def test_show_operators_all_while_they_may_act(self, committed, asha, bala, admin_url):
        staff_make(admin_url, bala)
        assert len(seen(bala, book_id=asha.book.pk)) > 10

        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [bala.id])

        assert seen(bala, book_id=asha.book.pk) == []

    def test_make_nobody_an_operator_by_their_word(self, raw, asha, chitra):
        raw.execute(
            "SELECT set_config('app.current_user_id', %s, true), set_config('app.actor_kind', 'staff', true)",
            [str(chitra.id)],
        )

        assert raw.execute(
            "SELECT count(*) FROM audit_logs WHERE book_id = %s", [asha.book.pk]
        ).fetchone() == (0,)


@pytest.fixture
def full(committed, admin_url):
    """A log with so many entries of others that the planner minds."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            """INSERT INTO audit_logs (id, user_id, about_id, book_id, actor_kind, action, resource_type,
                                       resource_id, changes, user_agent, request_id, created_at)
               SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'user', 'INSERT',
                      'probe', g::text, '{}', '', '', now() - g * interval '1 second'
                 FROM generate_series(1, 20000) g
                WHERE (SELECT count(*) < 20000 FROM audit_logs)"""
        )
        admin.execute("ANALYZE audit_logs")


class TestPlans:
    """Who reads names a column; the policies then only look at what its index found."""

    @pytest.mark.parametrize("kind", ["member", "operator"])
    @pytest.mark.parametrize(
        ("named", "index"),
        [("book_id = '{book}'", "_book"), ("user_id = '{person}'", "_user"), ("about_id = '{person}'", "_about"),
         ("resource_type = 'ledger_book' AND resource_id = '{book}'", "_resource")],
    )  # fmt: skip
    def test_of_a_page_read_an_index_and_nothing_else(self, full, raw, asha, admin_url, kind, named, index):
        if kind == "operator":
            staff_make(admin_url, asha)

        plan = explained(raw, asha, f"{named} ORDER BY created_at DESC, id DESC LIMIT 51")

        month = month_name()  # the others are empty
        assert not [line for line in plan if f"Seq Scan on {month}" in line], plan
        assert any(f"{month}{index}" in line for line in plan if "Index" in line), plan

    def test_of_all_that_a_person_may_see_read_three(self, full, raw, asha):
        plan = explained(raw, asha, "book_id = '{book}' OR user_id = '{person}' OR about_id = '{person}'")

        assert any("BitmapOr" in line for line in plan), plan

    def test_of_what_operators_read_walk_the_key(self, full, raw, asha, admin_url):
        staff_make(admin_url, asha)

        plan = explained(raw, asha, "true ORDER BY id DESC LIMIT 51")

        assert any("Index Scan Backward using" in line and "pkey" in line for line in plan), plan


def explained(raw, person, rest):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])
    where = rest.format(book=person.book.pk, person=person.id)
    return [line for (line,) in raw.execute(f"EXPLAIN SELECT * FROM audit_logs WHERE {where}").fetchall()]
