"""A release goes out while people go on: no request fails, and nothing is lost or done twice.

The old code is the last one on this branch that did not have the newest migrations, out of git's history. A clone
without that history can't check it and says so.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import threading
import time

import psycopg
import pytest

from tests.architecture.test_expand_contract import is_ruled
from tests.benchmarks.cluster import Cluster, Database, environment
from tests.benchmarks.servers import PRODUCT, server
from tests.chaos.house import Phone, Writers, wait_until
from tests.support.engines import ROOT
from tests.support.scratch import scratch_database

APPS = ("accounts", "audit", "flags", "ledger")
MIGRATION = re.compile(r"^(accounts|audit|flags|ledger)/migrations/(\d{4}_\w+)\.py$")
WISHES = 8  # acknowledged in each part of the release
PART_S = 40  # at most

pytestmark = pytest.mark.slow


def git(*words, is_text=True):
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=is_text, check=False)
    return done.stdout if done.returncode == 0 else None


def release_before():
    """The commit whose code did not have the newest migrations."""
    if shutil.which("git") is None:
        return None
    paths = [f"{app}/migrations/*.py" for app in APPS]
    came = git("log", "--first-parent", "-m", "--diff-filter=A", "-1", "--format=%H", "--", *paths)
    before = came and came.strip() and git("rev-parse", "--verify", "--quiet", f"{came.strip()}^1")
    return before.strip() if before else None


def migrations_of(names):
    found = [MIGRATION.match(name) for name in names]
    return {(one[1], one[2]) for one in found if one}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The old code's folder, and the last migration of each app that it knows."""
    commit = release_before()
    if commit is None:
        pytest.skip(
            "NOT CHECKED: old and new code side by side need git and its history (a shallow clone has none)"
        )
    folder = tmp_path_factory.mktemp("old")
    # Not tarfile: its safe filter came with Python 3.11.4, and Debian has 3.11.2.
    subprocess.run(["tar", "-x"], cwd=folder, input=git("archive", commit, is_text=False), check=True)
    known = migrations_of(str(path.relative_to(folder)) for path in folder.glob("*/migrations/0*.py"))
    return folder, known


class Release:
    """One database, the old server and the new one, and phones that go on."""

    def __init__(self, database, folder):
        self.database = database
        self.home = folder
        engines = Cluster(folder, database.admin_url, os.environ["REDIS_URL"])
        one = environment(engines, Database(database.name, database.admin_url))
        self.variables = one | {
            "WEB_CONCURRENCY": "1", "WEB_THREADS": "6", "DATABASE_OWNER_URL": "", "DATABASE_SEALER_URL": "",
            "RATE_LIMIT_LOGIN": "100000/h", "RATE_LIMIT_LOGIN_ADDRESS": "100000/h",
        }  # fmt: skip

    def serve(self, root):
        return server(PRODUCT, environment=self.variables, log=self.home / "log", root=root)


@pytest.fixture
def database(admin_url):
    with scratch_database(admin_url, purpose="release") as made:
        yield made


class Readers:
    """Phones that look at what they have, again and again, until the end."""

    def __init__(self, phones):
        self.phones = phones
        self.statuses = []
        self._ends = threading.Event()

    def __enter__(self):
        self._threads = [threading.Thread(target=self._read, args=[phone]) for phone in self.phones]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Will let each finish what it is at."""
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _read(self, phone):
        for path in itertools.cycle(("/v1/transactions", "/v1/accounts", "/v1/reports/balances", "/v1/me")):
            if self._ends.is_set():
                return
            said = phone.ask("GET", path)
            self.statuses.append((said.status, path))
            time.sleep(0.02)


class TestRelease:
    def test_fails_no_request_and_loses_nothing(self, old, database, tmp_path):
        root, known = old
        news = migrations_of(str(path.relative_to(ROOT)) for path in ROOT.glob("*/migrations/0*.py")) - known
        assert news, "the release before knows every migration"
        self.schema_of_before(database, known)
        release = Release(database, tmp_path)

        with release.serve(root) as before:
            phones = [Phone(before.port, number).sign_up() for number in range(1, 5)]
            writers, readers = Writers(phones[:3]), Readers(phones[2:])
            with writers.writing(), readers:
                self.some_more(writers)
                migrating = threading.Thread(target=database.migrate, args=[()])
                migrating.start()  # old code, and the schema moves under it
                migrating.join()
                self.some_more(writers)  # old code on the new schema
                with release.serve(ROOT) as after:
                    phones[0].port = phones[2].port = after.port
                    self.some_more(writers)  # both at once
                    for phone in phones:
                        phone.port = after.port
                    self.some_more(writers)  # new code alone
                    writers.end()
                    readers.end()
                    spent = [wish for phone in phones[:3] for wish, _ in phone.spent()]

        # Migrations from before the rule locked more than one table: a request may be told to come again, and does.
        excused = set() if any(is_ruled(*one) for one in news) else {503}
        assert set(writers.statuses) <= {200, 201} | excused, writers.told()
        assert {status for status, _ in readers.statuses} <= {200} | excused, set(readers.statuses)
        assert sorted(spent) == sorted(writers.acknowledged)
        with psycopg.connect(database.admin_url) as admin:
            applied = set(admin.execute("SELECT app, name FROM django_migrations").fetchall())
        assert news <= applied
        done = database.manage("call_command('verify_ledger')")
        assert done.returncode == 0, done.stdout + done.stderr

    @staticmethod
    def schema_of_before(database, known):
        targets = [
            (app, max((name for label, name in known if label == app), default="zero"))
            for app in ("ledger", "accounts", "flags", "audit")
        ]
        database.migrate(*targets)

    @staticmethod
    def some_more(writers):
        count = len(writers.acknowledged) + WISHES
        wait_until(lambda: len(writers.acknowledged) > count, seconds=PART_S)
