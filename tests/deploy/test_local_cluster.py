"""The cluster of deploy/local-cluster: what must be true through a pooler, on a replica, and when a web host dies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from rupaya.core.replica import PAUSE_S
from tests.chaos.house import Phone
from tests.support.engines import ROOT

SCRIPT = ROOT / "deploy/local-cluster/cluster.py"
START_S = 180
LAG_S = 5  # a replica on a busy machine; some milliseconds as a rule
WAIT_MS = 2000  # what a report waits for the replica: as long as a busy machine may need, to know who answers
ACTOR = "SELECT set_config('app.current_user_id', %s, true), set_config('app.actor_kind', 'user', true)"

pytestmark = pytest.mark.chaos  # starts a cluster of its own, and takes a web host away


@pytest.fixture(scope="module")
def cluster():
    """Where its parts are; gone afterwards."""
    if not sys.platform.startswith("linux"):
        pytest.skip("NOT CHECKED: the local cluster is for Linux")
    look = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    if look.returncode:
        pytest.skip(f"NOT CHECKED, the local cluster can't start: {look.stderr.strip()}")
    home = Path(tempfile.mkdtemp(prefix="rupaya-cluster-"))  # pytest's own folders let no other user pass
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_"))
    }
    environment["DATABASE_REPLICA_WAIT_MS"] = str(WAIT_MS)
    process = subprocess.Popen(
        [sys.executable, SCRIPT, "--home", home, "--port", str(free_port())],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    timer = threading.Timer(START_S, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    try:
        assert line, process.stderr.read()[-3000:]
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        shutil.rmtree(home, ignore_errors=True)
        assert process.returncode == 0


def free_port():
    """One with free ones after it, most likely."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return min(probe.getsockname()[1], 64000)


class Caller(Phone):
    """A phone that calls nginx."""

    def ask(self, method, path, body=None, **headers):
        return Phone.ask(self, method, path, body, **{"Host": "cluster.example.in", **headers})


@pytest.fixture(scope="module")
def people(cluster):
    port = urlsplit(cluster["url"]).port
    return [Caller(port, 100 + number).sign_up() for number in range(3)]


class TestPooler:
    def test_keeps_people_apart_while_they_share_connections(self, people):
        seen: dict[int, list[str]] = {person.number: [] for person in people}

        def day(person):
            for number in range(10):
                assert person.spend(f"{person.number}-{number}").status == 201
                said = person.ask("GET", "/v1/transactions")
                seen[person.number] += [one["description"] for one in said.body["results"]]

        threads = [threading.Thread(target=day, args=[person]) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        for person in people:
            assert len(set(seen[person.number])) == 10
            assert all(one.startswith(f"{person.number}-") for one in seen[person.number])

    def test_leaves_nobody_behind_on_a_connection(self, cluster, people):
        with psycopg.connect(cluster["admin"]) as admin:
            [(before,)] = admin.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'rupaya_user'"
            ).fetchall()
        assert before > 0

        with psycopg.connect(cluster["pooler"], autocommit=True, prepare_threshold=None) as one:
            for _ in range(20):
                row = one.execute(
                    """SELECT coalesce(current_setting('app.current_user_id', true), ''),
                              (SELECT count(*) FROM ledger_book)"""
                ).fetchone()
                assert row == ("", 0)

    def test_hands_on_what_the_role_waits_for(self, cluster):
        with psycopg.connect(cluster["pooler"], prepare_threshold=None) as one:
            row = one.execute(
                "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
            ).fetchone()

        assert row == ("5s", "30s")


class TestReplica:
    def test_shows_soon_what_was_written_and_to_whom_it_belongs_alone(self, cluster, people):
        person = people[0]
        me = person.ask("GET", "/v1/me").body["id"]
        transaction = person.spend("on-the-replica").body["id"]

        started = time.monotonic()
        with psycopg.connect(cluster["replica"]) as replica:
            found = None
            while found is None and time.monotonic() - started < LAG_S:
                replica.execute(ACTOR, [me])
                found = replica.execute(
                    "SELECT 1 FROM ledger_transaction WHERE id = %s", [transaction]
                ).fetchone()
                replica.rollback()
            replica.execute(ACTOR, ["0" * 32])
            stranger = replica.execute("SELECT count(*) FROM ledger_transaction").fetchone()

        assert found == (1,)
        assert stranger == (0,)

    def test_refuses_to_write(self, cluster):
        with (
            psycopg.connect(cluster["replica"]) as replica,
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        ):
            replica.execute("UPDATE accounts_user SET full_name = 'nobody'")


SPENT = 50_000  # paise that each wish costs
READS = (
    "SELECT coalesce(sum(seq_scan + idx_scan), 0) FROM pg_stat_user_tables WHERE relname = 'ledger_member'"
)

# Where the replica stands is asked outside a transaction, so this is the end of a report.
SERVED = """
SELECT count(*) FROM pg_stat_activity
 WHERE usename = 'rupaya_user' AND query = 'COMMIT' AND state_change > %s
"""


def spent(person):
    """What the report says that the person spent, and whether it was answered in time."""
    said = person.ask("GET", "/v1/reports/payees")
    assert said.status == 200, said
    assert said.seconds < WAIT_MS / 1000 + 3
    return said.body["results"][0]["payees"]["total_expense"]["amount_minor"]


