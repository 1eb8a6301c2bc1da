"""Which database a read goes to. What a real replica does is in tests/deploy/test_local_cluster.py."""

from __future__ import annotations

import time

import psycopg
import pytest
import structlog
from django.conf import settings as project
from django.db import OperationalError, connections
from psycopg.errors import AdminShutdown, QueryCanceled

from accounts.services import session_end
from rupaya.core import clock, replica
from rupaya.core.db import Actor, SessionEnded, acting_as, rows_as_dicts
from rupaya.core.errors import Conflict
from rupaya.core.metrics import gauges_flat, metrics_text
from rupaya.core.replica import Place, Standing, place_now, read_as, replica_gauges, standing_at
from tests.accounts.phone import session_new, sessions_of
from tests.support.replica import replica_named

NOBODY = Actor(user_id=None, kind="system")


@pytest.fixture
def named(committed, monkeypatch):
    """A second way to the same database, under the replica's name; what it says of itself is up to each test."""
    with replica_named(monkeypatch):
        yield


@pytest.fixture
def stands(named, monkeypatch):
    """Will have the replica stand so from now on; how often it was asked is in what comes back."""
    asked: list[Place] = []

    def so(state):
        def said(place):
            asked.append(place)
            return Standing(state)

        monkeypatch.setattr(replica, "standing_at", said)
        return asked

    return so


def where(using):
    """What a read tells of its place: the alias, whether it may write, who acts."""
    sql = """SELECT current_setting('transaction_read_only') AS read_only,
                    current_setting('app.actor_kind', true) AS kind"""
    (row,) = rows_as_dicts(sql, {}, using=using)
    return using, row["read_only"], row["kind"]


def counted(came):
    line = f'rupaya_replica_reads_total{{came="{came}"}} '
    return sum(
        float(row.removeprefix(line)) for row in metrics_text().decode().splitlines() if row.startswith(line)
    )


class TestReadAs:
    def test_asks_the_primary_alone_where_no_replica_is_named(self, committed, django_assert_num_queries):
        with django_assert_num_queries(4):  # BEGIN, who acts, the read, COMMIT
            found = read_as(NOBODY, where)

        assert found == ("default", "off", "system")

    def test_reads_from_a_replica_that_stands_level_as_the_actor(self, stands):
        stands("level")
        before = counted("served")

        found = read_as(NOBODY, where)

        assert found == ("replica", "on", "system")
        assert counted("served") == before + 1

    def test_has_no_transaction_open_on_the_primary_meanwhile(self, stands):
        stands("level")

        found = read_as(NOBODY, lambda using: (using, connections["default"].in_atomic_block))

        assert found == ("replica", False)

    @pytest.mark.parametrize("state", ["behind", "other", "away"])
    def test_reads_from_the_primary_else(self, stands, state):
        stands(state)
        before = counted(state)

        found = read_as(NOBODY, where)

        assert found == ("default", "off", "system")
        assert counted(state) == before + 1

    def test_leaves_alone_for_a_while_what_did_not_serve_and_says_so_once_a_minute(self, stands, monkeypatch):
        asked = stands("behind")

        with structlog.testing.capture_logs() as lines:
            for _ in range(10):
                read_as(NOBODY, where)
            replica._pause.end()
            read_as(NOBODY, where)

        assert len(asked) == 2
        assert [(line["event"], line["came"]) for line in lines] == [("replica.not_serving", "behind")]

    def test_tries_again_after_the_pause(self, stands, monkeypatch):
        stands("away")
        read_as(NOBODY, where)
        stands("level")
        assert read_as(NOBODY, where)[0] == "default"
        later = time.monotonic() + replica.PAUSE_S + 1
        monkeypatch.setattr("rupaya.core.pausing.time.monotonic", lambda: later)

        assert [read_as(NOBODY, where)[0] for _ in range(3)] == ["replica"] * 3

    @pytest.mark.parametrize("fault", [AdminShutdown, psycopg.errors.SerializationFailure])
    def test_begins_anew_on_the_primary_where_the_replica_breaks_off(self, stands, fault):
        stands("level")
        before = counted("broke")

        def read(using):
            if using == "replica":
                raise OperationalError from fault()
            return where(using)

        assert read_as(NOBODY, read) == ("default", "off", "system")
        assert counted("broke") == before + 1

    def test_takes_what_took_too_long_to_nobody_else(self, stands):
        stands("level")
        tried = []

        def read(using):
            tried.append(using)
            raise OperationalError from QueryCanceled()

        with pytest.raises(OperationalError):
            read_as(NOBODY, read)
        assert tried == ["replica"]

    def test_lets_a_refusal_through(self, stands):
        stands("level")
        before = counted("served")

        def read(using):
            raise Conflict(using)

        with pytest.raises(Conflict, match="replica"):
            read_as(NOBODY, read)
        assert counted("served") == before + 1

    def test_refuses_to_write_there(self, stands):
        stands("level")

        def write(using):
            with connections[using].cursor() as cursor:
                cursor.execute("UPDATE accounts_user SET full_name = full_name")

        with pytest.raises(Exception, match="read-only transaction"):
            read_as(NOBODY, write)

    def test_asks_the_primary_whether_the_session_lives(self, stands, asha):
        stands("level")
        session_new(asha.user)
        (session,) = sessions_of(asha.user.pk)
        who = Actor(user_id=asha.user.pk, kind="user", session_id=session.pk)
        assert read_as(who, where)[0] == "replica"
        with acting_as(who):
            session_end(user_id=asha.user.pk, session_id=session.pk, now=clock.now())

        with pytest.raises(SessionEnded):
            read_as(who, where)


