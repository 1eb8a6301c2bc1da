"""A migration that meets a lock lets everybody else pass, tries again, and ends."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg
import pytest

from tests.support.engines import ROOT
from tests.support.scratch import HEAD, scratch_database

APPLIED = "SELECT name FROM django_migrations WHERE app = 'ledger' AND name LIKE '003%' ORDER BY name"
QUICK = (
    "import rupaya.management.commands.migrate as door; door.PAUSES_S = (0.1,) * 4\n"
    "call_command('migrate', 'ledger', {target!r}, verbosity=0)\n"
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def before():
    """A database without the ledger's last migrations, whose owner waits for a lock only shortly."""
    from tests.conftest import ADMIN_URL

    with scratch_database(ADMIN_URL, purpose="locked") as made:
        made.migrate(("ledger", "0029"))
        with psycopg.connect(made.admin_url, autocommit=True) as admin:
            admin.execute(f"ALTER ROLE rupaya_owner IN DATABASE {made.name} SET lock_timeout = '200ms'")
        yield made


@contextmanager
def locked(database, statement):
    """Somebody's transaction that goes on and on."""
    with psycopg.connect(database.login("rupaya_owner")) as holder:
        holder.execute(statement)
        yield holder
        holder.rollback()


def applied(database):
    with psycopg.connect(database.admin_url) as admin:
        return [name for (name,) in admin.execute(APPLIED)]


READER = "LOCK TABLE ledger_transaction IN ACCESS SHARE MODE"
WRITER = "LOCK TABLE ledger_transaction IN SHARE UPDATE EXCLUSIVE MODE"


class TestMigrate:
    def test_gives_up_after_five_tries_and_has_done_nothing(self, before):
        with locked(before, READER):
            done = before.manage(QUICK.format(target="0030"))

        assert done.returncode == 1
        assert done.stderr.count("Somebody holds the lock that ledger.0030_sync needs") == 4
        assert "lock timeout" in done.stderr
        assert applied(before) == []

    def test_tries_again_until_the_lock_is_let_go(self, before):
        with locked(before, READER) as holder, subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "ledger", "0030", "--verbosity", "0"],
            cwd=ROOT, env=before.environment, stderr=subprocess.PIPE, text=True,
        ) as command:  # fmt: skip
            assert command.stderr is not None
            said = command.stderr.readline()
            holder.rollback()
            command.communicate(timeout=60)

        assert said == "Somebody holds the lock that ledger.0030_sync needs; again in 1 s.\n"
        assert command.returncode == 0
        assert applied(before) == ["0030_sync"]

    def test_lets_others_pass_while_it_waits(self, before):
        """Whoever comes behind it waits as long as it does at most, and not as long as the lock is held."""
        before.migrate(("ledger", "0029"))

        with locked(before, READER), subprocess.Popen(
            [sys.executable, "-c", HEAD + QUICK.format(target="0030")],
            cwd=ROOT, env=before.environment, stderr=subprocess.PIPE, text=True,
        ) as command:  # fmt: skip
            slowest = 0.0
            with psycopg.connect(before.login("rupaya_user"), autocommit=True) as reader:
                while command.poll() is None and slowest < 5:
                    started = time.monotonic()
                    reader.execute("SELECT count(*) FROM ledger_transaction")
                    slowest = max(slowest, time.monotonic() - started)
                    time.sleep(0.01)
            command.communicate()

        assert command.returncode == 1
        assert 0.05 < slowest < 2  # the owner waits 0.2 s here

    def test_does_not_repeat_by_itself_what_runs_outside_a_transaction(self, before):
        before.migrate(("ledger", "0031"))

        with locked(before, WRITER):
            done = before.manage(QUICK.format(target="0032"))

        assert done.returncode == 1
        assert "again in" not in done.stderr
        assert "0032_sync_index" not in applied(before)
