"""Somebody makes a mistake, and the moment before it comes back: a base backup, and the log that was written since."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rupaya.embedded import binaries
from rupaya.embedded.place import place_find
from rupaya.embedded.process import ENVIRONMENT, as_account
from tests.benchmarks.cluster import Database
from tests.chaos.house import House, Phone, tell, wait_until

SLOT = "kept"
PORT = 5499  # of the copy; nothing listens on TCP


class Keeper:
    """Keeps what brings a server back: a copy of its files from a moment, and each piece of its log since then."""

    def __init__(self, house):
        self.place = place_find(home=house.engines.home, durable=True)
        self.bin = binaries.reachable_program(binaries.POSTGRES, place=self.place).parent
        self.folder = self.place.engines / "kept"
        self.base, self.wal = self.folder / "base", self.folder / "wal"
        parts = conninfo_to_dict(house.database.admin_url)
        self.login = make_conninfo(host=parts["host"], port=parts["port"], user=parts["user"])

    def run(self, name, *words):
        """A program of PostgreSQL, as the server's own user."""
        done = subprocess.run(
            [self.bin / name, *words], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=False,
            **as_account(self.place.account),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def ask(self, query):
        """What the server says of the slot."""
        with psycopg.connect(self.login, dbname="postgres", autocommit=True) as admin:
            [(said,)] = admin.execute(query, [SLOT])
            return said

    @contextmanager
    def keeping(self):
        """The log is kept as it is written, and the base is taken meanwhile."""
        for folder in (self.folder, self.wal):
            folder.mkdir(mode=0o700)
            if self.place.account:
                os.chown(folder, self.place.account.uid, self.place.account.gid)
        # Without a slot the checkpoint of the base backup may take away what a slow receiver has yet to read.
        self.ask("SELECT pg_create_physical_replication_slot(%s, true)")
        receiver = subprocess.Popen(
            [self.bin / "pg_receivewal", "--directory", self.wal, "--slot", SLOT, "--dbname", self.login],
            cwd=self.folder, env=ENVIRONMENT, stderr=subprocess.DEVNULL, **as_account(self.place.account),
        )  # fmt: skip
        try:
            wait_until(lambda: any(self.wal.iterdir()))
            self.run(
                "pg_basebackup", "--pgdata", self.base, "--wal-method=none", "--checkpoint=fast", "--no-password",
                "--no-manifest", "--dbname", self.login,
            )  # fmt: skip
            yield self
        finally:
            receiver.send_signal(signal.SIGINT)
            receiver.wait(30)
            wait_until(lambda: self.ask("SELECT NOT active FROM pg_replication_slots WHERE slot_name = %s"))
            self.ask("SELECT pg_drop_replication_slot(%s)")
            shutil.rmtree(self.folder)

    def is_kept(self, segment):
        """Whether a piece of the log is there whole."""
        return (self.wal / segment).exists()

    @contextmanager
    def brought_back(self, until):
        """A server as it was at a moment; gives how long it took."""
        (self.base / "recovery.signal").touch()
        settings = {
            "port": str(PORT), "listen_addresses": "", "restore_command": f'cp "{self.wal}/%f" "%p"',
            "recovery_target_time": until, "recovery_target_action": "promote", "shared_buffers": "128MB",
        }  # fmt: skip
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        started = time.monotonic()
        with (self.place.log / "brought_back.log").open("ab") as log:
            server = subprocess.Popen(
                [self.bin / "postgres", "-D", self.base, *words,
                 "-c", f"unix_socket_directories={self.place.run}", "-c", "unix_socket_permissions=0700"],
                cwd=self.base, env=ENVIRONMENT, stdout=log, stderr=log, **as_account(self.place.account),
            )  # fmt: skip
        try:
            wait_until(self.is_back)
            yield time.monotonic() - started
        finally:
            server.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                server.wait(30)
            server.kill()
            server.wait()

    def is_back(self):
        """Whether the copy has recovered and takes writes."""
        try:
            with psycopg.connect(self.login, port=PORT, dbname="postgres") as copy:
                return copy.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
        except psycopg.OperationalError:
            return False


@pytest.fixture
def own(house):
    """A database of its own, for a mistake that nobody else should feel."""
    database = house.engines.database("mistake", lambda _: None)
    yield House(house.engines, database)
    house.engines.drop(database)


class TestMistake:
    def test_is_undone_by_the_log_and_nothing_before_it_is_lost(self, own):
        with Keeper(own).keeping() as keeper:
            with own.web() as web:
                person = Phone(web.port, 970).sign_up()
                before = {person.spend(f"before-{number}").body["id"] for number in range(40)}
                with own.database.as_admin() as admin:
                    moment = str(admin.execute("SELECT clock_timestamp()").fetchone()[0])
                    time.sleep(0.2)
                    assert person.spend("after").status == 201
                    # The mistake: of somebody whom no guard stops.
                    admin.execute("SELECT set_config('session_replication_role', 'replica', false)")
                    admin.execute("TRUNCATE ledger_transaction CASCADE")
                    segment = admin.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()[0]
                    admin.execute("SELECT pg_switch_wal()")
            wait_until(lambda: keeper.is_kept(segment))

            with keeper.brought_back(moment) as recovery_s:
                copy = dataclasses.replace(
                    own,
                    database=Database(own.database.name, make_conninfo(own.database.admin_url, port=PORT)),
                )
                with copy.database.as_admin() as admin:
                    found = dict(
                        admin.execute("SELECT id::text, description FROM ledger_transaction").fetchall()
                    )
                verified = copy.command("verify_ledger")

        tell(
            f"brought back to the moment before a mistake in {recovery_s:.1f} s; {len(found)} transactions, none lost"
        )
        assert set(found) == before
        assert "after" not in found.values()
        assert verified.returncode == 0, verified.stdout + verified.stderr
