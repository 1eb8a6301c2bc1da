"""A PostgreSQL and a Valkey behind passwords, made ready as docker-compose.yml's images do it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from rupaya.embedded import binaries
from rupaya.embedded.place import Place, place_find
from rupaya.embedded.process import ENVIRONMENT, as_account

ROOT: Final = Path(__file__).parent.parent.parent.parent
HOST: Final = "127.0.0.1"
READY_S: Final = 30.0
ROLES: Final = ("owner", "user", "sealer", "backup")
_AT_FIRST: Final = [
    "--username=rupaya_user",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
]


@dataclass(frozen=True)
class Servers:
    """Where they listen, the passwords of the roles (`admin`, `owner`, `user`, `sealer`, `backup`) and of `redis`."""

    postgres: int
    valkey: int
    passwords: dict[str, str]

    def url(self, role: str) -> str:
        """How `admin` or one of ROLES logs in to the database rupaya."""
        return f"postgresql://rupaya_{role}:{self.passwords[role]}@{HOST}:{self.postgres}/rupaya"


@contextmanager
def servers() -> Iterator[Servers]:
    """Will have both running to the end of the block: new, empty, and with the roles of deploy/compose."""
    found = Servers(
        port_free(),
        port_free(),
        {name: secrets.token_urlsafe(24) for name in ("admin", *ROLES, "redis")},
    )
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="rupaya-servers-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        place = place_find(home=home, durable=False)
        stack.enter_context(_postgres(place, found))
        stack.enter_context(_valkey(place, found))
        yield found


@contextmanager
def _postgres(place: Place, found: Servers) -> Iterator[None]:
    program = binaries.reachable_program(binaries.POSTGRES, place=place)
    data = place.engines / "data"
    password = place.engines / "password"
    password.write_text(found.passwords["admin"])
    if place.account:
        os.chown(password, place.account.uid, place.account.gid)
    made = subprocess.run(
        [program.with_name("initdb"), "-D", data, f"--pwfile={password}", *_AT_FIRST],
        cwd="/", env=ENVIRONMENT, check=False, capture_output=True, **as_account(place.account),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr.decode()
    settings = [f"listen_addresses={HOST}", f"port={found.postgres}", "unix_socket_directories=", "fsync=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    with _running([program, "-D", data, *options], place, port=found.postgres):
        _roles_make(program.with_name("psql"), found)
        yield


def _roles_make(psql: Path, found: Servers) -> None:
    """What the image of PostgreSQL does once: the database, and then what lies in docker-entrypoint-initdb.d."""
    first = f"postgresql://rupaya_user:{found.passwords['admin']}@{HOST}:{found.postgres}/"
    with _connected(f"{first}postgres") as admin:
        admin.execute("CREATE DATABASE rupaya")
    passwords = {
        "DATABASE_OWNER_PASSWORD": found.passwords["owner"],
        "DATABASE_USER_PASSWORD": found.passwords["user"],
        "DATABASE_SEALER_PASSWORD": found.passwords["sealer"],
    }
    command: list[str | Path] = [
        psql,
        "-qX",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        f"{first}rupaya",
        "-f",
        ROOT / "deploy/compose/10-roles.sql",
    ]
    made = subprocess.run(command, env=ENVIRONMENT | passwords, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


def backup_role_make(found: Servers) -> None:
    """Who dumps may log in: init.sql once more, with a password for rupaya_backup, as an operator runs it."""
    roles_make(found, admin_url=found.url("admin"))


def roles_make(found: Servers, *, admin_url: str) -> None:
    """Will run init.sql with a password for each role."""
    psql = binaries.wheel_program(binaries.POSTGRES).with_name("psql")
    words = [word for role in ROLES for word in ("-v", f"{role}_password={found.passwords[role]}")]
    command: list[str | Path] = [psql, "-qX", "-v", "ON_ERROR_STOP=1", *words, "-d", admin_url]
    made = subprocess.run(
        [*command, "-f", ROOT / "deploy/postgres/init.sql"],
        env=ENVIRONMENT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr


def _connected(url: str) -> psycopg.Connection[Any]:
    """A connection, as soon as the server takes any: it listens before it is up."""
    ends = time.monotonic() + READY_S
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


@contextmanager
def _valkey(place: Place, found: Servers) -> Iterator[None]:
    program = binaries.reachable_program(binaries.VALKEY, place=place)
    options = [
        "--bind",
        HOST,
        "--port",
        str(found.valkey),
        "--save",
        "",
        "--requirepass",
        found.passwords["redis"],
    ]
    with _running([program, *options], place, port=found.valkey):
        yield


@contextmanager
def _running(command: list[Any], place: Place, *, port: int) -> Iterator[None]:
    child = subprocess.Popen(
        command, cwd="/", env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, **as_account(place.account),
    )  # fmt: skip
    try:
        wait_for_port(port, child)
        yield
    finally:
        child.terminate()
        try:
            child.wait(READY_S)
        except subprocess.TimeoutExpired:
            child.kill()


def wait_for_port(port: int, child: subprocess.Popen[Any]) -> None:
    """Will return once somebody listens. Raises RuntimeError where the child ended, or after READY_S."""
    ends = time.monotonic() + READY_S
    while time.monotonic() < ends and child.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{child.args!r} did not listen at port {port}; its exit code is {child.poll()}")


def port_free() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def loud(sentence: str) -> None:
    """Will say it where it is seen."""
    print(sentence, file=sys.stderr, flush=True)


def environment_of(found: Servers) -> dict[str, str]:
    """What web and worker are given in production; the migration has DATABASE_OWNER_URL beside it."""
    return {
        "DATABASE_URL": found.url("user"),
        "REDIS_URL": f"redis://{HOST}:{found.valkey}/0",
        "REDIS_PASSWORD": found.passwords["redis"],
        "JWT_SECRET": secrets.token_urlsafe(48),
        "JWT_REFRESH_SECRET": secrets.token_urlsafe(48),
        "SENDGRID_API_KEY": "none",
        "FRONTEND_URL": "https://app.example.in",
        "API_BASE_URL": "https://api.example.in/v1",
        "WEB_CONCURRENCY": os.environ.get("WEB_CONCURRENCY", "2"),
    }
