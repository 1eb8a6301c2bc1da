"""Who acts, for one transaction and never longer; and what a guard's refusal means."""

from __future__ import annotations

import copy
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, IntegrityError, InternalError, connection, connections

from accounts.models import User
from accounts.services import session_end
from rupaya.core import clock
from rupaya.core.db import (
    Actor,
    SessionEnded,
    acting_as,
    assert_acting,
    constraint_name,
    constraints_now,
    explaining,
    rows_as_dicts,
    snapshot_as,
    undo,
    whole,
)
from rupaya.core.errors import Conflict
from rupaya.core.ids import uuid7
from tests.accounts.phone import session_new, sessions_of

SETTINGS = ("app.current_user_id", "app.actor_kind", "app.client_address", "app.user_agent", "app.request_id")
NOBODY = ("",) * len(SETTINGS)


def present(using="default"):
    """What the connection says of who acts."""
    columns = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        return cursor.fetchone()


def backend(using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def actor(**fields) -> Actor:
    return Actor(
        **{
            "user_id": uuid7(),
            "kind": "user",
            "address": "203.0.113.9",
            "user_agent": "A/1",
            "request_id": "r-1",
            **fields,
        }
    )


def said(who: Actor) -> tuple[str, ...]:
    return (str(who.user_id or ""), who.kind, who.address, who.user_agent, who.request_id)


class TestActingAs:
    def test_says_who_acts_and_forgets_it(self, committed):
        asha = actor()

        with acting_as(asha):
            inside = present()

        assert inside == said(asha)
        assert present() == NOBODY

    def test_says_nobody_where_nobody_acts(self, committed):
        with acting_as(Actor(user_id=None, kind="system")):
            assert present() == ("", "system", "", "", "")

    def test_puts_the_outer_actor_back(self, committed):
        outer, inner = actor(request_id="outer"), actor(request_id="inner", address="")

        with acting_as(outer):
            with acting_as(inner):
                inside = present()
            after = present()

        assert inside == said(inner)
        assert after == said(outer)

    def test_puts_the_outer_actor_back_after_an_exception_and_after_an_undo(self, committed):
        outer = actor(request_id="outer")

        with acting_as(outer):
            with pytest.raises(ZeroDivisionError), acting_as(actor()):
                raise ZeroDivisionError
            after_exception = present()
            with acting_as(actor()):
                undo()
            after_undo = present()

        assert after_exception == after_undo == said(outer)

    def test_is_undone_by_an_exception(self, committed):
        person = uuid7()

        with pytest.raises(ZeroDivisionError), acting_as(actor(user_id=person)):  # noqa: PT012
            User(id=person, email=f"{person}@example.in", full_name="Gone Rao").save(force_insert=True)
            raise ZeroDivisionError

        assert not User.objects.filter(pk=person).exists()
        assert present() == NOBODY

    def test_cuts_a_long_user_agent(self, committed):
        with acting_as(actor(user_agent="x" * 5000)):
            assert len(present()[3]) == 400

    def test_takes_one_round_trip(self, committed, django_assert_num_queries):
        present()

        with django_assert_num_queries(3), acting_as(actor()):  # BEGIN, the settings, COMMIT
            pass

    @pytest.mark.parametrize("text", ["'; DROP TABLE x; --", "%s", "\\", "₹"])
    def test_takes_any_text_as_text(self, committed, text):
        with acting_as(actor(user_agent=text)):
            assert present()[3] == text

    def test_goes_on_with_a_session_that_is_alive_and_refuses_one_that_ended(self, committed, asha, chitra):
        session_new(asha.user)
        session_id = sessions_of(asha.id)[0].pk
        mine = actor(user_id=asha.id, session_id=session_id)

        with acting_as(mine):
            pass
        with pytest.raises(SessionEnded), acting_as(actor(user_id=chitra.id, session_id=session_id)):
            pytest.fail("a stranger acted with somebody's session")
        with acting_as(asha.actor):
            session_end(session_id=session_id, user_id=asha.id, now=clock.now())
        with pytest.raises(SessionEnded) as raised, acting_as(mine):
            pytest.fail("an ended session acted")

        assert raised.value.status == 401
        assert present() == NOBODY


@pytest.fixture
def single(committed):
    """A pool that holds one connection, so that the next person gets the last one's."""
    connections.databases["single"] = copy.deepcopy(connections.databases["default"])
    connections.databases["single"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}
    yield "single"
    connections["single"].close()
    connections["single"].close_pool()  # type: ignore[attr-defined]
    del connections["single"]
    del connections.databases["single"]


class TestPool:
    """A pool hands the same connection to the next person; nothing of the last one may be on it."""

    def test_carries_nothing_over_after_a_commit(self, single):
        with acting_as(actor(), using=single):
            first = backend(single)
        connections[single].close()

        assert present(single) == NOBODY
        assert backend(single) == first

    def test_carries_nothing_over_after_an_exception(self, single):
        with pytest.raises(ZeroDivisionError), acting_as(actor(), using=single):  # noqa: PT012
            first = backend(single)
            raise ZeroDivisionError
        connections[single].close()

        assert present(single) == NOBODY
        assert backend(single) == first

    def test_carries_nothing_over_after_a_rollback_or_a_refused_query(self, single):
        with acting_as(actor(), using=single):
            first = backend(single)
            undo(using=single)
        with pytest.raises(DataError), acting_as(actor(), using=single):
            connections[single].cursor().execute("SELECT 1 / 0")
        connections[single].close()

        assert present(single) == NOBODY
        assert backend(single) == first

    def test_carries_nothing_over_when_a_connection_is_given_back_in_the_middle(self, single):
        with pytest.raises(Exception, match="clos"), acting_as(actor(), using=single):  # noqa: PT012
            connections[single].connection.close()
            present(single)
        connections[single].close()

        assert present(single) == NOBODY

    def test_goes_on_after_a_killed_backend(self, single, admin_url):
        with pytest.raises(Exception, match=r"terminat|clos"), acting_as(actor(), using=single):  # noqa: PT012
            first = backend(single)
            with psycopg.connect(admin_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", [first])
            present(single)
        connections[single].close()

        assert present(single) == NOBODY
        assert backend(single) != first

    def test_gives_each_of_many_people_their_own(self, single):
        for number in range(20):
            who = actor(request_id=f"request-{number}")
            with acting_as(who, using=single):
                assert present(single) == said(who)
            connections[single].close()


class TestUndo:
    def test_undoes_the_work_and_raises_nothing(self, committed):
        person = uuid7()

        with acting_as(actor(user_id=person)):
            User(id=person, email=f"{person}@example.in", full_name="Gone Rao").save(force_insert=True)
            undo()

        assert not User.objects.filter(pk=person).exists()

    def test_does_nothing_outside(self, committed):
        undo()

        assert present() == NOBODY


class TestAssertActing:
    def test_passes_inside_and_refuses_outside(self, committed):
        with acting_as(actor()):
            assert_acting()
        with pytest.raises(RuntimeError, match="acting_as"):
            assert_acting()


def user_insert(email: str) -> UUID:
    person = uuid7()
    User(id=person, email=email, full_name="Twice Rao").save(force_insert=True)
    return person


class EmailTaken(Conflict):
    code = "probe_taken"


class TestConstraintsNow:
    def test_makes_a_deferred_guard_speak_before_the_commit(self, committed, asha):
        with acting_as(asha.actor):
            connection.cursor().execute(
                "INSERT INTO flags_flag_users (flag_id, user_id) VALUES (-1, %s)", [asha.id]
            )
            with pytest.raises(IntegrityError):
                constraints_now()
            undo()

    def test_refuses_outside(self, committed):
        with pytest.raises(RuntimeError, match="acting_as"):
            constraints_now()


class TestWhole:
    def test_undoes_its_part_and_leaves_the_rest_usable(self, committed):
        email = f"{uuid7()}@example.in"

        with acting_as(actor()):
            kept = user_insert(email)
            with pytest.raises(IntegrityError), whole():  # noqa: PT012
                user_insert(f"x{email}")
                user_insert(email)
            assert present()[1] == "user"

        assert User.objects.filter(pk=kept).exists()
        assert not User.objects.filter(email=f"x{email}").exists()


class TestSnapshotAs:
    def test_shows_one_moment_and_who_looks(self, committed, asha, admin_url):
        name = "SELECT full_name FROM accounts_user WHERE id = %s"
        with snapshot_as(asha.actor), connection.cursor() as cursor:
            inside = present()
            cursor.execute(name, [asha.id])
            before = cursor.fetchone()
            with psycopg.connect(admin_url) as admin:
                admin.execute("UPDATE accounts_user SET full_name = 'Asha Kulkarni' WHERE id = %s", [asha.id])
            cursor.execute(name, [asha.id])
            after = cursor.fetchone()

        assert inside[0] == str(asha.id)
        assert before == after == ("Asha Rao",)
        assert present() == NOBODY

    def test_writes_nothing(self, committed, asha):
        with pytest.raises(InternalError, match="read-only transaction"), snapshot_as(asha.actor):
            User.objects.filter(pk=asha.id).update(full_name="Asha Kulkarni")

    def test_stands_in_no_other_transaction(self, committed, asha):
        with acting_as(asha.actor), pytest.raises(RuntimeError), snapshot_as(asha.actor):
            pytest.fail("what was seen before would be seen still")


class TestExplaining:
    def test_turns_a_guards_name_into_the_error_that_explains_it(self, committed):
        email = f"{uuid7()}@example.in"

        with acting_as(actor()):
            kept = user_insert(email)
            with pytest.raises(EmailTaken), explaining({"accounts_user_email_once": EmailTaken}):
                user_insert(email.upper())

        assert User.objects.filter(pk=kept).exists()

    def test_leaves_what_it_does_not_know(self, committed):
        email = f"{uuid7()}@example.in"

        with acting_as(actor()):
            user_insert(email)
            with pytest.raises(IntegrityError) as raised, explaining({"another": EmailTaken}):
                user_insert(email)

        assert constraint_name(raised.value) == "accounts_user_email_once"

    def test_lets_success_pass(self, committed):
        with acting_as(actor()), explaining({}):
            kept = user_insert(f"{uuid7()}@example.in")

        assert User.objects.filter(pk=kept).exists()


class TestConstraintName:
    def test_is_none_where_the_database_said_nothing(self):
        assert constraint_name(IntegrityError("by hand")) is None


class TestRowsAsDicts:
    def test_names_the_columns(self, committed):
        assert rows_as_dicts("SELECT %(n)s::int AS number, 'x' AS text", {"n": 5}) == [
            {"number": 5, "text": "x"}
        ]
