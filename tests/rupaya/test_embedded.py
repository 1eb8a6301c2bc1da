"""The embedded engines, with real engines in directories of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from rupaya import embedded
from rupaya.embedded import place as places
from rupaya.embedded import postgres, valkey
from rupaya.embedded.process import Engine, EngineError, log_last_line, wait_until

ROOT = Path(__file__).resolve().parents[2]
# Another process that uses the engines of a home until its standard input ends.
USER = """
import sys
from pathlib import Path
from rupaya.embedded import engines_ensure
engines_ensure(home=Path(sys.argv[1]), durable=False)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A short directory that every user may enter: pytest's own is closed to the engine's user."""
    path = Path(tempfile.mkdtemp(prefix="rupaya-test-", dir="/tmp")).resolve()
    path.chmod(0o755)
    yield path
    release(path)
    shutil.rmtree(path)


def release(below: Path) -> None:
    """Lets go of the engines of every home in `below`: the other tests' own must run on."""
    for hold in list(embedded._held.values()):
        if hold.home.is_relative_to(below):
            embedded.engines_release(home=hold.home)


def place_of(home: Path) -> places.Place:
    return places.place_find(home=home, durable=False)


def engines_of(home: Path) -> list[Engine]:
    place = place_of(home)
    return [postgres._engine(place), valkey._engine(place)]


def pids_of(home: Path) -> list[int]:
    return [pid for engine in engines_of(home) for pid in engine.pids()]


def kill_engines(home: Path) -> None:
    for pid in pids_of(home):
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not any(engine.is_alive() for engine in engines_of(home)), timeout_s=20)


def ensure(home: Path, *, with_valkey: bool = True, durable: bool = False) -> embedded.Engines:
    return embedded.engines_ensure(home=home, durable=durable, valkey=with_valkey)


def remember(engines: embedded.Engines) -> None:
    with psycopg.connect(str(engines.owner_url)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")


def remembered(engines: embedded.Engines) -> int:
    with psycopg.connect(str(engines.owner_url)) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    assert row
    return int(row[0])


def start_user(home: Path) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", USER, home], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert user.stdout
    assert user.stdout.readline() == "ready\n"
    return user


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=60)
    assert user.returncode == 0


