"""A migration lets the release that runs go on: it expands. What takes something away is a migration of its own.

squawk looks at locks (test_migrations.py); this looks at what the code of before still asks for. A migration that
contracts says in its class, as `contracts = "…"`, since which release no code asks for what goes.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import models as on_models

# What the code of before would miss: a table, a column, a function, a right; or meet: a column that must have a value.
TAKES_AWAY = {
    "drops a table": r"\bDROP TABLE\b",
    "drops a column": r"\bDROP COLUMN\b",
    "drops a function": r"\bDROP FUNCTION\b",
    "drops a view": r"\bDROP (MATERIALIZED )?VIEW\b",
    "renames": r"\bRENAME\b",
    "changes a type": r"\bALTER COLUMN \S+ (SET DATA )?TYPE\b",
    "takes a right": r"\bREVOKE\b(?!.*\b(FROM PUBLIC|EXECUTE ON FUNCTION)\b)",
    "wants a value": r"\bALTER COLUMN \S+ SET NOT NULL\b|\bADD COLUMN (?![^;]*\bDEFAULT\b)[^,;]*\bNOT NULL\b",
}
OPERATIONS = (
    migrations.RemoveField, migrations.RenameField, migrations.DeleteModel, migrations.RenameModel,
    on_models.AlterModelTable,
)  # fmt: skip
# The last of each app that landed before this rule: the house had no people then.
BEFORE_THE_RULE = {"accounts": "0004", "audit": "0015", "flags": "0005", "ledger": "0034"}


def is_ruled(app, name):
    return name[:4] > BEFORE_THE_RULE[app]


def taken_away(sql: str, operations: Iterable[object] = ()) -> list[str]:
    """What a migration takes from the code of before."""
    bare = re.sub(r"--[^\n]*|\$(\w*)\$.*?\$\1\$", "", sql, flags=re.DOTALL)
    born = set(re.findall(r"\bCREATE TABLE (?:IF NOT EXISTS )?\"?(\w+)", bare))
    found = [
        what
        for statement in bare.split(";")
        for what, pattern in TAKES_AWAY.items()
        if re.search(pattern, statement, re.IGNORECASE | re.DOTALL)
        and not any(re.search(rf"\b{table}\b", statement) for table in born)
    ]
    return found + [type(one).__name__ for one in operations if isinstance(one, OPERATIONS)]


class TestMigrations:
    def test_expand_or_say_why_they_contract(self, committed):
        for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
            if app not in BEFORE_THE_RULE or not is_ruled(app, name):
                continue
            out = io.StringIO()
            call_command("sqlmigrate", app, name, stdout=out)

            found = taken_away(out.getvalue(), migration.operations)

            why = str(getattr(migration, "contracts", ""))
            assert why or not found, f"{app}.{name}: {found}"

    @pytest.mark.parametrize(
        "sql",
        [
            "ALTER TABLE ledger_posting DROP COLUMN line;",
            "ALTER TABLE ledger_posting RENAME COLUMN line TO number;",
            "ALTER TABLE ledger_posting ALTER COLUMN line TYPE text;",
            "ALTER TABLE ledger_posting ALTER COLUMN note SET NOT NULL;",
            "ALTER TABLE ledger_posting ADD COLUMN note text NOT NULL;",
            "DROP FUNCTION ledger_post(uuid, jsonb);",
            "REVOKE INSERT ON ledger_posting FROM rupaya_user;",
            "DROP TABLE ledger_statement;",
        ],
    )
    def test_that_take_something_away_are_seen(self, sql):
        assert taken_away(sql) != []

    @pytest.mark.parametrize(
        "sql",
        [
            "ALTER TABLE ledger_posting ADD COLUMN note text;",
            "ALTER TABLE ledger_posting ADD COLUMN note text NOT NULL DEFAULT '';",
            "CREATE TABLE ledger_budget (id uuid); REVOKE UPDATE ON ledger_budget FROM rupaya_user;",
            "REVOKE EXECUTE ON FUNCTION x() FROM rupaya_user;",
            "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DROP TABLE scratch; END $$;",
            "-- DROP TABLE ledger_posting;\nCREATE INDEX CONCURRENTLY x ON ledger_posting (line);",
        ],
    )
    def test_that_only_add_pass(self, sql):
        assert taken_away(sql) == []

    def test_by_django_that_take_something_away_are_seen(self):
        assert taken_away("", [migrations.RemoveField("posting", "line")]) == ["RemoveField"]


class TestTimeouts:
    """What each login waits for at most, asked through the doors that the product takes."""

    @pytest.mark.parametrize("alias", ["default", "owner", "sealer"])
    def test_of_a_lock_are_set_for_every_login(self, committed, alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW lock_timeout")

            assert cursor.fetchone() == ("5s",)

    def test_of_a_statement_and_of_an_idle_transaction_are_set_for_web_and_worker(self, committed):
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
            )

            assert cursor.fetchone() == ("30s", "1min")

    def test_are_the_roles_own_so_that_no_pooler_and_no_driver_can_forget_them(self, admin_url):
        with psycopg.connect(admin_url) as admin:
            found = {
                role: dict(one.split("=", 1) for one in settings)
                for role, settings in admin.execute(
                    "SELECT rolname, rolconfig FROM pg_roles WHERE rolname LIKE 'rupaya\\_%' AND rolconfig IS NOT NULL"
                )
            }

        assert found == {
            "rupaya_owner": {"lock_timeout": "5s"},
            "rupaya_user": {
                "lock_timeout": "5s",
                "statement_timeout": "30s",
                "idle_in_transaction_session_timeout": "60s",
            },
            "rupaya_sealer": {"lock_timeout": "5s", "statement_timeout": "30min"},
            "rupaya_backup": {"lock_timeout": "60s", "default_transaction_read_only": "on"},
        }

    def test_end_a_wait_of_web_and_worker(self, raw, admin_url):
        raw.execute("SET LOCAL lock_timeout = '50ms'")
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            owner.execute("LOCK TABLE ledger_statement IN ACCESS EXCLUSIVE MODE")

            with pytest.raises(psycopg.errors.LockNotAvailable):
                raw.execute("SELECT FROM ledger_statement")

            owner.rollback()
