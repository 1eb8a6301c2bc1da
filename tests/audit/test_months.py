"""The log in months: each guarded as the whole, made ahead, and never in the way of a write."""

from __future__ import annotations

import datetime as dt
import os

import psycopg
import pytest
from django.db import DatabaseError
from psycopg import errors

from audit.months import months_gauges, months_make
from audit.tasks import months_make_ahead
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as, job_actor
from rupaya.core.ids import uuid7
from tests.architecture.database import ask

JOB = job_actor("probe")
MONTHS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'audit_logs'::regclass ORDER BY 1
"""
ENTRY = """
INSERT INTO audit_logs (id, actor_kind, action, resource_type, resource_id, changes, user_agent, request_id, created_at)
VALUES (%s, 'system', 'INSERT', 'probe', %s, '{}', '', '', %s) RETURNING tableoid::regclass::text
"""


@pytest.fixture
def admin(committed, admin_url):
    """An administrator whose work is undone at the end."""
    with psycopg.connect(admin_url) as connection:
        yield connection
        connection.rollback()


def write(connection, moment):
    return connection.execute(ENTRY, [uuid7(), str(uuid7()), moment]).fetchone()[0]


def month_name(ahead=0):
    now = clock.now().astimezone(dt.UTC)
    month = now.month - 1 + ahead
    return f"audit_logs_{now.year + month // 12}_{month % 12 + 1:02}"


class TestMonths:
    def test_of_this_day_and_the_next_three_are_there(self, admin_url):
        months = ask(admin_url, MONTHS)

        assert {"audit_logs_default", *(month_name(ahead) for ahead in range(4))} <= set(months)

    def test_keep_an_entry_by_its_time_in_utc(self, admin):
        admin.execute("SELECT audit_month_make('2031-05-15'), audit_month_make('2031-06-01')")

        assert write(admin, "2031-05-31 23:59:59.999999+00") == "audit_logs_2031_05"
        assert write(admin, "2031-06-01 00:00:00+00") == "audit_logs_2031_06"
        assert write(admin, "2031-06-01 01:00:00+05:30") == "audit_logs_2031_05"

    def test_that_are_not_there_lose_no_entry(self, admin):
        assert write(admin, "2041-01-01 00:00:00+00") == "audit_logs_default"

    def test_before_the_first_are_kept_in_the_first(self, admin):
        assert write(admin, "1999-01-01 00:00:00+00") == month_name()

    def test_are_all_closed_as_the_log_is(self, admin_url):
        """Whoever names a month itself passes by the log's own policies and triggers."""
        for month in ask(admin_url, MONTHS):
            (guards,) = ask(
                admin_url,
                """SELECT relrowsecurity, relforcerowsecurity,
                          (SELECT array_agg(policyname::text || roles::text ORDER BY policyname) FROM pg_policies
                            WHERE tablename = relname),
                          (SELECT array_agg(tgname::text) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal),
                          has_any_column_privilege('rupaya_user', oid, 'SELECT, INSERT, UPDATE'),
                          has_table_privilege('rupaya_user', oid, 'DELETE, TRUNCATE')
                     FROM pg_class c WHERE oid = %s::regclass""",
                month,
            )

            assert guards == (
                True, True, ["backup_reads{rupaya_backup}", "owner_reads{rupaya_owner}"],
                ["audit_logs_append_only", "audit_logs_erased_only"], False, False,
            ), month  # fmt: skip

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {} SET user_agent = ''",
            "DELETE FROM {}",
            "TRUNCATE {}",
            "UPDATE {} SET changes = '{{}}' WHERE false",
        ],
    )
    def test_are_append_only_for_the_owner_and_the_administrator(self, committed, admin_url, statement):
        for url in (os.environ["DATABASE_OWNER_URL"], admin_url):
            for month in (month_name(), "audit_logs_default"):
                with psycopg.connect(url) as connection, pytest.raises(errors.CheckViolation) as raised:
                    connection.execute(statement.format(month))
                assert raised.value.diag.constraint_name == "audit_logs_append_only"

    def test_are_out_of_the_applications_sight(self, raw):
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"SELECT FROM {month_name()}")

    def test_cost_an_entry_few_indexes(self, admin_url):
        (indexes,) = ask(
            admin_url,
            "SELECT array_agg(pg_get_indexdef(indexrelid) ORDER BY 1) FROM pg_index WHERE indrelid = %s::regclass",
            month_name(),
        )

        assert len([index for index in indexes if "btree" in index and "WHERE" not in index]) == 5
        assert len([index for index in indexes if "brin" in index]) == 1
        assert [index for index in indexes if "WHERE (about_id IS NOT NULL)" in index]


