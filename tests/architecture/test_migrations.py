"""Migrations: complete, reversible, and careful with the locks they take."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from tests.architecture.database import ask
from tests.architecture.test_sql_objects import page
from tests.support.scratch import scratch_database

ROOT = Path(__file__).parent.parent.parent
OURS = ("accounts", "audit", "flags", "ledger")
OWN_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
   AND relname ~ '^(accounts|audit|flags|ledger)_'
"""
# squawk's rules that are left out of every migration, and why.
EXCLUDED = {
    "prefer-text-field": "the lengths are part of the contract, and shortening one is a migration of its own.",
    "prefer-bigint-over-int": "counters of sign-ins and rows; money and keys are 64 bits or UUIDs.",
    "prefer-bigint-over-smallint": "a month of the year.",
    "require-statement-timeout": "a migration may take as long as it needs; what it must not do is wait for a lock.",
    "require-lock-timeout": "set on the role rupaya_owner, for every migration at once.",
}
# Rules that don't apply where the same migration, or the one before the first data, makes the table.
AT_BIRTH = {
    "constraint-missing-not-valid": "the tables were empty.",
    "adding-foreign-key-constraint": "the tables were empty.",
    "disallowed-unique-constraint": "the tables were empty.",
    "require-concurrent-index-creation": "the tables were empty.",
}
BORN = {
    ("accounts", "0001_initial"),
    ("audit", "0001_initial"),
    ("flags", "0001_initial"),
    ("flags", "0003_audience"),  # a row a switch
    ("flags", "0004_changes"),
    ("ledger", "0001_initial"),
    ("ledger", "0002_tenancy"),
    ("ledger", "0004_statement_guards"),
    ("ledger", "0014_books"),  # and one check on ledger_book: a row a household
    ("ledger", "0015_attachments"),
}
# Rules that one migration is excused from, and why.
ALONE = {
    "prefer-robust-stmts": "statement by statement: no lock outlives its own, and a rerun names what is there already."
}
EXCUSED = {
    ("audit", "0007_months"): {
        "changing-column-type": "longer than before: no row is written anew.",
        "renaming-table": "its name is another table's, of the same columns, in the same transaction.",
        "renaming-object": "an index's name is asked by no client.",
        "ban-drop-constraint": "a key that holds the time takes its place in the same transaction.",
        "ban-drop-function": "what migrations call; the new one takes the same arguments.",
    },
    ("flags", "0003_audience"): {
        "ban-drop-column": "no code asked for them; a process of before finds its flags unreadable, which is off.",
        "ban-drop-constraint": "a stricter one comes in the same statement's transaction.",
        "ban-drop-default": "they only filled the rows that were there.",
        "changing-column-type": "a row a switch: written anew at once.",
    },
    ("audit", "0011_seals"): {
        "adding-field-with-default": "pg_current_xact_id() is stable: it is asked once, and no row is written anew.",
        "require-concurrent-index-creation": "BRIN: one quick scan, and a partitioned table takes no concurrent one.",
    },
    ("ledger", "0005_versions"): {
        "adding-field-with-default": "statement_timestamp() is stable: it is asked once, and no row is written anew."
    },
    ("ledger", "0007_version_guards"): {
        "ban-drop-constraint": "the date in it would bind a superseded leg to today's date; guards ask for it instead.",
        "ban-drop-function": "a trigger's function; no client calls it.",
    },
    ("ledger", "0008_version_constraints"): {
        "ban-drop-constraint": "of this very migration: it only saves NOT NULL from reading the table under its lock.",
        **ALONE,
    },
    ("ledger", "0009_version_indexes"): ALONE,
    ("ledger", "0011_search_text"): ALONE,
    ("ledger", "0012_search_tags"): ALONE,
    ("ledger", "0017_retired_index"): ALONE,
    ("ledger", "0024_posting_guards"): {
        "ban-drop-constraint": "checks come back with fewer words; what a total counts holds its account."
    },
    ("ledger", "0027_change_limits"): {
        "ban-drop-constraint": "in the one statement that puts a wider one in its place.",
        **ALONE,
    },
    ("ledger", "0032_sync_index"): ALONE,
    ("ledger", "0033_posting_once"): {
        "ban-drop-constraint": "guards of the same migration take their place; a key is implied by others.",
        "ban-drop-function": "triggers' functions, and what those call; no client does.",
    },
}


@pytest.fixture(scope="module")
def loader():
    return MigrationLoader(None)


@pytest.fixture
def scratch(admin_url):
    """A migrated database that may be torn down."""
    with scratch_database(admin_url, purpose="scratch") as made:
        yield made