@contextmanager
def replica_admin(cluster):
    """A superuser's connection to the replica."""
    url = cluster["replica"].replace("user=rupaya_user", "user=postgres")
    with psycopg.connect(url, autocommit=True) as admin:
        yield admin


def reads_there(cluster):
    """How often members were read on the replica; connections that rest tell it after some seconds."""
    with replica_admin(cluster) as admin:
        return admin.execute(READS).fetchone()[0]


@contextmanager
def held_back(cluster):
    """The replica takes in the log and replays none of it."""
    with replica_admin(cluster) as admin:
        admin.execute("SELECT pg_wal_replay_pause()")
        while admin.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() != ("paused",):
            time.sleep(0.05)
        try:
            yield
        finally:
            admin.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def frozen(pid):
    """A server whose every process stands still and whose machine goes on taking what is sent."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for one in (pid, *map(int, children)):
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in (pid, *map(int, children)):
            os.kill(one, signal.SIGCONT)


def served_again(cluster, people):
    """Will read until the replica has served a report to its end; it is left alone for a while after it did not."""
    with replica_admin(cluster) as admin:
        since = admin.execute("SELECT clock_timestamp()").fetchone()[0]
        time.sleep(PAUSE_S)
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            for person in people:
                spent(person)
            if admin.execute(SERVED, [since]).fetchone() != (0,):
                return True
    return False


@pytest.fixture(scope="module")
def savers(cluster):
    port = urlsplit(cluster["url"]).port
    return [Caller(port, 200 + number).sign_up() for number in range(3)]


class TestReports:
    """`/v1/reports/…`, which the replica serves where it has all that was written before."""

    def test_come_from_the_replica_with_what_was_recorded_a_moment_ago(self, cluster, savers):
        before = reads_there(cluster)
        wrong: list[tuple[int, int]] = []

        def day(person):
            for number in range(1, 21):
                assert person.spend(f"{person.number}-saves-{number}").status == 201
                if (said := spent(person)) != number * SPENT:
                    wrong.append((number, said))

        threads = [threading.Thread(target=day, args=[person]) for person in savers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert wrong == []
        ends = time.monotonic() + 60
        while reads_there(cluster) < before + 40 and time.monotonic() < ends:
            time.sleep(1)
        assert reads_there(cluster) >= before + 40  # of 60; a starved machine may keep the replica from some

    def test_are_told_to_members_alone(self, savers):
        asha, chitra = savers[0], savers[2]
        book = asha.ask("GET", "/v1/books").body["results"][0]["id"]

        assert asha.ask("GET", f"/v1/reports/payees?book_id={book}").status == 200
        assert chitra.ask("GET", f"/v1/reports/payees?book_id={book}").status == 404

    def test_come_from_the_primary_while_the_replica_is_held_back(self, cluster, savers):
        asha = savers[0]
        before = spent(asha)

        with held_back(cluster):
            for number in range(1, 9):  # four processes of the web hosts: each finds out by itself
                assert asha.spend(f"held-back-{number}").status == 201
                assert spent(asha) == before + number * SPENT

        assert served_again(cluster, savers)

    def test_are_refused_to_a_session_whose_end_the_replica_has_not_heard_of(self, cluster, savers):
        port = urlsplit(cluster["url"]).port
        leaving = Caller(port, 210).sign_up()
        spent(leaving)

        with held_back(cluster):
            assert leaving.ask("POST", "/v1/auth/logout").status == 204
            said = leaving.ask("GET", "/v1/reports/payees")

        assert said.status == 401
        assert served_again(cluster, savers)

    def test_come_from_the_primary_while_the_replica_is_frozen(self, cluster, savers):
        asha = savers[0]
        before = spent(asha)

        with frozen(cluster["pids"]["replica"]):
            for number in range(1, 9):
                assert asha.spend(f"frozen-{number}").status == 201
                assert spent(asha) == before + number * SPENT
            said = asha.ask("GET", "/health/ready")

        assert (said.status, said.body["checks"]["replica"]) == (200, "away")
        assert served_again(cluster, savers)

    def test_come_from_the_primary_when_the_replica_is_gone(self, cluster, savers):
        asha = savers[0]
        before = spent(asha)

        os.kill(
            cluster["pids"]["replica"], signal.SIGINT
        )  # it stays away: what comes after has the primary alone

        for number in range(1, 9):
            assert asha.spend(f"gone-{number}").status == 201
            assert spent(asha) == before + number * SPENT
        said = asha.ask("GET", "/health/ready")
        assert (said.status, said.body["checks"]["replica"]) == (200, "away")


class TestWebHosts:
    def test_one_that_dies_takes_no_reading_and_no_wish_with_it(self, cluster, people):
        person = people[1]
        reads: list[int] = []
        wishes: list[str] = []
        ends = threading.Event()

        def read():
            while not ends.is_set():
                reads.append(person.ask("GET", "/v1/transactions").status)

        def write():
            while not ends.is_set():
                wish = f"survives-{len(wishes)}"
                while person.spend(wish).status not in {200, 201}:  # as a phone does, with the same key
                    time.sleep(0.1)
                wishes.append(wish)

        threads = [threading.Thread(target=one) for one in (read, write)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        os.kill(cluster["pids"][f"web-{cluster['webs'][0]}"], signal.SIGTERM)
        time.sleep(4)
        ends.set()
        for thread in threads:
            thread.join()

        assert set(reads) == {200}
        spent = [wish for wish, _ in person.spent() if wish.startswith("survives-")]
        assert sorted(spent) == sorted(wishes)
