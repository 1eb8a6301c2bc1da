"""Statements are prepared after some runs, keep one plan for everybody, and show each person their own rows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.utils import DataError, IntegrityError
from django.test.utils import CaptureQueriesContext

from rupaya.core.db import acting_as, whole
from rupaya.core.ids import uuid7
from rupaya.core.prepared import ids_text, prepared_cursor, rows_prepared
from tests.ledger.desk import record
from tests.ledger.idempotency.keys import Phone

OFTEN = 12  # psycopg prepares at the second run, PostgreSQL keeps a plan after 5 more
MINE = "SELECT id FROM ledger_transaction WHERE book_id = (SELECT %(book)s::uuid) ORDER BY id"


def kept(part):
    """How often the prepared statements with this in them used a plan that was kept, and one that was made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE strpos(statement, %s) > 0",
            [part],
        )
        return cursor.fetchall()


def asked():
    """The prepared statements of this connection, and how often each was planned for its values."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, custom_plans FROM pg_prepared_statements")
        return cursor.fetchall()


class TestRowsPrepared:
    def test_gives_rows_for_values_of_every_kind(self, db):
        identity, day = uuid7(), dt.date(2026, 11, 20)

        rows = rows_prepared(
            "SELECT %(id)s, %(day)s, %(ids)s, %(text)s::text, %(number)s, %(truth)s, %(none)s::uuid",
            {"id": identity, "day": day, "ids": [identity], "text": "50% ' \\", "number": 10**15, "truth": True,
             "none": None},
        )  # fmt: skip

        assert rows == [(identity, day, [identity], "50% ' \\", 10**15, True, None)]

    def test_keeps_a_plan_when_a_statement_comes_often(self, committed):
        for number in range(OFTEN):
            assert rows_prepared("SELECT %(n)s::int AS kept_once", {"n": number}) == [(number,)]

        assert kept("kept_once") == [(OFTEN - 6, 5)]

    def test_shows_each_person_their_own_through_the_same_plan(self, committed, asha, chitra):
        made = {person: record(person) for person in (asha, chitra)}
        for _ in range(OFTEN):
            with acting_as(asha.actor):
                assert rows_prepared(MINE, {"book": asha.book.pk}) == [(made[asha],)]
        ((generic, _),) = kept("SELECT id FROM ledger_transaction WHERE book_id = (SELECT $1::uuid)")
        assert generic

        with acting_as(chitra.actor):
            assert rows_prepared(MINE, {"book": asha.book.pk}) == []
            assert rows_prepared(MINE, {"book": chitra.book.pk}) == [(made[chitra],)]

    def test_counts_as_a_query(self, db, django_assert_num_queries):
        with django_assert_num_queries(1):
            rows_prepared("SELECT 1", {})

    def test_goes_on_after_a_mistake(self, committed, asha):
        with acting_as(asha.actor):
            for number in range(OFTEN):
                with pytest.raises(DataError), whole():
                    rows_prepared("SELECT 1 / %(n)s::int", {"n": 0})
                assert rows_prepared("SELECT %(n)s::int + 1", {"n": number}) == [(number + 1,)]


class TestPreparedCursor:
    def test_takes_values_apart_from_the_text(self, db):
        assert rows_prepared("SELECT %(text)s::text", {"text": "'; DROP TABLE x --"}) == [
            ("'; DROP TABLE x --",)
        ]

    def test_tells_the_log_what_was_run_without_the_values(self, committed):
        for _ in range(OFTEN):
            with CaptureQueriesContext(connection) as queries:
                rows_prepared("SELECT %(n)s::int AS logged", {"n": 4711})

            assert [query["sql"] for query in queries] == ["SELECT $1::int AS logged"]

    def test_explains_refusals_like_any_other_cursor(self, db):
        with pytest.raises(IntegrityError), whole(), prepared_cursor() as cursor:
            cursor.execute("INSERT INTO accounts_user (id, email) VALUES (%s, %s)", [uuid7(), "x"])


class TestIdsText:
    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_is_read_as_an_array(self, db, count):
        ids = [uuid7() for _ in range(count)]

        assert rows_prepared("SELECT %(ids)s::uuid[]", {"ids": ids_text(ids)}) == [(ids,)]


class TestPlans:
    def test_of_a_posting_are_kept(self, committed, asha):
        """A plan for the values at hand that looks cheaper each time is made each time, and that costs more."""
        phone, before = Phone(asha), dict(asked())
        for number in range(2 * OFTEN):
            assert phone.post(f"wish-{number}").status_code == 201

        plans = {statement: custom for statement, custom in asked() if statement not in before}
        assert len(plans) >= 6
        assert {statement: custom for statement, custom in plans.items() if custom > 5} == {}
