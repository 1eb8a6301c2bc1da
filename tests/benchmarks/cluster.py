"""A PostgreSQL and a Valkey of the run's own, with durable commits, and databases by name."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from rupaya import embedded
from rupaya.embedded.process import EngineError
from tests.benchmarks.figures import say
from tests.support.engines import login_url

ROOT: Final = Path(__file__).parent.parent.parent
SQL: Final = Path(__file__).parent / "sql"
_TEMPLATE: Final = "rupaya"
# fsync and synchronous_commit stay on. Checkpoints and autovacuum would hit one side and not the other.
_SETTINGS: Final = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "max_connections": "120",
    "maintenance_work_mem": "512MB",
}


@dataclass(frozen=True, slots=True)
class Database:
    """One database and its four logins; `password` satisfies a server that asks, which this one does not."""

    name: str
    admin_url: str

    @property
    def user_url(self) -> str:
        """As web and worker log in: below row-level security."""
        return login_url(self.admin_url, user="rupaya_user", database=self.name)

    @property
    def owner_url(self) -> str:
        """As migrations log in."""
        return login_url(self.admin_url, user="rupaya_owner", database=self.name)

    @property
    def sealer_url(self) -> str:
        """As a worker that seals the audit log logs in."""
        return login_url(self.admin_url, user="rupaya_sealer", database=self.name)

    def as_admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection; each statement commits."""
        return psycopg.connect(self.admin_url, autocommit=True)

    def as_user(self) -> psycopg.Connection[Any]:
        """A connection below row-level security."""
        return psycopg.connect(self.user_url)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The engines of a run. A database is made once and then shared by the benches that name it."""

    home: Path
    admin_url: str
    redis_url: str

    def database(self, name: str, make: Callable[[Database], None], *, goes_on: bool = False) -> Database:
        """The database of that name: the one that is there, or a new one, migrated and then filled by `make`.

        goes_on: `make` goes on where it broke off, so what it left is kept.
        """
        name = f"bench_{name}"
        found = Database(name, login_url(self.admin_url, user="postgres", database=name))
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return found
            draft = f"{name}_draft"
            if not goes_on:
                admin.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft))
                )
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [draft]).fetchone():
                admin.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(draft), sql.Identifier(_TEMPLATE)
                    )
                )
            say(f"  filling the database {name} …")
            make(Database(draft, login_url(self.admin_url, user="postgres", database=draft)))
            admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
            )
            admin.execute("CHECKPOINT")
        return found

    def busy_s(self) -> float:
        """Seconds of a core that PostgreSQL has taken so far, all of its processes together. Linux only.

        Other programs on the machine hardly change this, unlike a rate.
        """
        with psycopg.connect(self.admin_url) as admin:
            row = admin.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
        assert row is not None
        return processes_busy_s(int(row[0].split()[0]))

    def drop(self, database: Database) -> None:
        """Will make room."""
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database.name)))


@contextmanager
def cluster(home: Path | None) -> Iterator[Cluster]:
    """Will have durable engines running, tuned and migrated, in a temporary home or in one that is kept.

    Raises EngineError.
    """
    place = home / schema_digest() if home else Path(tempfile.mkdtemp(prefix="rupaya-bench-"))
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o711)  # where PostgreSQL runs as another user, it must pass
    try:
        engines = embedded.engines_ensure(home=place, durable=True)
        with psycopg.connect(str(engines.superuser_url), autocommit=True) as admin:
            for name, value in _SETTINGS.items():
                admin.execute(
                    sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
                )
        embedded.engines_release(home=place)  # a restart: shared_buffers ask for one
        engines = embedded.engines_ensure(home=place, durable=True)
        found = Cluster(place, str(engines.superuser_url), str(engines.redis_url))
        _template_make(found)
        yield found
    finally:
        try:
            embedded.engines_release(home=place)
        except EngineError as error:
            say(str(error))
        if home is None:
            shutil.rmtree(place, ignore_errors=True)


def processes_busy_s(pid: int) -> float:
    """Seconds of a core that a process and its children have taken, those that ended too. Linux only (proc(5))."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ticks = sum(_ticks(pid)) + sum(sum(_ticks(int(child))[:2]) for child in children)
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> list[int]:
    """utime, stime, and both of the children that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it ended this moment; its parent has its time now
        return [0, 0, 0, 0]
    return [int(field) for field in fields[11:15]]


def schema_digest() -> str:
    """Eight digits that change when a migration or a seed does, so that a kept home never shows an old schema."""
    digest = hashlib.sha256()
    for pattern in ("*/migrations/*.py", "*/migrations/sql/*.up.sql", "tests/benchmarks/sql/*.sql"):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def environment(found: Cluster, database: Database) -> dict[str, str]:
    """The variables under which the product runs on that database, as in production."""
    with_password = (
        login_url(database.admin_url, user="rupaya_user", database=database.name) + " password=Zb7-bench-only"
    )
    (found.home / "static").mkdir(exist_ok=True)
    return {
        "APP_ENV": "production",
        "LOG_LEVEL": "info",
        "DATABASE_URL": with_password,
        "REDIS_URL": found.redis_url,
        "JWT_SECRET": "Zb7-bench-only-access-0123456789abcdef",
        "JWT_REFRESH_SECRET": "Zb7-bench-only-refresh-0123456789abcdef",
        "DATABASE_SEALER_URL": "",  # the web server's: whoever seals is given more
        "SENDGRID_API_KEY": "none",
        "FRONTEND_URL": "https://bench.example.in",
        "API_BASE_URL": "https://bench.example.in/v1",
        "STATIC_ROOT": str(found.home / "static"),
        **{
            f"RATE_LIMIT_{name}": "100000000/h" for name in ("API", "TRANSACTIONS")
        },  # counted, and never reached
        "DJANGO_SETTINGS_MODULE": "rupaya.settings",
    }


def _template_make(found: Cluster) -> None:
    env = os.environ | {
        "APP_ENV": "test",
        "LOG_LEVEL": "warning",
        "STATIC_ROOT": str(found.home),
        "REDIS_URL": found.redis_url,
        "DATABASE_URL": login_url(found.admin_url, user="rupaya_user", database=_TEMPLATE),
        "DATABASE_OWNER_URL": login_url(found.admin_url, user="rupaya_owner", database=_TEMPLATE),
        "DATABASE_SEALER_URL": "",
    }
    say("Migrating …")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True
    )  # fmt: skip
