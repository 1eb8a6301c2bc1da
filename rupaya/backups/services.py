"""Making, proving, restoring and drilling backups."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import pyrage

from rupaya.backups.database import (
    OWNER,
    defaults_take,
    empty_check,
    rows_count,
    scratch_made,
    snapshot_open,
    url_with,
)
from rupaya.backups.envelope import SUFFIX, Written, envelope_read, envelope_write, manifest_read
from rupaya.backups.errors import USAGE, BackupError
from rupaya.backups.places import Place
from rupaya.backups.programs import Program, dump_running, program_find, reading_running, restore_running

_COPY: Final = re.compile(rb"COPY ([a-z0-9_]+)\.([a-z0-9_]+) \(.*\) FROM stdin;\n")
_END: Final = b"\\.\n"
_LINE_BYTES: Final = 1 << 16
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or read through: its name, its manifest, its dump's size and SHA-256."""

    name: str
    manifest: Mapping[str, Any]
    written: Written

    def as_json(self) -> dict[str, Any]:
        """For `--json`; the rows of all tables are added up."""
        rows: Mapping[str, int] = self.manifest["rows"]
        kept = {key: value for key, value in self.manifest.items() if key != "rows"}
        return {
            "name": self.name, **kept, "tables": len(rows), "rows": sum(rows.values()),
            "bytes": self.written.bytes, "sha256": self.written.sha256,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drill:
    """How a drill went. checks: each with its exit code and what it said."""

    backup: Backup
    restore_s: float
    checks: Mapping[str, tuple[int, str]]

    @property
    def is_well(self) -> bool:
        """Whether everything holds on the restored copy."""
        return all(code == 0 for code, _ in self.checks.values())


def name_make(now: dt.datetime) -> str:
    """The name of a backup made now; names sort by their moment."""
    return f"rupaya-{now.astimezone(dt.UTC):%Y-%m-%dT%H-%M-%SZ}{SUFFIX}"


def backup_create(
    *, place: Place, url: str, recipients: list[pyrage.x25519.Recipient], app_version: str, now: dt.datetime,
    progress: Progress,
) -> Backup:  # fmt: skip
    """Will dump one moment of the whole database into the place, encrypted, in constant memory.

    Blocks nobody but migrations. Raises BackupError, and then nothing lies under the name.
    """
    name = name_make(now)
    with (
        snapshot_open(url=url, app_version=app_version) as snapshot,
        place.writing(name) as out,
    ):
        program = program_find("pg_dump", major=snapshot.server_major)
        manifest = {**snapshot.manifest, "dump_major": program.major}
        with dump_running(program=program, url=url, snapshot=snapshot.id, is_bound=snapshot.is_bound) as dump:
            written = envelope_write(
                out, manifest=manifest, dump=dump, recipients=recipients, progress=progress
            )
    return Backup(name, manifest, written)


def backup_verify(*, place: Place, name: str, identity: pyrage.x25519.Identity) -> Backup:
    """Will read all of a backup: decrypt it, unpack every row, and count them against the manifest.

    Touches no database. Raises BackupError where anything is not as it was written.
    """
    counted: dict[str, int] = {}
    program = _restorer(place, name, identity)
    with place.reading(name) as source, reading_running(program=program) as running:
        counter = threading.Thread(target=_rows_count, args=[running.output, counted], daemon=True)
        counter.start()
        manifest, written = envelope_read(source, out=_Kept(running.input), identity=identity)
        _Kept(running.input).close()
        counter.join()
        running.end()
    wrong = _differences(manifest["rows"], counted)
    if wrong:
        raise BackupError(f"{name} does not hold the rows that its manifest says: {wrong}.")
    return Backup(name, manifest, written)


def backup_restore(*, place: Place, name: str, identity: pyrage.x25519.Identity, url: str) -> Backup:
    """Will restore a backup into an empty database, in one transaction, owned by rupaya_owner.

    It is verified first, so it is read twice. Rows are counted afterwards in the tables of which the login sees all.
    Raises BackupError; and then the database is empty still, but where the counts are what is wrong.
    """
    major = empty_check(url=url)
    backup = backup_verify(place=place, name=name, identity=identity)
    if backup.manifest["server_version"] // 10_000 > major:
        raise BackupError(f"{name} is of a PostgreSQL newer than that server's {major}.")
    defaults_take(url=url)
    with (
        place.reading(name) as source,
        restore_running(program=_restorer(place, name, identity), url=url, role=OWNER) as out,
    ):
        envelope_read(source, out=_Kept(out), identity=identity)
    wrong = _differences(backup.manifest["rows"], rows_count(url=url))
    if wrong:
        raise BackupError(f"Restored, and not the rows of the manifest: {wrong}.")
    return backup


def backup_drill(
    *, place: Place, name: str, identity: pyrage.x25519.Identity, server_url: str, now: dt.datetime,
    check: Callable[[Sequence[str], Mapping[str, str]], tuple[int, str]], commands: Sequence[Sequence[str]],
    monotonic: Callable[[], float] = time.monotonic,
) -> Drill:  # fmt: skip
    """Will restore a backup into a scratch database of a server, run commands on it, and drop it again.

    check: runs `manage.py` with words and variables, and gives its exit code and what it said. Raises BackupError.
    """
    scratch = f"rupaya_drill_{now.astimezone(dt.UTC):%Y%m%d_%H%M%S}_{secrets.token_hex(4)}"
    with scratch_made(server_url=server_url, name=scratch) as url:
        started = monotonic()
        backup = backup_restore(place=place, name=name, identity=identity, url=url)
        restore_s = monotonic() - started
        variables = {
            "DATABASE_URL": url_with(url, acting_as="rupaya_user"),
            "DATABASE_OWNER_URL": url_with(url, acting_as=OWNER),
            "DATABASE_SEALER_URL": url_with(url, acting_as="rupaya_sealer"),
        }
        checks = {" ".join(words): check(words, variables) for words in commands}
    return Drill(backup, restore_s, checks)


def backup_names_to_prune(names: Sequence[str], *, keep: int) -> list[str]:
    """All but the newest `keep`, oldest first. Raises BackupError where none would be kept."""
    if keep < 1:
        raise BackupError(f"--keep is {keep}; keep one at least.", code=USAGE)
    return sorted(names)[:-keep]


def backup_latest(place: Place, name: str) -> str:
    """A backup by its name, or the newest where it is ''. Raises BackupError."""
    names = place.names()
    if name and name not in names:
        raise BackupError(f"There is no backup {name} there; `backup list` shows what there is.")
    if not names:
        raise BackupError("There is no backup there.")
    return name or names[-1]


def _restorer(place: Place, name: str, identity: pyrage.x25519.Identity) -> Program:
    with place.reading(name) as source:
        return program_find("pg_restore", major=manifest_read(source, identity=identity).get("dump_major", 0))


@dataclass(frozen=True, slots=True)
class _Kept:
    """A program's input. Where the program has ended, it is read to the end all the same: it says itself why."""

    stream: IO[bytes]

    def write(self, data: bytes) -> int:
        try:
            self.stream.write(data)
        except (BrokenPipeError, ValueError):
            return len(data)
        return len(data)

    def close(self) -> None:
        try:
            self.stream.close()
        except BrokenPipeError:
            return


def _rows_count(output: IO[bytes], counted: dict[str, int]) -> None:
    """Will count rows by table in SQL as pg_restore writes it, in constant memory however long a row is."""
    table, is_start = "", True
    while line := output.readline(_LINE_BYTES):
        if not is_start:
            pass  # the rest of a long line
        elif not table:
            if found := _COPY.fullmatch(line):
                table = f"{found[1].decode()}.{found[2].decode()}"
                counted[table] = 0
        elif line == _END:
            table = ""
        else:
            counted[table] += 1
        is_start = line.endswith(b"\n")


def _differences(wanted: Mapping[str, int], found: Mapping[str, int | None]) -> str:
    wrong = [
        f"{table} has {found.get(table, 0)} of {wanted.get(table, 0)}"
        for table in sorted({*wanted, *found})
        if found.get(table, 0) not in {None, wanted.get(table, 0)}
    ]
    return "; ".join(wrong[:5])
