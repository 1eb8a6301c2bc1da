"""Flags: off unless somebody with the right has turned them on."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import replace

import psycopg
import pytest
import structlog
from django.db import OperationalError, connection, connections
from django.test import Client, RequestFactory

from flags import evaluation
from flags.evaluation import reading_once
from flags.models import Flag
from flags.registry import EXPORT_TRANSACTIONS as NAME
from flags.selectors import (
    flag_explain,
    flag_history,
    flag_is_on,
    flag_state,
    flags_listed,
    flags_of,
    flags_stale,
)
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.desk import Api
from tests.support.flags import OPERATOR, flag_gone, flag_set, later, name_new

NOW = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)


class Mute:
    """Can't be asked for anything, not even its name."""

    def __getattr__(self, name):
        raise OSError

    def __str__(self):
        raise OSError

    __repr__ = __hash__ = __str__


def state_of(name):
    state = flag_state(name=name)
    assert state is not None
    return state


@pytest.fixture(autouse=True)
def _nothing_noted(monkeypatch):
    monkeypatch.setattr(evaluation._Process, "noted", {})


class TestFlagIsOn:
    def test_is_off_where_there_is_no_such_flag(self, asha):
        assert flag_is_on(name="nobody_made_this", user=asha.user) is False
        assert flag_is_on(name="", user=None) is False

    def test_makes_no_flag_by_asking_for_it(self, asha):
        flag_is_on(name="nobody_made_this", user=asha.user)

        assert not Flag.objects.filter(name="nobody_made_this").exists()

    def test_is_off_when_it_is_new(self, asha):
        assert flag_is_on(name=NAME, user=asha.user) is False
        assert flag_is_on(name=NAME, user=None) is False

    def test_is_on_for_one_person_and_off_for_the_next(self, asha, chitra):
        flag_set(users=[asha.user])

        assert flag_is_on(name=NAME, user=asha.user) is True
        assert flag_is_on(name=NAME, user=chitra.user) is False
        assert flag_is_on(name=NAME, user=None) is False

    def test_is_on_for_everyone(self, asha):
        flag_set(everyone=True)

        assert flag_is_on(name=NAME, user=asha.user) is True
        assert flag_is_on(name=NAME, user=None) is True

    def test_is_off_for_everyone_even_for_those_who_had_it(self, asha):
        flag_set(everyone=False, users=[asha.user])

        assert flag_is_on(name=NAME, user=asha.user) is False

    def test_is_off_for_somebody_who_may_no_longer_act(self, asha):
        flag_set(users=[asha.user], percent=100)
        with acting_as(OPERATOR):
            type(asha.user).objects.filter(pk=asha.id).update(is_active=False)

        assert flag_is_on(name=NAME, user=asha.user) is False

    def test_is_taken_back_at_once(self, asha):
        flag_set(users=[asha.user])
        was_on = flag_is_on(name=NAME, user=asha.user)

        flag_set(users=[])

        assert was_on
        assert flag_is_on(name=NAME, user=asha.user) is False

    def test_believes_nothing_of_a_change_that_was_undone(self, committed, asha):
        name = name_new()
        flag_set(name)
        with pytest.raises(LookupError), acting_as(OPERATOR):  # noqa: PT012
            flag_set(name, everyone=True)
            inside = flag_is_on(name=name, user=asha.user)
            raise LookupError

        assert inside is True
        assert flag_is_on(name=name, user=asha.user) is False

    def test_counts_in_every_process_from_the_commit_on(self, committed, asha, admin_url):
        name = name_new()
        flag_set(name)
        before = flag_is_on(name=name, user=asha.user)

        with psycopg.connect(admin_url, autocommit=True) as another_process:
            another_process.execute("SELECT set_config('app.change_reason', 'from elsewhere', false)")
            another_process.execute("UPDATE flags_flag SET everyone = true WHERE name = %s", [name])

            assert (before, flag_is_on(name=name, user=asha.user)) == (False, True)

    def test_believes_what_it_keeps_for_seconds_only(self, asha, monkeypatch):
        """For a database that was put back, where numbers of changes come again."""
        flag_is_on(name=NAME, user=asha.user)
        kept = evaluation._Process.kept
        on = {NAME: replace(kept.definitions[NAME], everyone=True)}
        monkeypatch.setattr(evaluation._Process, "kept", replace(kept, definitions=on))
        believed = flag_is_on(name=NAME, user=asha.user)

        monkeypatch.setattr(
            evaluation._Process, "kept", replace(kept, definitions=on, until=time.monotonic())
        )

        assert (believed, flag_is_on(name=NAME, user=asha.user)) == (True, False)

    def test_takes_one_statement(self, asha, django_assert_num_queries):
        flag_set(everyone=True)

        with django_assert_num_queries(1):
            flag_is_on(name=NAME, user=asha.user)

    def test_takes_one_statement_for_all_flags_of_a_request(self, asha, django_assert_num_queries):
        with reading_once(), django_assert_num_queries(1):
            flag_is_on(name=NAME, user=asha.user)
            flag_is_on(name="another", user=asha.user)
            flags_of(user=asha.user)

    def test_says_the_same_from_a_requests_beginning_to_its_end_unless_it_changes_a_flag(
        self, committed, asha
    ):
        name, change = name_new(), threading.Thread(target=lambda: None)
        flag_set(name)

        def elsewhere():
            flag_set(name, everyone=True)
            connections.close_all()

        with reading_once():
            said = [flag_is_on(name=name, user=asha.user)]
            change = threading.Thread(target=elsewhere)
            change.start()
            change.join()
            said.append(flag_is_on(name=name, user=asha.user))
            flag_set(name, everyone=True, owner="somebody else")
            said.append(flag_is_on(name=name, user=asha.user))

        assert said == [False, False, True]

    def test_gives_a_browser_nothing_to_forge(self, committed):
        response = Client().get("/login?dwft_export_transactions=1")

        assert not [name for name in response.cookies if name.startswith("dwf")]

    @pytest.mark.parametrize("percent", [None, 0])
    def test_is_not_forged_by_a_cookie_or_a_query(self, asha, percent):
        flag_set(percent=percent)
        request = RequestFactory().get(
            f"/?dwft_{NAME}=1&{NAME}=1", headers={f"dwft-{NAME}".replace("_", "-"): "1"}
        )
        request.COOKIES |= {f"dwf_{NAME}": "True", f"dwft_{NAME}": "True"}
        request.user = asha.user

        assert flag_is_on(name=NAME, user=request.user) is False
        assert Flag.get(NAME).is_active(request) is False


