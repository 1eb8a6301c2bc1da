"""Who may dump: under row-level security he must see every row, or nothing is dumped; and he writes none."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg import errors

from rupaya.backups import database
from rupaya.backups.database import rows_count, snapshot_open
from rupaya.backups.errors import USAGE, BackupError
from tests.accounts.phone import session_new
from tests.architecture.database import ask
from tests.ledger.desk import record
from tests.support.scratch import scratch_database

# What it takes from a migrated database until it hides rows from who dumps, and whose.
HIDDEN = {
    "no policy": ("DROP POLICY backup_reads ON ledger_posting", "ledger_posting"),
    "a condition": ("ALTER POLICY backup_reads ON ledger_posting USING (amount_minor > 0)", "ledger_posting"),
    "another's": ("ALTER POLICY backup_reads ON ledger_book TO rupaya_sealer", "ledger_book"),
    "a policy for writing": (
        "DROP POLICY backup_reads ON ledger_book;"
        "CREATE POLICY backup_reads ON ledger_book FOR UPDATE TO rupaya_backup USING (true)",
        "ledger_book",
    ),
    "a restrictive one": (
        "CREATE POLICY few ON ledger_posting AS RESTRICTIVE FOR SELECT TO rupaya_backup USING (date > '2026-01-01')",
        "ledger_posting",
    ),
    "a restrictive one for all": (
        "CREATE POLICY few ON ledger_posting AS RESTRICTIVE USING (date > '2026-01-01')",
        "ledger_posting",
    ),
    "a month without": ("DROP POLICY backup_reads ON audit_logs_default", "audit_logs_default"),
    "a new table without": (
        "CREATE TABLE ledger_plan (id uuid); ALTER TABLE ledger_plan ENABLE ROW LEVEL SECURITY",
        "ledger_plan",
    ),
}  # fmt: skip
# What shows every row all the same.
SHOWN = {
    "for all": "ALTER POLICY backup_reads ON ledger_book TO PUBLIC",
    "for all commands": (
        "DROP POLICY backup_reads ON ledger_book;"
        "CREATE POLICY backup_reads ON ledger_book TO rupaya_backup USING (true)"
    ),
    "a restrictive one for others": (
        "CREATE POLICY few ON ledger_posting AS RESTRICTIVE FOR SELECT TO rupaya_user USING (date > '2026-01-01')"
    ),
    "a new table of tenants": (
        "CREATE TABLE ledger_plan (book_id uuid); SELECT tenant_table('ledger_plan', 'book_id')"
    ),
    "a table that is given it again": "SELECT backup_reads('ledger_book'), backup_reads('audit_logs')",
    "a new month": "SELECT audit_month_make('2044-02-01')",
}
TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
"""


@pytest.fixture
def scratch(admin_url):
    with scratch_database(admin_url, purpose="dumped") as made:
        yield made


def change(scratch, statements):
    with psycopg.connect(scratch.login("rupaya_owner")) as owner:
        owner.execute(statements)


def open_it(url):
    with snapshot_open(url=url, app_version="1.0") as snapshot:
        return snapshot


