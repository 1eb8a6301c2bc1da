"""What the database promises about books, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import os
import threading

import psycopg
import pytest
from psycopg import errors

from ledger.books.rules import token_hash
from rupaya.core.ids import uuid7
from tests.ledger.books.sharing import invite, restrict, role_in, roles, share
from tests.support.cast import member_add


def act(raw, person):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def guard_of(raised):
    return raised.value.diag.constraint_name


def refused(raw, person, sql, *parameters):
    """The name of the guard that refuses; the transaction is over after."""
    act(raw, person)
    with pytest.raises(errors.IntegrityError) as raised:
        raw.execute(sql, parameters)
    raw.rollback()
    return guard_of(raised)


def count(raw, person, sql, *parameters):
    act(raw, person)
    return raw.execute(f"SELECT count(*) FROM {sql}", parameters).fetchone()[0]


class TestOwners:
    @pytest.mark.parametrize("role", ["editor", "viewer", None])
    def test_alone_change_members_and_invitations(self, raw, asha, bala, role):
        if role:
            share(asha, bala, role)
        book, mine = asha.book.pk, bala.book.pk
        calls = [
            ("SELECT ledger_member_role_set(%s, %s, 'owner')", book, bala.id),
            ("SELECT ledger_member_remove(%s, %s)", book, asha.id),
            ("SELECT ledger_ownership_transfer(%s, %s)", book, bala.id),
            ("SELECT ledger_invitation_open(%s, %s, 'x@example.in', 'owner', %s)", uuid7(), book, b"x" * 32),
            ("SELECT ledger_invitation_revoke(%s, %s)", book, uuid7()),
            ("SELECT ledger_book_currency_set(%s, 'USD')", book),
            ("SELECT ledger_member_role_set(NULL, %s, 'owner')", bala.id),
        ]

        assert {refused(raw, bala, *call) for call in calls} == {"ledger_book_owners_only"}
        assert role_in(bala, asha.book) == role
        assert mine != book

    def test_are_known_to_the_policies_by_their_own_memberships_alone(self, raw, asha, bala):
        share(asha, bala, "viewer")

        act(raw, bala)
        assert set(raw.execute("SELECT book_id, role FROM app_memberships")) == {
            (asha.book.pk, "viewer"),
            (bala.book.pk, "owner"),
        }
        for sql in (
            "UPDATE app_memberships SET role = 'owner'",
            "DELETE FROM app_memberships",
            "INSERT INTO app_memberships (book_id, role) VALUES (gen_random_uuid(), 'owner')",
        ):
            with pytest.raises(errors.InsufficientPrivilege), raw.transaction():
                raw.execute(sql)

    def test_change_no_table_by_hand(self, raw, asha, bala):
        share(asha, bala)
        invite(asha, "x@example.in")

        for attack in (
            "UPDATE ledger_member SET role = 'owner'",
            "DELETE FROM ledger_member",
            "INSERT INTO ledger_invitation SELECT * FROM ledger_invitation",
            "UPDATE ledger_invitation SET role = 'owner'",
            "UPDATE ledger_invitation SET accepted_at = NULL",
            "DELETE FROM ledger_invitation",
            "UPDATE ledger_account_visibility SET user_id = user_id",
            "TRUNCATE ledger_account_visibility",
            "UPDATE ledger_book SET base_currency = 'USD'",
        ):
            act(raw, asha)
            with pytest.raises(errors.InsufficientPrivilege):
                raw.execute(attack)
            raw.rollback()


class TestKeepsOwner:
    def test_refuses_the_last_one_who_leaves_or_steps_down(self, raw, asha, bala):
        share(asha, bala)

        for sql in (
            "SELECT ledger_member_remove(%s, %s)",
            "SELECT ledger_member_role_set(%s, %s, 'viewer')",
        ):
            assert refused(raw, asha, sql, asha.book.pk, asha.id) == "ledger_book_keeps_owner"

    def test_holds_for_the_schemas_owner_too(self, committed, asha, admin_url):
        for sql in (
            "DELETE FROM ledger_member WHERE book_id = %s",
            "UPDATE ledger_member SET role = 'viewer' WHERE book_id = %s",
        ):
            with psycopg.connect(admin_url) as admin, pytest.raises(errors.CheckViolation) as raised:
                admin.execute(sql, [asha.book.pk])

            assert guard_of(raised) == "ledger_book_keeps_owner"

    @pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
    def test_lets_one_of_two_leave_at_once(self, committed, asha, bala, level):
        share(asha, bala, "owner")
        both_began = threading.Barrier(2)
        outcomes = []

        def leave(person):
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                act(connection, person)  # a higher level takes its one picture of the book here
                both_began.wait(5)
                try:
                    connection.execute("SELECT ledger_member_remove(%s, %s)", [asha.book.pk, person.id])
                    connection.commit()
                    outcomes.append("left")
                except (errors.CheckViolation, errors.SerializationFailure) as error:
                    outcomes.append(type(error).__name__)

        threads = [threading.Thread(target=leave, args=[person]) for person in (asha, bala)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

        assert sorted(outcomes) == sorted(
            ["left", "CheckViolation" if level == "READ COMMITTED" else "SerializationFailure"]
        )
        assert sorted(map(str, (role_in(asha, asha.book), role_in(bala, asha.book)))) == ["None", "owner"]


class TestLimits:
    def test_are_20_members_a_book(self, committed, asha, bala, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute(
                """WITH guest AS (
                     INSERT INTO accounts_user (id, email, full_name, password, is_superuser, is_staff, is_active)
                     SELECT gen_random_uuid(), gen_random_uuid() || '@example.in', 'Guest', '!', false, false, true
                       FROM generate_series(1, 19) RETURNING id)
                   INSERT INTO ledger_member (id, book_id, user_id, role)
                   SELECT gen_random_uuid(), %s, id, 'viewer' FROM guest""",
                [asha.book.pk],
            )
        _, token = invite(asha, bala.user.email)

        with psycopg.connect(os.environ["DATABASE_URL"]) as raw:
            guard = refused(raw, bala, "SELECT ledger_invitation_accept(%s)", token_hash(token))

        assert guard == "ledger_member_at_most"
        assert len(roles(asha)) == 20

    def test_are_20_books_owned_by_one_person_whoever_gives_them(self, raw, asha, bala):
        share(bala, asha)
        act(raw, asha)
        for _ in range(19):
            raw.execute("SELECT ledger_book_open(%s, %s, 'x', 'INR', 'Asia/Kolkata', 4)", [uuid7(), uuid7()])
        raw.commit()

        one_more = "SELECT ledger_book_open(%s, %s, 'x', 'INR', 'Asia/Kolkata', 4)"
        assert refused(raw, asha, one_more, uuid7(), uuid7()) == "ledger_book_at_most"
        given = "SELECT ledger_ownership_transfer(%s, %s)"
        assert refused(raw, bala, given, bala.book.pk, asha.id) == "ledger_book_at_most"

    def test_are_counted_one_after_the_other(self, committed, asha):
        start = threading.Barrier(24)
        outcomes = []

        def opens():
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                act(connection, asha)
                start.wait(20)
                try:
                    connection.execute(
                        "SELECT ledger_book_open(%s, %s, 'x', 'INR', 'Asia/Kolkata', 4)", [uuid7(), uuid7()]
                    )
                    connection.commit()
                    outcomes.append("opened")
                except errors.CheckViolation as error:
                    outcomes.append(str(error.diag.constraint_name))

        threads = [threading.Thread(target=opens) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(outcomes) == sorted(["opened"] * 19 + ["ledger_book_at_most"] * 5)

    def test_are_20_open_invitations_and_50_a_day(self, raw, asha):
        def send():
            raw.execute(
                "SELECT ledger_invitation_open(%s, %s, %s, 'viewer', %s)",
                [uuid7(), asha.book.pk, f"{uuid7().hex}@example.in", os.urandom(32)],
            )

        act(raw, asha)
        for _ in range(20):
            send()
        with pytest.raises(errors.CheckViolation) as raised, raw.transaction():
            send()
        assert guard_of(raised) == "ledger_invitation_at_most"

        sql = "SELECT ledger_invitation_revoke(book_id, id) FROM ledger_invitation WHERE revoked_at IS NULL"
        for _ in range(2):
            raw.execute(sql)
            for _ in range(15):
                send()
        raw.execute(sql)
        with pytest.raises(errors.CheckViolation) as raised:
            send()
        assert guard_of(raised) == "ledger_invitation_at_most"


class TestInvitations:
    def test_are_shown_to_owners_alone(self, raw, asha, bala, chitra):
        share(asha, bala)
        identity, _ = invite(asha, "x@example.in")

        seen = [count(raw, who, "ledger_invitation WHERE id = %s", identity) for who in (asha, bala, chitra)]

        assert seen == [1, 0, 0]

    def test_tell_nothing_to_whoever_finds_the_token(self, raw, asha, bala, chitra):
        _, token = invite(asha, bala.user.email.upper())

        for name in ("show", "accept"):
            call = f"SELECT ledger_invitation_{name}(%s)"
            assert refused(raw, chitra, call, token_hash(token)) == "ledger_invitation_addressee"
            assert refused(raw, bala, call, b"x" * 32) == "ledger_invitation_exists"
        act(raw, chitra)
        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("SELECT set_config('app.current_user_id', '', true), ledger_invitation_accept(%s)",
                        [token_hash(token)])  # fmt: skip
        assert guard_of(raised) == "ledger_invitation_addressee"

    def test_keep_their_tokens_out_of_the_log(self, raw, asha, bala):
        identity, _ = invite(asha, bala.user.email)

        act(raw, asha)
        changes = raw.execute(
            "SELECT changes FROM audit_logs WHERE resource_id = %s", [str(identity)]
        ).fetchall()

        assert [set(change) & {"email", "token_hash"} for (change,) in changes] == [{"email"}]


class TestSettings:
    @pytest.mark.parametrize("zone", ["Nowhere/Land", "IST+5", ""])
    def test_refuse_a_time_zone_that_is_none(self, raw, asha, zone):
        guard = refused(raw, asha, "UPDATE ledger_book SET time_zone = %s WHERE id = %s", zone, asha.book.pk)

        assert guard == "ledger_book_time_zone"

    @pytest.mark.parametrize("day", [0, 29, 30, 32])
    def test_refuse_a_day_that_some_month_lacks(self, raw, asha, day):
        guard = refused(
            raw, asha, "UPDATE ledger_book SET month_start_day = %s WHERE id = %s", day, asha.book.pk
        )

        assert guard == "ledger_book_month_start"

    @pytest.mark.parametrize("role", ["editor", "viewer"])
    def test_are_the_owners(self, raw, asha, bala, role):
        share(asha, bala, role)

        act(raw, bala)
        done = raw.execute("UPDATE ledger_book SET name = 'x' WHERE id = %s", [asha.book.pk])

        assert done.rowcount == 0


class TestVisibility:
    def test_is_set_by_owners_alone(self, raw, asha, bala):
        share(asha, bala)
        hidden = restrict(asha, bala, "Savings account", "hidden")
        restrict(asha, bala, "Cash", "read")

        act(raw, bala)
        assert raw.execute("DELETE FROM ledger_account_visibility").rowcount == 0
        assert raw.execute("UPDATE ledger_account_visibility SET visibility = 'read'").rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(
                """INSERT INTO ledger_account_visibility (id, book_id, user_id, account_id, visibility)
                   VALUES (%s, %s, %s, %s, 'read')""",
                [uuid7(), asha.book.pk, bala.id, hidden],
            )

    def test_tells_a_member_what_they_only_read_and_not_what_is_hidden(self, raw, asha, bala, chitra):
        share(asha, bala)
        restrict(asha, bala, "Savings account", "hidden")
        restrict(asha, bala, "Cash", "read")

        table = "ledger_account_visibility WHERE book_id = %s"
        assert [count(raw, who, table, asha.book.pk) for who in (asha, bala, chitra)] == [2, 1, 0]

    def test_refuses_owners_categories_strangers_and_other_books(self, raw, asha, bala, chitra):
        share(asha, bala)
        sql = """INSERT INTO ledger_account_visibility (id, book_id, user_id, account_id, visibility)
                 VALUES (%s, %s, %s, %s, %s)"""
        cash, groceries = asha.account("Cash").pk, asha.account("Groceries").pk
        foreign = chitra.account("Cash").pk

        guards = [
            refused(raw, asha, sql, uuid7(), asha.book.pk, who, account, level)
            for who, account, level in (
                (asha.id, cash, "read"),
                (bala.id, groceries, "hidden"),
                (chitra.id, cash, "hidden"),
                (bala.id, foreign, "hidden"),
                (bala.id, cash, "full"),
            )
        ]

        assert guards == [
            "ledger_account_visibility_of_owner",
            "ledger_account_visibility_of_money",
            "ledger_account_visibility_of_member",
            "ledger_account_visibility_account_in_book",
            "ledger_account_visibility_level",
        ]

    def test_hides_an_account_with_its_log_and_locks_what_is_only_read(self, raw, asha, bala):
        share(asha, bala)
        hidden = restrict(asha, bala, "Savings account", "hidden")
        read = restrict(asha, bala, "Cash", "read")

        seen = [count(raw, who, "ledger_account WHERE id = %s", hidden) for who in (asha, bala)]
        logged = [
            count(raw, who, "audit_logs WHERE book_id = %s AND user_id = %s", asha.book.pk, asha.id)
            for who in (asha, bala)
        ]
        rename = "UPDATE ledger_account SET name = 'mine' WHERE id = %s"
        act(raw, bala)
        written = [
            raw.execute(rename, [account]).rowcount for account in (hidden, asha.account("Credit card").pk)
        ]

        assert seen == [1, 0]
        assert logged[0] > 0
        assert logged[1] == 0
        assert written == [0, 1]
        assert refused(raw, bala, rename, read) == "ledger_account_writable"

    def test_ends_for_whoever_becomes_an_owner_or_leaves(self, raw, asha, bala, chitra, admin_url):
        table = "ledger_account_visibility WHERE book_id = %s AND user_id = %s"
        for guest in (bala, chitra):
            share(asha, guest)
            restrict(asha, guest, "Cash", "hidden")

        act(raw, asha)
        raw.execute("SELECT ledger_member_remove(%s, %s)", [asha.book.pk, chitra.id])
        raw.execute("SELECT ledger_ownership_transfer(%s, %s)", [asha.book.pk, bala.id])

        assert [count(raw, bala, table, asha.book.pk, guest.id) for guest in (bala, chitra)] == [0, 0]
        raw.commit()
        member_add(admin_url, book=asha.book, person=chitra, role="viewer")
        assert count(raw, chitra, "ledger_account WHERE book_id = %s AND name = 'Cash'", asha.book.pk) == 1