class TestFlagIsOnUnreadable:
    @pytest.fixture
    def lines(self):
        with structlog.testing.capture_logs() as lines:
            yield lines

    def events(self, lines):
        return [(line["event"], line.get("flag"), line["log_level"]) for line in lines]

    def test_is_off_and_logged_where_there_is_none(self, asha, lines):
        flag_is_on(name="nobody_made_this", user=asha.user)

        assert self.events(lines) == [("flag.unknown", "nobody_made_this", "warning")]

    def test_is_off_and_logged_and_leaves_the_transaction_usable(self, committed, asha, admin_url, lines):
        name = name_new()
        flag_set(name, everyone=True)

        with psycopg.connect(admin_url, autocommit=True) as admin, acting_as(asha.actor):
            admin.execute("REVOKE SELECT ON flags_change FROM rupaya_user")
            try:
                said = flag_explain(name=name, user=asha.user)
            finally:
                admin.execute("GRANT SELECT ON flags_change TO rupaya_user")
            again = flag_is_on(name=name, user=asha.user)

        assert (said.value, said.reason, said.error_code) == (False, "ERROR", "GENERAL")
        assert again is True
        assert self.events(lines) == [
            ("flags.read_failed", None, "warning"),
            ("flag.unreadable", name, "warning"),
        ]

    def test_waits_for_nobody_who_holds_the_tables(self, committed, asha, admin_url, lines):
        name = name_new()
        flag_set(name, everyone=True)

        with psycopg.connect(admin_url) as admin:
            admin.execute("LOCK TABLE flags_change IN ACCESS EXCLUSIVE MODE")
            started = time.monotonic()
            said = flag_is_on(name=name, user=asha.user)
            took_s = time.monotonic() - started

        assert said is False
        assert took_s < 0.5

    @pytest.mark.parametrize("name", [None, [], "x" * 10_000, "a\x00b", 7])
    def test_never_raises_for_a_name(self, asha, name):
        assert flag_is_on(name=name, user=asha.user) is False

    def test_never_raises_for_what_can_not_be_asked_for_anything(self, asha):
        assert flag_is_on(name=Mute(), user=asha.user) is False  # type: ignore[arg-type]  # on purpose
        assert flag_is_on(name=NAME, user=Mute()) is False
        assert flags_of(user=Mute()) == {NAME: False}

    @pytest.mark.parametrize("user", ["asha", 7, object(), type("U", (), {"pk": "no uuid"})()])
    def test_takes_whoever_is_no_person_for_nobody(self, db, user):
        flag_set(percent=100)

        assert flag_is_on(name=NAME, user=user) is False

    def test_never_raises_without_a_database(self, asha, monkeypatch, lines):
        def gone():
            raise OSError("gone")

        monkeypatch.setattr(evaluation, "prepared_cursor", gone)

        assert flag_is_on(name=NAME, user=asha.user) is False
        assert flags_of(user=asha.user) == {NAME: False}
        assert {line["event"] for line in lines} == {"flag.unreadable"}

    def test_is_off_in_a_transaction_that_failed_already(self, committed, asha):
        with pytest.raises(Exception), acting_as(asha.actor):  # noqa: PT011, B017, PT012
            with pytest.raises(Exception, match="division"):
                connection.cursor().execute("SELECT 1 / 0")
            assert flag_is_on(name=NAME, user=asha.user) is False
            connection.cursor().execute("SELECT 1")