class TestEnginesEnsure:
    def test_gives_logins_that_work_and_only_their_rights(self, scratch):
        engines = ensure(scratch / "var")

        for url, name in (
            (engines.database_url, "rupaya_user"),
            (engines.owner_url, "rupaya_owner"),
            (engines.sealer_url, "rupaya_sealer"),
            (engines.superuser_url, "postgres"),
        ):
            with psycopg.connect(str(url)) as connection:
                row = connection.execute(
                    "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
            assert row == (name, name == "postgres")
        with redis.Redis.from_url(str(engines.redis_url)) as client:
            assert client.ping()
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    def test_listens_on_no_port(self, scratch):
        engines = ensure(scratch / "var")

        with psycopg.connect(str(engines.superuser_url)) as connection:
            row = connection.execute("SHOW listen_addresses").fetchone()
        with redis.Redis.from_url(str(engines.redis_url)) as client:
            port = client.config_get("port")

        assert row == ("",)
        assert port == {"port": "0"}

    def test_knows_lower_case_beyond_ascii_and_checks_its_pages(self, scratch):
        engines = ensure(scratch / "var", with_valkey=False)

        with psycopg.connect(str(engines.database_url)) as connection:
            row = connection.execute("SELECT lower('ÉA'), current_setting('data_checksums')").fetchone()

        assert row == ("éa", "on")

    def test_starts_only_what_is_asked_for(self, scratch):
        engines = embedded.engines_ensure(home=scratch / "var", postgres=False, durable=False)

        assert engines.database_url is None
        assert engines.owner_url is None
        assert not (scratch / "var" / "engines" / "postgres").exists()

    def test_reuses_what_runs(self, scratch):
        ensure(scratch / "var")
        before = pids_of(scratch / "var")

        started = time.perf_counter()
        ensure(scratch / "var")
        took_s = time.perf_counter() - started

        assert len(before) == 2
        assert [os.getsid(pid) for pid in before] == before  # out of reach of Ctrl-C
        assert pids_of(scratch / "var") == before
        assert took_s < 0.1

    @pytest.mark.parametrize("name", ["d" * 120, "two words, 'quotes\" and a \\", "रुपया"])
    def test_works_in_a_path_that_is_long_or_odd(self, scratch, name):
        home = scratch / name / "var"

        engines = ensure(home)

        try:
            remember(engines)
            with redis.Redis.from_url(str(engines.redis_url)) as client:
                assert client.ping()
            assert (home / "engines" / "postgres" / "data" / "PG_VERSION").exists()
            assert place_of(home).run == place_of(home).run
            assert len(str(place_of(home).run / ".s.PGSQL.5432")) <= 107
        finally:
            release(scratch)
            if not place_of(home).run.is_relative_to(home):
                shutil.rmtree(place_of(home).run.parent)

    def test_keeps_two_homes_apart(self, scratch):
        first, second = ensure(scratch / "a"), ensure(scratch / "b")

        remember(first)

        assert len({*pids_of(scratch / "a"), *pids_of(scratch / "b")}) == 4
        with (
            psycopg.connect(str(second.owner_url)) as connection,
            pytest.raises(psycopg.errors.UndefinedTable),
        ):
            connection.execute("SELECT answer FROM kept")

    @pytest.mark.slow
    def test_keeps_the_data_when_both_engines_are_killed(self, scratch):
        remember(ensure(scratch / "var", durable=True))
        kill_engines(scratch / "var")

        engines = ensure(scratch / "var", durable=True)

        assert remembered(engines) == 42

    @pytest.mark.slow
    def test_is_not_fooled_by_stale_files_with_a_living_process_number(self, scratch):
        remember(ensure(scratch / "var", durable=True))
        place = place_of(scratch / "var")
        born = (place.engines / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
        kill_engines(scratch / "var")
        # A process of the engine's own user: PostgreSQL would take it for another PostgreSQL.
        with subprocess.Popen(
            ["sleep", "60"], user=place.account.uid if place.account else None, extra_groups=None
        ) as sleeper:
            stale = "\n".join([str(sleeper.pid), *born[1:]]) + "\n"
            (place.engines / "postgres" / "data" / "postmaster.pid").write_text(stale)
            (place.run / ".s.PGSQL.5432.lock").write_text(stale)
            (place.run / ".s.PGSQL.5432").unlink(missing_ok=True)
            (place.run / valkey.SOCKET).unlink(missing_ok=True)
            (place.run / valkey.SOCKET).touch()

            engines = ensure(scratch / "var", durable=True)

            assert remembered(engines) == 42
            assert sleeper.poll() is None
            sleeper.kill()

    def test_makes_the_data_anew_when_making_it_was_cut_short(self, scratch):
        place = place_of(scratch / "var")
        half = place.engines / "postgres" / "new-1"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n")
        if place.account:
            shutil.chown(half.parent, place.account.uid)

        engines = ensure(scratch / "var", with_valkey=False)

        remember(engines)
        assert not half.exists()

    def test_finishes_the_roles_when_that_was_cut_short(self, scratch):
        engines = ensure(scratch / "var", with_valkey=False)
        with psycopg.connect(str(engines.superuser_url), autocommit=True) as connection:
            connection.execute("DROP DATABASE rupaya")
            connection.execute("DROP ROLE rupaya_user")
        (scratch / "var" / "postgres.roles").unlink()

        again = ensure(scratch / "var", with_valkey=False)

        with psycopg.connect(str(again.database_url)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    @pytest.mark.slow
    def test_starts_again_when_the_sockets_are_gone(self, scratch):
        remember(ensure(scratch / "var"))
        shutil.rmtree(place_of(scratch / "var").run)

        engines = ensure(scratch / "var")

        assert remembered(engines) == 42

    @pytest.mark.slow
    def test_survives_the_removal_of_its_home(self, scratch):
        ensure(scratch / "var")
        before = pids_of(scratch / "var")
        shutil.rmtree(scratch / "var")

        engines = ensure(scratch / "var")

        remember(engines)
        assert not set(before) & set(pids_of(scratch / "var"))

    @pytest.mark.slow
    def test_makes_one_database_for_two_that_start_at_once(self, scratch):
        commands = [sys.executable, "-c", USER, scratch / "var"]
        both = [
            subprocess.Popen(commands, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]

        said = [user.stdout.readline() for user in both if user.stdout]

        assert said == ["ready\n", "ready\n"]
        assert len(pids_of(scratch / "var")) == 2
        for user in both:
            leave(user)

    def test_names_the_log_and_its_last_line_when_an_engine_does_not_start(self, scratch):
        ensure(scratch / "var", with_valkey=False)
        release(scratch)
        (scratch / "var" / "engines" / "postgres" / "data" / "postgresql.conf").write_text("nonsense = 1\n")

        with pytest.raises(EngineError) as refusal:
            ensure(scratch / "var", with_valkey=False)

        assert str(scratch / "var" / "log" / "postgres.log") in str(refusal.value)
        assert str(refusal.value).endswith('postgresql.conf" contains errors')


class TestEnginesRelease:
    @pytest.mark.slow
    def test_lets_the_last_one_out_stop_the_engines(self, scratch):
        first, second = start_user(scratch / "var"), start_user(scratch / "var")
        running = pids_of(scratch / "var")

        leave(first)
        after_first = pids_of(scratch / "var")
        leave(second)

        assert len(running) == 2
        assert after_first == running
        assert pids_of(scratch / "var") == []

    @pytest.mark.slow
    def test_leaves_engines_to_the_next_start_when_their_user_was_killed(self, scratch):
        user = start_user(scratch / "var")
        running = pids_of(scratch / "var")
        user.kill()
        user.communicate()

        ensure(scratch / "var")
        reused = pids_of(scratch / "var")
        release(scratch)

        assert reused == running
        assert pids_of(scratch / "var") == []

    def test_lets_go_of_one_home_and_keeps_the_others(self, scratch):
        ensure(scratch / "a", with_valkey=False)
        ensure(scratch / "b", with_valkey=False)

        embedded.engines_release(home=scratch / "a")

        assert pids_of(scratch / "a") == []
        assert len(pids_of(scratch / "b")) == 1

    def test_does_nothing_in_a_forked_child(self, scratch):
        script = (
            "import os, sys\nfrom pathlib import Path\nfrom rupaya import embedded\n"
            "embedded.engines_ensure(home=Path(sys.argv[1]), valkey=False, durable=False)\n"
            "child = os.fork()\n"
            "if child == 0:\n    embedded.engines_release()\n    os._exit(0)\n"
            "os.waitpid(child, 0)\n"
            "print('ready', flush=True)\nsys.stdin.read()\n"
        )

        with subprocess.Popen(
            [sys.executable, "-c", script, scratch / "var"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as user:
            assert user.stdout
            assert user.stdout.readline() == "ready\n"
            running = pids_of(scratch / "var")
            leave(user)

        assert len(running) == 1
        assert pids_of(scratch / "var") == []


class TestPlaceFind:
    def test_stays_in_home_where_the_engines_can_work(self, scratch):
        place = place_of(scratch / "var")

        assert place.base == scratch / "var"
        assert place.notices == ()
        assert place.account is None or place.account.uid != 0

    @pytest.mark.skipif("os.geteuid() != 0", reason="only root runs the engines as somebody else")
    @pytest.mark.slow
    def test_goes_elsewhere_when_the_engines_user_cannot_enter_and_opens_nothing(self, scratch):
        closed = scratch / "closed"
        closed.mkdir(mode=0o700)

        engines = ensure(closed / "var")

        place = place_of(closed / "var")
        try:
            remember(engines)
            assert place.base.parent == places.TEMPORARY
            assert str(closed / "var") in engines.notices[0]
            assert str(place.base) in engines.notices[0]
            assert closed.stat().st_mode & 0o777 == 0o700
        finally:
            release(scratch)
            shutil.rmtree(place.base)

    @pytest.mark.skipif("os.geteuid() == 0", reason="root may write everywhere")
    def test_goes_elsewhere_when_home_cannot_be_written(self, scratch):
        (scratch / "closed").mkdir(mode=0o500)

        place = place_of(scratch / "closed" / "var")

        assert place.base.parent == places.TEMPORARY
        assert place.notices
        shutil.rmtree(place.base)

    def test_keeps_lasting_data_out_of_directories_that_are_emptied(self):
        bases = list(places._other_bases("tag", durable=True))

        assert not any(base.is_relative_to(places.TEMPORARY) for base in bases)

    @pytest.mark.parametrize("how", ["link", "file", "stranger"])
    def test_refuses_a_directory_that_somebody_else_put_there(self, scratch, monkeypatch, how):
        monkeypatch.setattr(places, "TEMPORARY", scratch)
        home = scratch / ("d" * 120) / "var"
        place = place_of(home)
        trap = place.run.parent
        shutil.rmtree(trap)
        if how == "link":
            (scratch / "elsewhere").mkdir()
            trap.symlink_to(scratch / "elsewhere")
        elif how == "file":
            trap.touch()
        else:
            trap.mkdir()
            monkeypatch.setattr(places, "directory_claim", _as_a_stranger(trap))

        with pytest.raises(EngineError, match="is not a directory of yours"):
            place_of(home)

    def test_refuses_the_data_of_another_user(self, scratch, monkeypatch):
        place_of(scratch / "var")
        if os.geteuid() == 0:
            monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

        with pytest.raises(EngineError, match="belongs to another user"):
            place_of(scratch / "var")


def _as_a_stranger(trap: Path):
    real = places.directory_claim

    def claim(path: Path, *, uids: frozenset[int]) -> None:
        real(path, uids=frozenset({-1}) if path == trap else uids)

    return claim


class TestEnginePids:
    def test_finds_the_same_processes_without_proc(self, scratch, monkeypatch):
        ensure(scratch / "two words")
        found = pids_of(scratch / "two words")

        monkeypatch.setattr(sys, "platform", "darwin")

        assert len(found) == 2
        assert pids_of(scratch / "two words") == found


class TestEngineStop:
    def test_touches_no_process_that_only_names_the_directory(self, scratch):
        data = scratch / "data"
        data.touch()
        bystander = subprocess.Popen(["tail", "-f", data])
        engine = Engine(
            program="postgres", marker=data, alive=scratch / "alive", log=scratch / "log" / "postgres.log"
        )

        assert engine.stop(signals=[(signal.SIGKILL, 1.0)])

        with pytest.raises(subprocess.TimeoutExpired):
            bystander.wait(timeout=0.3)
        bystander.kill()
        bystander.wait()


class TestEngineStart:
    def test_caps_the_log_of_earlier_runs(self, scratch, monkeypatch):
        monkeypatch.setattr("rupaya.embedded.process.LOG_BYTES_MAX", 10)
        log = scratch / "log" / "true.log"
        log.parent.mkdir()
        log.write_text("much that was said before\n")
        engine = Engine(program="true", marker=scratch, alive=scratch / "alive", log=log)

        engine.start(command=["true"], cwd=scratch, account=None)

        assert log.read_text() == ""
        assert log.with_name("true.log.1").read_text() == "much that was said before\n"


class TestLogLastLine:
    def test_skips_empty_lines_and_bears_odd_bytes(self, scratch):
        log = scratch / "some.log"
        log.write_bytes(b"first\nlast \xff\n\n")

        assert log_last_line(log) == "last \N{REPLACEMENT CHARACTER}"

    def test_says_so_when_there_is_none(self, scratch):
        assert log_last_line(scratch / "none.log") == "(nothing)"


class TestTakesSockets:
    def test_says_no_for_a_path_beyond_the_kernels_limit(self, scratch):
        short, long = scratch, scratch / ("d" * 100)
        long.mkdir()

        assert places._takes_sockets(short)
        assert not places._takes_sockets(long)
        with socket.socket(socket.AF_UNIX) as probe, pytest.raises(OSError, match="too long"):
            probe.bind(str(long / ".s.PGSQL.5432"))
