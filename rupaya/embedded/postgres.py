"""PostgreSQL: made once, started without a shell, listening on a Unix socket only."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rupaya.embedded import binaries
from rupaya.embedded.place import Place, directory_claim
from rupaya.embedded.process import ENVIRONMENT, Engine, EngineError, as_account, wait_until

PORT: Final = 5432  # only a part of the socket's name: nothing listens on TCP
DATABASE: Final = "rupaya"
START_S: Final = 60.0
_SETUP_TRIES: Final = 5
_SETUP_PAUSE_S: Final = 0.5
_STOP: Final = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))  # fast, then immediate
_INIT_SQL: Final = Path(__file__).resolve().parents[2] / "deploy" / "postgres" / "init.sql"
_FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def postgres_ensure(*, place: Place, durable: bool) -> None:
    """Will have PostgreSQL running with the database and the roles of deploy/postgres/init.sql.

    The caller holds `start.lock`. Raises EngineError, OSError.
    """
    engine = _engine(place)
    if engine.is_alive() and not wait_until(lambda: _state(place) != "starting", timeout_s=START_S):
        raise engine.failure("PostgreSQL did not become ready")
    if not engine.is_alive() or _state(place) != "ready":
        postgres_stop(place=place)
        _start(engine, place, durable=durable)
    _roles_ensure(engine, place)


def postgres_stop(*, place: Place) -> None:
    """Will stop PostgreSQL where it runs: fast, and without waiting for anyone after 30 s. Raises EngineError."""
    if not _engine(place).stop(signals=_STOP):
        raise _engine(place).failure("PostgreSQL did not stop")


def _engine(place: Place) -> Engine:
    return Engine(
        program="postgres",
        marker=_data(place),
        alive=place.base / "postgres.alive",
        log=place.log / "postgres.log",
    )


def _data(place: Place) -> Path:
    return place.engines / "postgres" / "data"


def _state(place: Place) -> str:
    """starting, ready, or lost: it runs, but nobody can reach it."""
    try:
        lines = (_data(place) / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return "starting" if _data(place).is_dir() and not _socket(place).exists() else "lost"
    if len(lines) < 8 or lines[7].strip() != "ready":  # its eighth line is the state
        return "starting"
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(os.fsencode(_socket(place)))
        except OSError:
            return "lost"
    return "ready"


def _socket(place: Place) -> Path:
    return place.run / f".s.PGSQL.{PORT}"


def _start(engine: Engine, place: Place, *, durable: bool) -> None:
    program = binaries.reachable_program(binaries.POSTGRES, place=place)
    if not _data(place).is_dir():
        _data_make(program.with_name("initdb"), place, durable=durable)
    # Nothing of this engine lives, as its lock has shown: a number in these files would be somebody else's by now.
    for stale in (_data(place) / "postmaster.pid", _socket(place), Path(f"{_socket(place)}.lock")):
        stale.unlink(missing_ok=True)
    quoted = str(place.run).replace('"', '""')
    settings = [
        "listen_addresses=",
        f'unix_socket_directories="{quoted}"',
        "unix_socket_permissions=0700",
        f"port={PORT}",
        *([] if durable else _FAST),
    ]
    options = [word for setting in settings for word in ("-c", setting)]
    engine.start(
        command=[program, "-D", _data(place), *options], cwd=place.engines / "postgres", account=place.account
    )
    if not wait_until(lambda: _state(place) == "ready" or not engine.is_alive(), timeout_s=START_S):
        raise engine.failure(f"PostgreSQL did not become ready within {START_S:.0f} s")
    if not engine.is_alive():
        raise engine.failure("PostgreSQL did not start")


def _data_make(initdb: Path, place: Place, *, durable: bool) -> None:
    """Will make the data directory: under another name first, so that a cut-short one is never mistaken for whole."""
    parent = _data(place).parent
    uids = frozenset({os.geteuid()} | ({place.account.uid} if place.account else set()))
    directory_claim(parent, uids=uids)
    if place.account:
        os.chown(parent, place.account.uid, place.account.gid)
    for leftover in parent.glob("new-*"):
        shutil.rmtree(
            leftover, ignore_errors=True
        )  # an initdb whose starter was killed may still write to it
    draft = parent / f"new-{secrets.token_hex(4)}"
    # The builtin locale is the same on every machine and knows lower case beyond ASCII, unlike C.
    command: list[str | Path] = [
        initdb,
        "-D",
        draft,
        "--username=postgres",
        "--auth=trust",  # only through the socket, which only its owner can reach
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]
    made = subprocess.run(
        command,
        cwd=parent,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=START_S,
        check=False,
        umask=0o077,
        **as_account(place.account),
    )
    engine = _engine(place)
    engine.log.parent.mkdir(mode=0o700, exist_ok=True)
    with engine.log.open("ab") as log:
        log.write(made.stdout)
    if made.returncode:
        raise engine.failure("PostgreSQL could not make its data directory")
    draft.rename(_data(place))


def _roles_ensure(engine: Engine, place: Place) -> None:
    """Will run init.sql once for each start and each change of the file, and note it beside the data.

    So what a kill left half done is done at the next start.
    """
    born = "\n".join((_data(place) / "postmaster.pid").read_text().splitlines()[:3])
    wanted = hashlib.sha256(born.encode() + _INIT_SQL.read_bytes()).hexdigest()
    note = place.base / "postgres.roles"
    if note.exists() and note.read_text() == wanted:
        return
    for tries_left in reversed(range(_SETUP_TRIES)):
        try:
            _setup(engine, place)
            break
        except EngineError:
            # A start that was killed may have left its last statement running in the server: let it end.
            if not tries_left:
                raise
            time.sleep(_SETUP_PAUSE_S)
    note.write_text(wanted)


def _setup(engine: Engine, place: Place) -> None:
    names = _psql(engine, place, "postgres", ["-c", "SELECT datname FROM pg_database"])
    if DATABASE not in names.split():
        _psql(engine, place, "postgres", ["-c", f"CREATE DATABASE {DATABASE}"])
    # Nobody is asked for these: the socket's directory is what guards it. But a role should not have an empty one.
    passwords = [
        word
        for name in ("owner_password", "user_password", "sealer_password", "backup_password")
        for word in ("-v", f"{name}={secrets.token_urlsafe(24)}")
    ]
    _psql(engine, place, DATABASE, [*passwords, "-f", _INIT_SQL])


def _psql(engine: Engine, place: Place, database: str, arguments: Sequence[str | Path]) -> str:
    psql = binaries.wheel_program(binaries.POSTGRES).with_name("psql")
    options = ["-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    login: list[str | Path] = ["-h", place.run, "-p", str(PORT), "-U", "postgres", "-d", database]
    done = subprocess.run(
        [psql, *options, *login, *arguments],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=START_S,
        check=False,
    )
    if done.returncode:
        said = re.sub(r"\s+", " ", done.stderr.decode(errors="replace")).strip()
        raise EngineError(
            f"PostgreSQL refused to set up its database and roles: {said} (its log: {engine.log})"
        )
    return done.stdout.decode()