class TestSnapshotOpen:
    def test_counts_every_row_although_it_is_bound(self, committed, asha, bala, backup_url, admin_url):
        record(asha)
        session_new(bala.user)

        snapshot = open_it(backup_url)

        assert snapshot.is_bound
        assert snapshot.manifest["rows"] == rows_count(url=admin_url)
        assert snapshot.manifest["rows"]["public.accounts_session"] > 0
        assert snapshot.manifest["rows"]["public.ledger_member"] > 1

    def test_is_bound_by_nothing_for_the_administrator(self, committed, admin_url):
        assert not open_it(admin_url).is_bound

    @pytest.mark.parametrize(("statements", "table"), HIDDEN.values(), ids=HIDDEN)
    def test_refuses_and_names_the_table_where_rows_are_hidden_by(self, scratch, statements, table):
        change(scratch, statements)

        with pytest.raises(
            BackupError, match=rf"hides rows of public\.{table} from rupaya_backup"
        ) as refused:
            open_it(scratch.login("rupaya_backup"))

        assert refused.value.code == USAGE

    @pytest.mark.parametrize("statements", SHOWN.values(), ids=SHOWN)
    def test_is_content_with(self, scratch, statements):
        change(scratch, statements)

        assert open_it(scratch.login("rupaya_backup")).is_bound

    def test_counts_a_policy_of_a_role_whose_rights_it_has_and_no_other(self, scratch):
        role = f"{scratch.name}_readers"
        with psycopg.connect(scratch.admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {role}")
            try:
                change(scratch, f"ALTER POLICY backup_reads ON ledger_book TO {role}")
                url = scratch.login("rupaya_backup")
                with pytest.raises(BackupError, match=r"public\.ledger_book"):
                    open_it(url)
                admin.execute(f"GRANT {role} TO rupaya_backup")

                assert open_it(url).is_bound
            finally:
                admin.execute(f"DROP OWNED BY {role}")
                admin.execute(f"DROP ROLE {role}")

    @pytest.mark.parametrize("setting", ["on", "off"])
    def test_counts_the_same_whatever_the_login_has_set(self, committed, asha, backup_url, setting):
        record(asha)

        rows = open_it(f"{backup_url} options='-c row_security={setting}'").manifest["rows"]

        assert rows == open_it(backup_url).manifest["rows"]

    def test_refuses_where_a_policy_comes_between_the_look_and_the_count(self, scratch, monkeypatch):
        looked = database._is_bound

        def look(connection):
            monkeypatch.setattr(database, "_is_bound", looked)
            found = looked(connection)
            change(scratch, HIDDEN["a restrictive one"][0])
            return found

        monkeypatch.setattr(database, "_is_bound", look)

        with pytest.raises(BackupError, match=r"hides rows of public\.ledger_posting"):
            open_it(scratch.login("rupaya_backup"))

    def test_keeps_the_policies_as_they_are_while_it_is_open(self, scratch):
        with (
            snapshot_open(url=scratch.login("rupaya_backup"), app_version="1.0"),
            psycopg.connect(scratch.login("rupaya_owner")) as owner,
        ):
            owner.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(errors.LockNotAvailable):
                owner.execute("DROP POLICY backup_reads ON ledger_posting")
            owner.rollback()


class TestRowsCount:
    def test_counts_nothing_of_what_it_might_not_see(self, committed, asha, admin_url):
        session_new(asha.user)

        seen = rows_count(url=os.environ["DATABASE_OWNER_URL"])

        assert seen["public.accounts_session"] is None
        assert {name: many for name, many in rows_count(url=admin_url).items() if seen[name] is not None} == {
            name: many for name, many in seen.items() if many is not None
        }


class TestRupayaBackup:
    def test_reads_every_row_of_every_table(self, committed, asha, backup_url, admin_url):
        record(asha)
        session_new(asha.user)
        tables = ask(admin_url, TABLES.replace(", 'v'", ""))
        assert len(tables) > 50

        def counts(url):
            with psycopg.connect(url) as connection:
                many = "SELECT count(*) FROM {}"
                return [connection.execute(many.format(table)).fetchone() for table in tables]

        assert counts(backup_url) == counts(admin_url)

    def test_may_write_none_and_run_nothing_of_the_owners(self, committed, admin_url):
        for table in ask(admin_url, TABLES):
            rights = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
            may = ask(
                admin_url, "SELECT has_table_privilege('rupaya_backup', %s::regclass, %s)", table, rights
            )
            assert may == [False], table
        assert (
            ask(
                admin_url,
                """SELECT oid::regprocedure FROM pg_proc WHERE proowner = 'rupaya_owner'::regrole
                      AND has_function_privilege('rupaya_backup', oid, 'EXECUTE')""",
            )
            == []
        )

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM ledger_book",
            "UPDATE accounts_user SET email = ''",
            "INSERT INTO ledger_sync_mark DEFAULT VALUES",
            "TRUNCATE ledger_posting",
            "SELECT nextval('flags_change_id_seq')",
            "SELECT FROM ledger_book FOR UPDATE",
            "CREATE TABLE x ()",
            "SELECT app_books('read')",
            "SET ROLE rupaya_owner",
            "ALTER ROLE rupaya_backup BYPASSRLS",
        ],
    )
    def test_is_refused_even_in_a_transaction_that_may_write(self, committed, backup_url, statement):
        with psycopg.connect(backup_url) as connection:
            connection.execute("SET TRANSACTION READ WRITE")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)

    def test_writes_in_no_transaction_by_itself(self, committed, backup_url):
        with psycopg.connect(backup_url) as connection, pytest.raises(errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM ledger_book")