class TestFlagExplain:
    @pytest.mark.parametrize(
        ("fields", "value", "reason"),
        [({"everyone": True}, True, "STATIC"),
         ({"everyone": False}, False, "DISABLED"),
         ({"everyone": True, "starts_at": later(hours=1)}, False, "DISABLED"),
         ({"everyone": True, "expires_at": later(hours=-1)}, False, "DISABLED"),
         ({"everyone": True, "starts_at": later(hours=-1), "expires_at": later(hours=1)}, True, "STATIC"),
         ({"percent": 100}, True, "SPLIT"),
         ({"percent": 0}, False, "SPLIT"),
         ({"staff": True}, False, "DEFAULT"),
         ({}, False, "DEFAULT")],
    )  # fmt: skip
    def test_says_why_in_openfeatures_words(self, asha, fields, value, reason):
        flag_set(**fields)

        said = flag_explain(name=NAME, user=asha.user)

        assert (said.value, said.reason, said.variant) == (value, reason, "on" if value else "off")
        assert said.detail.endswith(".")

    def test_knows_staff_from_the_database_alone(self, committed, asha, admin_url):
        name = name_new()
        flag_set(name, staff=True)
        asha.user.is_staff = True  # as an object can say of itself

        before = flag_explain(name=name, user=asha.user)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("UPDATE accounts_user SET is_staff = true WHERE id = %s", [asha.id])

        assert (before.value, flag_explain(name=name, user=asha.user).reason) == (False, "TARGETING_MATCH")

    def test_finds_a_person_by_their_group(self, committed, asha, bala, admin_url):
        name = name_new()
        with psycopg.connect(admin_url, autocommit=True) as admin:
            ((group,),) = admin.execute(
                "INSERT INTO auth_group (name) VALUES (%s) RETURNING id", [name]
            ).fetchall()
            admin.execute(
                "INSERT INTO accounts_user_groups (user_id, group_id) VALUES (%s, %s)", [asha.id, group]
            )
        flag_set(name, groups=[group])

        assert flag_explain(name=name, user=asha.user).reason == "TARGETING_MATCH"
        assert flag_is_on(name=name, user=bala.user) is False

    def test_takes_a_stranger_without_a_row_for_nobody(self, db):
        flag_set(percent=100)

        said = flag_explain(name=NAME, user=type("Gone", (), {"pk": uuid7()})())

        assert (said.value, said.reason) == (False, "DEFAULT")


class TestFlagsOf:
    def test_shows_all_that_code_or_database_know(self, asha):
        flag_set("zebra", everyone=True)
        flag_gone()

        assert {NAME: False, "zebra": True}.items() <= flags_of(user=asha.user).items()


