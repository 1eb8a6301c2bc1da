"""What the database refuses, tried in raw SQL as rupaya_user."""

from __future__ import annotations

import datetime as dt
import os

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError
from psycopg import errors

from accounts.models import User
from accounts.services import session_end
from rupaya.core import clock
from rupaya.core.db import acting_as, constraint_name
from rupaya.core.ids import uuid7
from tests.accounts.phone import actor, address_new, person_new, session_new, sessions_of


def act(raw, user_id, kind="user"):
    """Begins a transaction in which this person acts."""
    raw.rollback()
    raw.execute(
        "SELECT set_config('app.current_user_id', %s, true), set_config('app.actor_kind', %s, true)",
        [str(user_id or ""), kind],
    )


def signed_in():
    """Somebody with one session."""
    user = person_new()
    session_new(user)
    return user, sessions_of(user.pk)[0]


def refused_by(raw, sql, parameters):
    """The name of the guard that refuses a statement."""
    with pytest.raises(psycopg.IntegrityError) as refusal:
        raw.execute(sql, parameters)
    return refusal.value.diag.constraint_name


class TestSessionPolicies:
    def test_show_a_person_their_own_sessions_only(self, raw):
        asha, _ = signed_in()
        bala, _ = signed_in()

        act(raw, asha.pk)
        seen = raw.execute("SELECT DISTINCT user_id FROM accounts_session").fetchall()
        hers = raw.execute("SELECT count(*) FROM accounts_session WHERE user_id = %s", [bala.pk]).fetchone()

        assert seen == [(asha.pk,)]
        assert hers == (0,)

    def test_show_nobody_nothing(self, raw):
        signed_in()

        act(raw, None)

        assert raw.execute("SELECT count(*) FROM accounts_session").fetchone() == (0,)

    def test_let_nobody_change_another_s(self, raw):
        _, session = signed_in()
        bala, _ = signed_in()

        act(raw, bala.pk)
        changed = raw.execute("UPDATE accounts_session SET counter = 9 WHERE id = %s", [session.pk]).rowcount

        assert changed == 0

    def test_let_nobody_open_a_session_for_another(self, raw):
        asha, bala = person_new(), person_new()

        act(raw, bala.pk)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(*_insert(asha.pk))

    def test_let_staff_end_but_neither_open_nor_use(self, raw):
        asha, session = signed_in()
        staff = person_new()
        User.objects.using("owner").filter(pk=staff.pk).update(is_staff=True)

        act(raw, staff.pk, "staff")
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(*_insert(asha.pk))
        act(raw, staff.pk, "staff")
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute("UPDATE accounts_session SET counter = 9 WHERE id = %s", [session.pk])
        act(raw, staff.pk, "staff")
        alive = raw.execute("SELECT accounts_session_is_alive(%s)", [session.pk]).fetchone()

        assert alive == (False,)

    def test_bind_staff_who_act_as_themselves(self, raw):
        signed_in()
        staff = person_new()
        User.objects.using("owner").filter(pk=staff.pk).update(is_staff=True)

        act(raw, staff.pk, "user")

        assert raw.execute("SELECT count(*) FROM accounts_session").fetchone() == (0,)

    def test_bind_the_owner_of_the_table_too(self, raw):
        signed_in()

        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            seen = owner.execute("SELECT count(*) FROM accounts_session").fetchone()

        assert seen == (0,)


def _insert(user_id, **fields):
    now = clock.now()
    row = {
        "id": uuid7(),
        "user_id": user_id,
        "refresh_hash": b"x" * 32,
        "counter": 0,
        "created_at": now,
        "rotated_at": now,
        "last_used_at": now,
        "expires_at": now + dt.timedelta(days=1),
        "user_agent": "",
        "revoked_at": None,
        "revoked_reason": "",
    } | fields
    places = ", ".join(f"%({name})s" for name in row)
    return f"INSERT INTO accounts_session ({', '.join(row)}) VALUES ({places})", row