class TestMigrations:
    def test_say_everything_that_the_models_say(self, committed):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    def test_have_a_way_back(self, loader):
        operations = [
            operation
            for (app, _), migration in loader.disk_migrations.items()
            if app in OURS
            for operation in migration.operations
        ]

        assert any(isinstance(operation, RunSQL) for operation in operations)
        for operation in operations:
            if isinstance(operation, RunSQL):
                assert operation.reverse_sql not in {None, ""}
            if isinstance(operation, RunPython):
                assert operation.reverse_code is not None

    def test_say_why_on_top_or_were_written_by_django(self):
        for app in OURS:
            for path in (ROOT / app / "migrations").glob("[0-9]*.py"):
                assert path.read_text().startswith(('"""WHY: ', "# Generated by Django")), path.name

    def test_have_no_sql_without_its_migration(self, loader):
        for app in OURS:
            for path in (ROOT / app / "migrations" / "sql").glob("*"):
                stem, direction, suffix = path.name.split(".")
                assert (app, stem) in loader.disk_migrations
                assert (direction, suffix) in {("up", "sql"), ("down", "sql")}
                assert path.with_name(f"{stem}.up.sql").exists()
                assert path.with_name(f"{stem}.down.sql").exists()

    def test_come_down_to_zero_and_up_again_the_same(self, scratch):
        url = scratch.admin_url
        before = page(url)

        # The roof first.
        scratch.migrate(("ledger", "zero"), ("accounts", "zero"), ("flags", "zero"), ("audit", "zero"))
        torn_down, left = page(url), ask(url, OWN_TABLES)
        scratch.migrate(())

        assert left == []
        assert "CREATE" not in torn_down
        assert page(url) == before


class TestLogInMonths:
    def test_keeps_every_entry_on_the_way_back_and_on_the_way_there(self, scratch):
        url = scratch.admin_url
        write = """INSERT INTO audit_logs
                     (id, actor_kind, action, resource_type, resource_id, changes, user_agent, request_id, created_at)
                   VALUES (gen_random_uuid(), 'system', %s, 'probe', %s, '{}', '', '', now() + %s::interval)"""
        kept = "SELECT resource_id FROM audit_logs WHERE resource_type = 'probe' ORDER BY 1"
        with psycopg.connect(url) as admin:
            admin.execute(write, ["INSERT", "a-year-ago", "-1 year"])
            admin.execute(write, ["REFRESH_REPLAYED", "now", "0"])

        scratch.migrate(("audit", "0005"))
        whole = ask(url, "SELECT relkind::text FROM pg_class WHERE oid = 'audit_logs'::regclass")
        back = ask(url, kept)
        with psycopg.connect(url) as admin:
            admin.execute(write, ["INSERT", "meanwhile", "0"])
        scratch.migrate(("audit",))

        assert whole == ["r"]
        assert back == ["a-year-ago", "now"]
        assert ask(url, kept) == ["a-year-ago", "meanwhile", "now"]


def squawk(sql: str, rules_excluded) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "squawk", "--pg-version", "15", "--reporter", "gcc",
         "--exclude", ",".join(rules_excluded)],
        input=sql, capture_output=True, text=True, check=False,
    )  # fmt: skip


def wrapped(sql: str) -> str:
    """As sqlmigrate writes it."""
    return f"BEGIN;\n{sql}\nCOMMIT;\n"


class TestSquawk:
    @pytest.mark.parametrize("app", OURS)
    def test_finds_no_lock_that_a_customer_would_feel(self, committed, loader, app):
        for name in sorted(name for label, name in loader.disk_migrations if label == app):
            out = io.StringIO()
            call_command("sqlmigrate", app, name, stdout=out)

            excused = (AT_BIRTH if (app, name) in BORN else {}).keys() | EXCUSED.get((app, name), {}).keys()
            done = squawk(out.getvalue(), EXCLUDED.keys() | excused)

            assert done.returncode == 0, done.stdout + done.stderr

    def test_sees_a_migration_that_would_stop_the_house(self):
        assert (
            squawk(
                wrapped("ALTER TABLE ledger_posting ADD CONSTRAINT x CHECK (line > 0);"), EXCLUDED
            ).returncode
            == 1
        )
        assert squawk(wrapped("CREATE INDEX x ON ledger_posting (line);"), EXCLUDED).returncode == 1

    def test_lets_a_careful_one_pass(self):
        assert squawk(wrapped("ALTER TABLE ledger_posting ADD COLUMN note text;"), EXCLUDED).returncode == 0
