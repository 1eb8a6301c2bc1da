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
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.chaos.house import Phone
from tests.support.engines import ROOT

SCRIPT = ROOT / "deploy/local-cluster/cluster.py"
START_S = 180
LAG_S = 5  # a replica on a busy machine; some milliseconds as a rule
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