class TestSessionGuard:
    @pytest.mark.parametrize(
        "change",
        [
            "revoked_at = NULL, revoked_reason = ''",
            "revoked_at = now() + interval '1 hour'",
            "revoked_reason = 'replay'",
        ],
    )
    def test_keeps_a_revoked_session_revoked(self, raw, change):
        user, session = signed_in()
        with acting_as(actor(user.pk)):
            session_end(session_id=session.pk, user_id=user.pk, now=clock.now())

        act(raw, user.pk)
        guard = refused_by(raw, f"UPDATE accounts_session SET {change} WHERE id = %s", [session.pk])

        assert guard == "accounts_session_stays_revoked"

    @pytest.mark.parametrize(
        "change",
        [
            "expires_at = expires_at + interval '1 day'",
            "created_at = created_at - interval '1 day'",
            "id = gen_random_uuid()",
            "user_id = gen_random_uuid()",
        ],
    )
    def test_keeps_whose_it_is_and_how_long(self, raw, change):
        user, session = signed_in()

        act(raw, user.pk)
        guard = refused_by(raw, f"UPDATE accounts_session SET {change} WHERE id = %s", [session.pk])

        assert guard == "accounts_session_stays_whose"

    def test_never_counts_backwards(self, raw):
        user, session = signed_in()

        act(raw, user.pk)
        raw.execute("UPDATE accounts_session SET counter = 5 WHERE id = %s", [session.pk])
        guard = refused_by(raw, "UPDATE accounts_session SET counter = 4 WHERE id = %s", [session.pk])

        assert guard == "accounts_session_counter_grows"


class TestSessionChecks:
    @pytest.mark.parametrize(
        ("fields", "guard"),
        [
            ({"refresh_hash": b"short"}, "accounts_session_hash_is_sha256"),
            ({"counter": -1}, "accounts_session_counter_check"),
            ({"expires_at": clock.now() - dt.timedelta(days=1)}, "accounts_session_expires_later"),
            ({"rotated_at": clock.now() - dt.timedelta(days=1)}, "accounts_session_used_after_start"),
            ({"last_used_at": clock.now() - dt.timedelta(days=1)}, "accounts_session_used_after_start"),
            ({"revoked_at": clock.now()}, "accounts_session_revoked_with_reason"),
            ({"revoked_reason": "logout"}, "accounts_session_revoked_with_reason"),
            (
                {"revoked_at": clock.now(), "revoked_reason": "boredom"},
                "accounts_session_revoked_with_reason",
            ),
        ],
    )
    def test_refuse_what_cannot_be(self, raw, fields, guard):
        user = person_new()

        act(raw, user.pk)
        raw.execute(*_insert(user.pk))

        assert refused_by(raw, *_insert(user.pk, **fields)) == guard


class TestSessionIsAlive:
    def ask(self, raw, user_id, session_id):
        act(raw, user_id)
        return raw.execute("SELECT accounts_session_is_alive(%s)", [session_id]).fetchone()[0]

    def test_is_true_for_a_live_session_of_the_actor(self, raw):
        user, session = signed_in()

        assert self.ask(raw, user.pk, session.pk) is True

    def test_sees_the_actor_of_its_own_statement(self, raw):
        user, session = signed_in()

        raw.rollback()
        row = raw.execute(
            "SELECT set_config('app.current_user_id', %s, true), accounts_session_is_alive(%s)",
            [str(user.pk), session.pk],
        ).fetchone()

        assert row[1] is True

    def test_is_false_for_another_s_and_for_none(self, raw):
        _, session = signed_in()
        bala, _ = signed_in()

        assert self.ask(raw, bala.pk, session.pk) is False
        assert self.ask(raw, bala.pk, uuid7()) is False
        assert self.ask(raw, None, session.pk) is False

    def test_is_false_for_a_disabled_person(self, raw):
        user, session = signed_in()
        User.objects.filter(pk=user.pk).update(is_active=False)

        assert self.ask(raw, user.pk, session.pk) is False

    def test_is_false_once_the_session_has_run_out(self, raw):
        user = person_new()
        session_new(user, now=clock.now() - dt.timedelta(days=30))
        (session,) = sessions_of(user.pk)

        assert self.ask(raw, user.pk, session.pk) is False