class TestStandingAt:
    def test_takes_no_primary_for_a_replica(self, named):
        assert standing_at(place_now()).state == "other"
        assert read_as(NOBODY, where)[0] == "default"

    def test_calls_one_away_that_nobody_reaches(self, named):
        project.DATABASES["replica"] |= {"HOST": "127.0.0.1", "PORT": "1"}

        assert standing_at(Place("0/0", 1, 1)).state == "away"
        assert read_as(NOBODY, where)[0] == "default"

    def test_waits_half_a_second_for_one_that_says_nothing_and_keeps_no_connection_to_it(
        self, named, monkeypatch
    ):
        silent = b"SELECT 'level', pg_sleep(9) WHERE $1::text || $2::text || $3::text <> ''"
        monkeypatch.setattr(replica, "_STATE_SQL", silent)

        started = time.monotonic()
        state = standing_at(Place("0/0", 1, 1)).state

        assert state == "away"
        assert replica.PROBE_S <= time.monotonic() - started < 4 * replica.PROBE_S
        assert connections["replica"].connection is None

    def test_waits_as_long_as_is_set_for_one_that_is_behind(self, named, settings, monkeypatch):
        settings.DATABASE_REPLICA_WAIT_MS = 60
        monkeypatch.setattr(replica, "_state", lambda _place: ("behind", 2.0))

        found = standing_at(Place("0/0", 1, 1))

        assert (found.state, found.age_s) == ("behind", 2.0)
        assert 0.06 <= found.waited_s < 0.6

    def test_goes_on_as_soon_as_it_is_level(self, named, settings, monkeypatch):
        settings.DATABASE_REPLICA_WAIT_MS = 5000
        says = iter(["behind", "behind", "level"])
        monkeypatch.setattr(replica, "_state", lambda _place: (next(says), 0.0))

        found = standing_at(Place("0/0", 1, 1))

        assert found.state == "level"
        assert found.waited_s < 1


class TestPlaceNow:
    def test_lies_behind_whatever_was_committed(self, named, raw):
        before = place_now()
        raw.execute("SELECT pg_current_xact_id()")
        raw.commit()

        after = place_now()

        ((is_after,),) = raw.execute("SELECT %s::pg_lsn > %s::pg_lsn", [after.lsn, before.lsn]).fetchall()
        assert is_after
        assert after[1:] == before[1:]
        assert after.timeline == 1


class TestReplicaGauges:
    def test_has_none_where_no_replica_is_named(self, committed):
        assert list(replica_gauges()) == []

    @pytest.mark.parametrize(
        ("found", "figures"),
        [(Standing("level", 0.002, 70.0), {"rupaya_replica_up": 1, "rupaya_replica_lag_seconds": 0.002}),
         (Standing("behind", 0.1, 7.0), {"rupaya_replica_up": 1, "rupaya_replica_lag_seconds": 7.0}),
         (Standing("away"), {"rupaya_replica_up": 0})],
    )  # fmt: skip
    def test_tells_how_far_it_is_behind(self, named, monkeypatch, found, figures):
        monkeypatch.setattr(replica, "standing_at", lambda _place: found)

        assert gauges_flat(replica_gauges()) == figures
