"""A migrated database of a test's own, that may be torn down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from tests.support.engines import ROOT, TEMPLATE, login_url


@dataclass(frozen=True)
class Scratch:
    """Its name, its administrator's URL, and the environment under which `manage.py` works there."""

    name: str
    admin_url: str
    environment: dict[str, str]

    def login(self, role: str) -> str:
        """One role's URL."""
        return login_url(self.admin_url, user=role, database=self.name)

    def manage(self, code: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Will run Python in a process in which Django is set up; `call_command` is there."""
        return subprocess.run(
            [sys.executable, "-c", f"{HEAD}{code}"],
            cwd=ROOT, env=self.environment | more, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def migrate(self, *targets: Sequence[str]) -> None:
        """Will run one `manage.py migrate` a target, all in one process."""
        done = self.manage(
            "".join(f"call_command('migrate', *{tuple(one)!r}, verbosity=0)\n" for one in targets)
        )
        assert done.returncode == 0, done.stderr


_LOGINS = {
    "DATABASE_URL": "rupaya_user",
    "DATABASE_OWNER_URL": "rupaya_owner",
    "DATABASE_SEALER_URL": "rupaya_sealer",
}
HEAD = "import django; django.setup()\nfrom django.core.management import call_command\n"


@contextmanager
def scratch_database(
    admin_url: str, *, purpose: str, more: Mapping[str, str] | None = None
) -> Iterator[Scratch]:
    """A clone of the template, gone afterwards. One a worker: two may tear theirs down at the same time."""
    name = f"rupaya_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        # A clone does not inherit what init.sql gives on the database itself; trusted extensions need it.
        admin.execute(f"GRANT CREATE ON DATABASE {name} TO rupaya_owner")
    logins = {variable: login_url(admin_url, user=role, database=name) for variable, role in _LOGINS.items()}
    admin_of_scratch = login_url(admin_url, user=str(conninfo_to_dict(admin_url)["user"]), database=name)
    try:
        yield Scratch(name, admin_of_scratch, {**os.environ, **logins, **(more or {})})
    finally:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def working_in(scratch: Scratch) -> Iterator[None]:
    """Meanwhile Django, and whoever reads the environment, works in `scratch` and not in the worker's database."""
    before = {alias: settings["NAME"] for alias, settings in connections.databases.items()}
    variables = {name: os.environ[name] for name in _LOGINS}
    _turn_to(dict.fromkeys(before, scratch.name), scratch.environment)
    try:
        yield
    finally:
        _turn_to(before, variables)


def _turn_to(names: Mapping[str, str], environment: Mapping[str, str]) -> None:
    connections.close_all()
    for alias, name in names.items():
        if connections.databases[alias]["OPTIONS"].get("pool"):
            connections[alias].close_pool()  # type: ignore[attr-defined]  # of PostgreSQL alone
        connections.databases[alias]["NAME"] = name  # every thread's connection reads this very dict
    os.environ.update({name: environment[name] for name in _LOGINS})
