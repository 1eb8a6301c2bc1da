"""From a live database into a file and back, with real programs."""

from __future__ import annotations

import datetime as dt
import os

import psycopg
import pytest

from rupaya.backups.database import connected, rows_count, scratch_made, url_with
from rupaya.backups.envelope import envelope_read, envelope_write
from rupaya.backups.errors import BackupError
from rupaya.backups.places import Folder
from rupaya.backups.programs import Program
from rupaya.backups.services import (
    backup_drill,
    backup_latest,
    backup_names_to_prune,
    backup_restore,
    backup_verify,
    name_make,
)
from tests.accounts.phone import session_new
from tests.architecture.test_sql_objects import page
from tests.ledger.desk import record
from tests.support.engines import ROOT

pytestmark = pytest.mark.usefixtures("own_database")
WHERE = "SELECT current_database(), current_user"
NEWEST = "SELECT max(created_at) FROM audit_logs WHERE book_id = %s"
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
SCRATCH = f"rupaya_restored_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture
def server_url(admin_url):
    """The administrator's login, to any database."""
    return url_with(admin_url, database="postgres")


@pytest.fixture
def empty(server_url):
    with scratch_made(server_url=server_url, name=SCRATCH) as url:
        yield url


@pytest.fixture
def recorded(committed, asha):
    """Asha has recorded an expense."""
    record(asha)
    return asha


class TestBackupCreate:
    def test_holds_every_row_although_each_book_is_hidden(self, recorded, make, folder, keys, admin_url):
        made = make()

        read = backup_verify(place=folder, name=made.name, identity=keys.identity)
        assert read == made
        assert read.manifest["rows"] == rows_count(url=admin_url)
        assert read.manifest["rows"]["public.ledger_transaction"] > 0
        assert read.manifest["migrations"]["ledger"] >= "0032"
        with psycopg.connect(admin_url) as admin:
            ((newest,),) = admin.execute(NEWEST, [recorded.book.pk]).fetchall()
        assert dt.datetime.fromisoformat(read.manifest["newest_at"]) >= newest.replace(microsecond=0)

    def test_refuses_a_login_that_would_not_see_all(self, committed, make, folder):
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            with pytest.raises(BackupError, match="a dump would leave rows out"):
                make(url=os.environ[name])

        assert folder.names() == []

    def test_holds_one_moment_while_others_write(self, recorded, make, folder, keys):
        def writes(_):
            if not more:
                more.append(record(recorded))

        more: list[object] = []
        made = make(progress=writes)

        assert more
        assert backup_verify(place=folder, name=made.name, identity=keys.identity).manifest == made.manifest

    def test_leaves_nothing_where_the_dump_fails(self, committed, make, folder, monkeypatch, tmp_path):
        program = tmp_path / "pg_dump"
        program.write_text("#!/bin/sh\nprintf PGDMP; echo 'pg_dump: error: the disk is gone' >&2; exit 1\n")
        program.chmod(0o755)
        monkeypatch.setattr("rupaya.backups.services.program_find", lambda *_, **__: Program(program, 18))

        with pytest.raises(BackupError, match="pg_dump: error: the disk is gone"):
            make()

        assert list(folder.path.iterdir()) == []

    def test_says_that_nobody_answers(self, make):
        with pytest.raises(BackupError, match="can't be reached"):
            make(url="postgresql://rupaya_backup@127.0.0.1:1/rupaya")


class TestBackupRestore:
    def test_gives_back_rows_guards_policies_rights_and_owners(
        self, recorded, make, folder, keys, empty, admin_url
    ):
        made = make()

        backup_restore(place=folder, name=made.name, identity=keys.identity, url=empty)

        assert rows_count(url=empty) == made.manifest["rows"]
        assert page(empty) == page(admin_url)
        assert _rights(empty) == _rights(admin_url)
        with connected(url_with(empty, acting_as="rupaya_user")) as stranger:
            assert stranger.execute("SELECT count(*) FROM ledger_book").fetchone() == (0,)

    @pytest.mark.parametrize("acting_as", ["", "rupaya_owner"])
    def test_gives_no_right_that_was_taken_where_init_sql_ran_before(
        self, recorded, make, folder, keys, empty, admin_url, acting_as
    ):
        session_new(recorded.user)
        made = make()
        with psycopg.connect(empty) as admin:
            for line in (ROOT / "deploy/postgres/init.sql").read_text().splitlines():
                if line.startswith("ALTER DEFAULT PRIVILEGES"):
                    admin.execute(line)

        backup_restore(
            place=folder, name=made.name, identity=keys.identity, url=url_with(empty, acting_as=acting_as)
        )

        assert _rights(empty) == _rights(admin_url)
        assert rows_count(url=empty) == made.manifest["rows"]

    def test_refuses_a_database_that_has_something(self, committed, make, folder, keys, empty):
        made = make()
        with psycopg.connect(empty) as connection:
            connection.execute("CREATE TABLE mine ()")

        with pytest.raises(
            BackupError, match="has 1 tables; a backup is only restored into an empty database"
        ):
            backup_restore(place=folder, name=made.name, identity=keys.identity, url=empty)

    def test_restores_nothing_of_a_torn_backup(self, committed, make, folder, keys, empty):
        made = make()
        path = folder.path / made.name
        path.write_bytes(path.read_bytes()[:-30])

        with pytest.raises(BackupError, match="damaged or cut off"):
            backup_restore(place=folder, name=made.name, identity=keys.identity, url=empty)

        assert rows_count(url=empty) == {}

    def test_leaves_nothing_where_it_fails_in_the_middle(self, committed, make, folder, keys, empty):
        made = make()
        with psycopg.connect(empty) as connection:
            connection.execute("CREATE TYPE public.procrastinate_job_status AS ENUM ('x')")

        with pytest.raises(BackupError, match="already exists"):
            backup_restore(place=folder, name=made.name, identity=keys.identity, url=empty)

        assert rows_count(url=empty) == {}