class TestUse:
    def test_is_noted_once_an_hour(self, committed, asha, monkeypatch):
        name = name_new()
        flag_set(name)

        with acting_as(asha.actor):
            flag_is_on(name=name, user=asha.user)
            inside = state_of(name).last_evaluated_at
        first = state_of(name).last_evaluated_at
        monkeypatch.setattr(evaluation._Process, "noted", {})
        flag_is_on(name=name, user=asha.user)

        assert inside is None
        assert first is not None
        assert state_of(name).last_evaluated_at == first

    def test_is_noted_of_a_request_that_is_refused(self, committed, asha):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE flags_use SET last_evaluated_at = '2026-01-01Z'")

        response = Api(asha).get("transactions/export", format="csv")

        assert response.status_code == 403
        asked_at = state_of(NAME).last_evaluated_at
        assert asked_at is not None
        assert asked_at > later(minutes=-1)

    def test_is_no_fault_of_a_request_that_it_can_not_be_noted(self, committed, asha, monkeypatch):
        def away(*args, **kwargs):
            raise OperationalError

        monkeypatch.setattr("flags.evaluation.transaction.on_commit", away)

        with reading_once():
            assert flag_is_on(name=NAME, user=asha.user) is False

    def test_is_not_noted_by_looking_at_all(self, committed, asha):
        name = name_new()
        flag_set(name)

        flags_of(user=asha.user)

        assert state_of(name).last_evaluated_at is None


class TestFlagState:
    def test_says_whom_it_is_on_for(self, asha, bala):
        flag_set(users=[asha.user, bala.user], percent="12.50", staff=True)

        state = state_of(NAME)

        assert (state.audience, state.standing(NOW)) == ("staff, 12.5 % of people, 2 people", "partly")

    @pytest.mark.parametrize(
        ("fields", "standing"),
        [({}, "off"), ({"everyone": False, "percent": 50}, "off"), ({"everyone": True}, "on"),
         ({"percent": 0}, "off"), ({"percent": 1}, "partly"),
         ({"everyone": True, "starts_at": NOW + dt.timedelta(hours=1)}, "scheduled"),
         ({"everyone": True, "expires_at": NOW}, "over")],
    )  # fmt: skip
    def test_says_in_a_word_where_it_stands(self, db, fields, standing):
        flag_set(**fields)

        assert state_of(NAME).standing(NOW) == standing

    def test_is_as_declared_where_the_database_has_none(self, db):
        flag_gone()

        state = state_of(NAME)

        assert (state.is_in_code, state.is_in_database, state.owner, state.standing(NOW)) == (
            True,
            False,
            "ledger",
            "off",
        )
        assert flag_state(name="nobody_made_this") is None


class TestFlagsListed:
    def test_takes_two_queries(self, asha, django_assert_num_queries):
        flag_set("aardvark", users=[asha.user])

        with django_assert_num_queries(2):
            names = [state.name for state in flags_listed()]

        assert {"aardvark", NAME} <= set(names)
        assert names == sorted(names)


class TestFlagHistory:
    def test_is_newest_first(self, db):
        flag_set(everyone=True, reason="because")
        flag_set(everyone=False, reason="not any more")

        first, second, *_ = flag_history(name=NAME)

        assert (first.reason, first.changes["everyone"]) == ("not any more", [True, False])
        assert (second.reason, second.actor_kind) == ("because", "command")


class TestFlagsStale:
    def problems(self, *, now=NOW):
        found = flags_stale(now=now, today=now.date())
        return {(one.name, one.problem) for one in found if not one.name.startswith("probe_")}

    def test_finds_nothing_at_first(self, db):
        assert self.problems(now=later()) == set()

    def test_finds_flags_that_only_the_code_or_only_the_database_knows(self, db):
        flag_gone()
        flag_set("nobody_asks", everyone=True)

        assert self.problems() == {(NAME, "not_in_database"), ("nobody_asks", "not_in_code")}

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [({"everyone": True, "expires_at": NOW}, "over"),
         ({"everyone": True, "expires_at": NOW + dt.timedelta(hours=24)}, "ends_soon"),
         ({"remove_on": NOW.date()}, "past_its_day"),
         ({"created": NOW - dt.timedelta(days=30)}, "unread")],
    )  # fmt: skip
    def test_finds_what_is_over_ends_or_is_unread(self, db, fields, problem):
        flag_set(**{"created": NOW} | fields)

        assert self.problems() == {(NAME, problem)}
