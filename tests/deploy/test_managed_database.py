"""A database as a managed one is: its administrator is no superuser, and nobody can be let past row-level security."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import psycopg
import pytest

from rupaya.backups.database import connected, rows_count, scratch_made, url_with
from rupaya.backups.envelope import identity_read, key_make, recipients_read
from rupaya.backups.places import Folder
from rupaya.backups.services import backup_create, backup_drill, backup_restore, backup_verify
from tests.deploy.image.servers import HOST, ROOT, Servers, environment_of, roles_make, servers

NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
ROLES = "rupaya_owner, rupaya_user, rupaya_sealer, rupaya_backup"
PEOPLE = """
import django; django.setup()
from tests.support.cast import person_make
from tests.accounts.phone import session_new
session_new(person_make("Asha").user); person_make("Bala")
"""


@pytest.fixture(scope="module")
def found():
    """Servers whose database `rupaya` is the administrator's, and has no roles yet."""
    with servers() as made:
        with psycopg.connect(url_with(made.url("admin"), database="postgres"), autocommit=True) as superuser:
            superuser.execute("DROP DATABASE rupaya")
            superuser.execute(f"DROP ROLE {ROLES}")
            # As Amazon's documents say of RDS's administrator.
            superuser.execute("CREATE ROLE managed LOGIN PASSWORD 'managed' NOSUPERUSER CREATEDB CREATEROLE")
            superuser.execute("CREATE DATABASE rupaya OWNER managed")
        yield made


def administrator(found: Servers, database="rupaya"):
    return f"postgresql://managed:managed@{HOST}:{found.postgres}/{database}"


def acting(variables):
    """Who a drill's checks are, login by login."""
    asked = []
    for url in variables.values():
        with connected(url) as connection:
            asked += connection.execute("SELECT current_user::text").fetchall()
    return " ".join(name for (name,) in asked)


def manage(found: Servers, *words):
    environment = environment_of(found) | {"DATABASE_OWNER_URL": found.url("owner"), "APP_ENV": "test"}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )  # fmt: skip


class TestManagedDatabase:
    def test_migrates_once_there_is_who_dumps(self, found):
        roles_make(found, admin_url=administrator(found))
        with psycopg.connect(administrator(found)) as admin:
            admin.execute("DROP OWNED BY rupaya_backup; DROP ROLE rupaya_backup")

        early = manage(found, "manage.py", "migrate", "--verbosity", "0")
        roles_make(found, admin_url=administrator(found))
        late = manage(found, "manage.py", "migrate", "--verbosity", "0")

        assert "there is no role rupaya_backup: run deploy/postgres/init.sql again first" in early.stderr
        assert late.returncode == 0, late.stderr

    def test_is_dumped_restored_and_drilled(self, found, tmp_path):
        roles_make(found, admin_url=administrator(found))
        for words in (["manage.py", "migrate", "--verbosity", "0"], ["-c", PEOPLE]):
            done = manage(found, *words)
            assert done.returncode == 0, done.stderr
        folder, (public, private) = Folder(tmp_path), key_make()
        identity = identity_read(private)

        made = backup_create(
            place=folder, url=found.url("backup"), recipients=recipients_read([public]), app_version="1.0", now=NOW,
            progress=lambda _: None,
        )  # fmt: skip

        assert made.manifest["rows"] == rows_count(url=found.url("admin"))
        assert made.manifest["rows"]["public.accounts_session"] == 1
        assert backup_verify(place=folder, name=made.name, identity=identity) == made
        with scratch_made(server_url=administrator(found, "postgres"), name="restored") as url:
            backup_restore(place=folder, name=made.name, identity=identity, url=url)
            assert rows_count(url=url) == made.manifest["rows"]
        assert backup_drill(
            place=folder, name=made.name, identity=identity, server_url=administrator(found, "postgres"), now=NOW,
            check=lambda words, variables: (0, acting(variables)), commands=[["verify_ledger"]],
        ).checks == {"verify_ledger": (0, "rupaya_user rupaya_owner rupaya_sealer")}  # fmt: skip