class TestUserGuards:
    def test_refuse_the_same_address_in_another_case(self, raw):
        user = person_new(email=address_new("Asha"))

        act(raw, user.pk)
        guard = refused_by(raw, *_person(email=user.email.swapcase()))

        assert guard == "accounts_user_email_once"

    @pytest.mark.parametrize(
        ("fields", "guard"),
        [
            ({"email": "nobody"}, "accounts_user_email_is_one"),
            ({"email": "two words@example.in"}, "accounts_user_email_is_one"),
            ({"full_name": ""}, "accounts_user_full_name_is_text"),
            ({"full_name": "  "}, "accounts_user_full_name_is_text"),
            ({"full_name": "Asha\nRao"}, "accounts_user_full_name_is_text"),
        ],
    )
    def test_refuse_what_is_no_address_or_name(self, raw, fields, guard):
        act(raw, None)
        raw.execute(*_person())

        assert refused_by(raw, *_person(**fields)) == guard

    @pytest.mark.parametrize("table", ["accounts_user", "accounts_session"])
    @pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_let_nobody_delete(self, raw, table, statement):
        user, _ = signed_in()

        act(raw, user.pk)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(statement.format(table))


def _person(**fields):
    row = {
        "id": uuid7(),
        "email": address_new(),
        "full_name": "Asha",
        "password": "!",
        "is_superuser": False,
    } | fields
    places = ", ".join(f"%({name})s" for name in row)
    return f"INSERT INTO accounts_user ({', '.join(row)}) VALUES ({places})", row


class TestAudit:
    def test_logs_a_person_without_the_password_and_a_session_without_its_hash(self, raw, admin_url):
        user, session = signed_in()
        with acting_as(actor(user.pk)):
            session_end(session_id=session.pk, user_id=user.pk, now=clock.now())

        with psycopg.connect(admin_url) as admin:
            rows = admin.execute(
                "SELECT resource_type, action, changes, user_id FROM audit_logs "
                "WHERE resource_id = ANY(%s) ORDER BY id",
                [[str(user.pk), str(session.pk)]],
            ).fetchall()

        assert [row[:2] for row in rows] == [
            ("accounts_user", "INSERT"),
            ("accounts_session", "INSERT"),
            ("accounts_session", "UPDATE"),
            ("accounts_session", "SIGN_OUT"),
        ]
        assert {row[3] for row in rows} == {user.pk}
        assert "email" in rows[0][2]
        assert not {"password", "last_login"} & set(rows[0][2])
        assert not {"refresh_hash", "counter"} & set(rows[1][2])
        assert rows[2][2]["revoked_reason"] == ["", "logout"]

    def test_logs_who_gained_and_lost_a_right(self, admin_url, committed):
        user = User.objects.using("owner").get(pk=person_new().pk)
        right = Permission.objects.using("owner").get(codename="view_user")

        user.user_permissions.add(right)
        user.user_permissions.remove(right)

        with psycopg.connect(admin_url) as admin:
            rows = admin.execute(
                "SELECT action FROM audit_logs WHERE resource_type = 'accounts_user_user_permissions' "
                "AND (changes -> 'user_id') ? %s ORDER BY id",
                [str(user.pk)],
            ).fetchall()
        assert rows == [("INSERT",), ("DELETE",)]


class TestStaffRights:
    @pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
    def test_are_not_the_applications_to_give(self, committed, asha, right):
        with pytest.raises(IntegrityError) as raised, acting_as(asha.actor):
            User.objects.filter(pk=asha.id).update(**{right: True})

        assert constraint_name(raised.value) == "accounts_user_rights_from_owner"

    def test_leave_the_rest_of_a_member_of_staff_alone(self, committed, asha):
        User.objects.using("owner").filter(pk=asha.id).update(is_staff=True)

        assert User.objects.filter(pk=asha.id).update(full_name="Asha R") == 1