class TestMonthsMake:
    def test_makes_what_is_missing_once(self, committed, admin_url):
        with acting_as(JOB):
            made = months_make(ahead=5)
        with acting_as(JOB):
            again = months_make(ahead=5)

        assert set(made) <= {month_name(4), month_name(5)}  # none where a test before has made them
        assert again == []
        assert {month_name(4), month_name(5)} <= set(ask(admin_url, MONTHS))

    def test_wants_a_transaction(self, committed):
        with pytest.raises(RuntimeError):
            months_make(ahead=1)

    @pytest.mark.parametrize("ahead", [-1, 13, 1_000_000])
    def test_makes_a_year_at_most(self, committed, ahead):
        with pytest.raises(DatabaseError, match="at most 12 months"), acting_as(JOB):
            months_make(ahead=ahead)

    def test_is_the_applications_only_way_to_a_month(self, raw):
        for attack in (
            "SELECT audit_month_make('2050-01-01')",
            "SELECT audit_part_close('ledger_book')",
            "SELECT audit_table('accounts_user', '', 'email')",
            "CREATE TABLE audit_logs_2050_01 PARTITION OF audit_logs FOR VALUES FROM ('2050-01-01') TO ('2050-02-01')",
            f"DROP TABLE {month_name()}",
            f"ALTER TABLE audit_logs DETACH PARTITION {month_name()}",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                raw.execute(attack)
            raw.rollback()

    def test_goes_on_where_a_months_entries_are_outside_already(self, admin):
        admin.execute(f"ALTER TABLE audit_logs DETACH PARTITION {month_name(2)}")
        admin.execute(f"DROP TABLE {month_name(2)}")
        admin.execute(f"DROP TABLE {month_name(3)}")
        (beyond,) = admin.execute(
            "SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months 1 day'"
        ).fetchone()
        assert write(admin, beyond.replace(tzinfo=dt.UTC)) == "audit_logs_default"

        made = admin.execute("SELECT * FROM audit_months_make(3)").fetchall()
        state = admin.execute("SELECT outside FROM audit_months_state()").fetchone()

        assert made == [(month_name(3),)]
        assert state == (1,)

    def test_waits_for_no_writer_of_another_month(self, committed, admin_url):
        with psycopg.connect(admin_url) as writer, psycopg.connect(admin_url) as maker:
            write(writer, clock.now())
            maker.execute("SET LOCAL lock_timeout = '1s'")
            made = maker.execute("SELECT audit_month_make('2044-04-01')").fetchone()
            maker.rollback()
            writer.rollback()

        assert made == ("audit_logs_2044_04",)


class TestMonthsMakeAhead:
    def test_has_three_months_ready(self, committed):
        months_make_ahead(0)

        ahead, outside = months_gauges_read()
        assert ahead >= 3
        assert outside == 0


class TestMonthsGauges:
    def test_are_one_query(self, committed, django_assert_num_queries):
        with django_assert_num_queries(1):
            list(months_gauges())


def months_gauges_read():
    with acting_as(Actor(user_id=None, kind="system")):
        ahead, outside = months_gauges()
    return ahead.samples[0][1], outside.samples[0][1]