class TestBackupVerify:
    def test_counts_rows_against_the_manifest(self, committed, make, folder, keys):
        made = make()
        with folder.reading(made.name) as source:
            dump = _Taken()
            manifest, _ = envelope_read(source, out=dump, identity=keys.identity)
        manifest["rows"]["public.accounts_user"] += 1
        with folder.writing(made.name) as out:
            envelope_write(out, manifest=manifest, dump=iter(dump.parts), recipients=keys.recipients)

        with pytest.raises(BackupError, match=r"does not hold the rows .*accounts_user has"):
            backup_verify(place=folder, name=made.name, identity=keys.identity)

    def test_finds_what_is_no_dump(self, committed, folder, keys):
        name = name_make(NOW)
        with folder.writing(name) as out:
            envelope_write(
                out, manifest={"rows": {}}, dump=iter([b"no dump" * 99]), recipients=keys.recipients
            )

        with pytest.raises(BackupError, match="does not appear to be a valid archive"):
            backup_verify(place=folder, name=name, identity=keys.identity)


class TestBackupDrill:
    def test_checks_the_copy_and_drops_it(self, recorded, make, folder, keys, server_url):
        made = make()
        asked: list[tuple[str, ...]] = []

        def check(words, variables):
            with connected(variables["DATABASE_OWNER_URL"]) as connection:
                asked.append((*words, *connection.execute(WHERE).fetchall()[0]))
            return 0, "well"

        drill = backup_drill(
            place=folder, name=made.name, identity=keys.identity, server_url=server_url, now=NOW, check=check,
            commands=[["verify_ledger"]],
        )  # fmt: skip

        assert drill.is_well
        ((command, name, role),) = asked
        assert (command, name[:-8], role) == (
            "verify_ledger",
            "rupaya_drill_20261123_100000_",
            "rupaya_owner",
        )
        with psycopg.connect(server_url) as admin:
            left = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchall()
        assert left == []


class TestBackupNamesToPrune:
    NAMES = tuple(name_make(NOW + dt.timedelta(days=day)) for day in range(5))

    @pytest.mark.parametrize(("keep", "count"), [(1, 4), (4, 1), (5, 0), (99, 0)])
    def test_keeps_the_newest(self, keep, count):
        assert backup_names_to_prune(self.NAMES[::-1], keep=keep) == list(self.NAMES[:count])

    @pytest.mark.parametrize("keep", [0, -1])
    def test_keeps_one_at_least(self, keep):
        with pytest.raises(BackupError, match="keep one at least"):
            backup_names_to_prune(self.NAMES, keep=keep)


class TestBackupLatest:
    def test_refuses_where_there_is_none(self, folder):
        with pytest.raises(BackupError, match="There is no backup there"):
            backup_latest(folder, "")
        with pytest.raises(BackupError, match="There is no backup x there"):
            backup_latest(Folder(folder.path), "x")


class _Taken:
    def __init__(self):
        self.parts = []

    def write(self, data):
        self.parts.append(data)


RIGHTS = """
SELECT kind, name, owner, is_forced, (SELECT array_agg(one::text ORDER BY one::text) FROM unnest(acl) one) FROM (
SELECT 'table' AS kind, oid::regclass::text AS name, relowner::regrole::text AS owner, relforcerowsecurity AS is_forced,
       coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'function', p.oid::regprocedure::text, p.proowner::regrole::text, NULL,
       coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'schema', nspname, nspowner::regrole::text, NULL, nspacl
  FROM pg_namespace WHERE nspname = 'public'
UNION ALL SELECT 'default', defaclobjtype::text || ' ' || defaclnamespace::regnamespace::text,
       defaclrole::regrole::text, NULL, defaclacl FROM pg_default_acl
) rights ORDER BY 1, 2
"""


def _rights(url):
    """Who owns and may do what, in a database."""
    with psycopg.connect(url) as connection:
        return connection.execute(RIGHTS).fetchall()
