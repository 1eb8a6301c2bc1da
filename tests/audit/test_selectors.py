"""Reading the log: what its pages cost, and which index leads to them."""

from __future__ import annotations

import datetime as dt
import re

import psycopg
import pytest

from audit import selectors
from audit.filters import Filters
from audit.selectors import RUNS_MAX, SEEN_MAX, runs_page
from rupaya.core import clock
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.pagination import Cursor, PageInvalid

ROWS = 20_000
READS_ALL = re.compile(r"Seq Scan on audit_logs\S* \S+ \(actual")
# Many entries of others, spread over an hour; every hundredth is in the reader's book, every thousandth about them.
CROWD = """
INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, user_agent,
                        request_id, created_at, about_id)
SELECT audit_entry_id(substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3)), gen_random_uuid(),
       'user', 'UPDATE', 'ledger_account', gen_random_uuid()::text,
       CASE WHEN n %% 100 = 0 THEN %(book)s ELSE gen_random_uuid() END, '{"name": ["a", "b"]}', '', 'request-' || n,
       moment,
       CASE WHEN n %% 1000 = 1 THEN %(reader)s END
  FROM generate_series(1, %(rows)s) AS n,
       LATERAL (SELECT now() - interval '1 hour' + n * interval '0.1 second' AS moment) AS at
"""


ENTRIES = 3 * 2 * RUNS_MAX + 5
GOALS = """
INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, user_agent,
                        request_id, created_at)
SELECT gen_random_uuid(), %(reader)s, 'user', 'INSERT', 'ledger_goal', n::text, %(book)s, '{"name": "Car"}', '',
       {request}, clock_timestamp() FROM generate_series(1, %(rows)s) AS n
"""


def goals_written(admin_url, person, rows, *, request):
    """Entries of a table that nobody has words for, one after another; `request` is SQL over `n`."""
    with psycopg.connect(admin_url) as admin:
        asked = {"reader": person.id, "book": person.book.pk, "rows": rows}
        admin.execute(GOALS.replace("{request}", request), asked)


@pytest.fixture
def crowd(committed, asha, admin_url):
    """A superuser's connection whose open transaction holds a crowded log; it looks as Asha."""
    with psycopg.connect(admin_url) as admin:
        admin.execute(CROWD, {"book": asha.book.pk, "reader": asha.id, "rows": ROWS})
        admin.execute("ANALYZE audit_logs")
        admin.execute("SET LOCAL ROLE rupaya_user")
        admin.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])
        yield admin
        admin.rollback()


def plan(crowd, sql, asha, *, before="true", **asked):
    """The plan of a page as text, as it was executed."""
    filters = Filters(ends_before=clock.now() + dt.timedelta(minutes=1), **asked)
    wanted, parameters = filters.conditions()
    query = sql.format(columns=selectors._COLUMNS, wanted=wanted, before=before, way="DESC")
    cursor = psycopg.ClientCursor(crowd)
    numbers = {"rows": 51, "runs": 31, "shown": 10}
    cursor.execute(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {query}",
        {"reader": asha.id, **numbers, **parameters},
    )
    return "\n".join(row[0] for row in cursor.fetchall())


class TestEntriesPage:
    @pytest.mark.parametrize(
        ("index", "asked"),
        [
            ("_book", lambda asha: {"book_id": asha.book.pk}),
            ("_user", lambda asha: {"user_id": asha.id}),
            ("_resource", lambda asha: {"rows": (("ledger_account", str(asha.account("Cash").pk)),)}),
            ("_request", lambda asha: {"request_id": "request-77"}),
        ],
    )
    def test_takes_the_index_of_what_is_asked(self, crowd, asha, index, asked):
        found = plan(crowd, selectors._PAGE_SQL, asha, **asked(asha))

        assert index in found, found
        assert not READS_ALL.search(found), found

    def test_takes_an_index_for_each_door(self, crowd, asha):
        found = plan(crowd, selectors._NEAR_SQL, asha)

        assert not READS_ALL.search(found), found
        for index in ("_user", "_about", "_book"):
            assert index in found, found

    def test_looks_into_no_month_to_come(self, crowd, asha):
        found = plan(crowd, selectors._NEAR_SQL, asha)

        assert "audit_logs_default" not in found, found


class TestRunsPage:
    def test_takes_the_index_of_the_book_and_no_other(self, crowd, asha):
        found = plan(crowd, selectors._RUNS_SQL, asha, book_id=asha.book.pk)

        assert "BitmapOr" not in found, found
        assert "_user" not in found, found

        assert "_book" in found, found
        assert not READS_ALL.search(found), found

    def test_cuts_a_run_that_is_too_long_and_goes_on_with_it(self, committed, asha, admin_url):
        goals_written(admin_url, asha, SEEN_MAX + 100, request="'request-long'")
        filters = Filters(book_id=asha.book.pk)

        with acting_as(asha.actor):
            first = runs_page(reader_id=asha.id, filters=filters)
            older = runs_page(reader_id=asha.id, filters=filters, cursor=first.next)
            newer = runs_page(reader_id=asha.id, filters=filters, cursor=older.previous)

        assert [run.count for run in first.rows] == [SEEN_MAX]
        assert "".join(first.rows[0].words) == f"added {SEEN_MAX:,} goals"
        assert first.rows[0].kinds[0].hidden_count == SEEN_MAX - selectors.SHOWN_MAX
        assert older.rows[0].count == 100
        assert older.next is None
        assert [run.count for run in newer.rows] == [SEEN_MAX]
        assert newer.previous is None

    def test_has_every_entry_once_forwards_and_backwards(self, committed, asha, admin_url):
        goals_written(admin_url, asha, ENTRIES, request="'request-' || n / 3")
        filters = Filters(book_id=asha.book.pk)

        with acting_as(asha.actor):
            pages = [runs_page(reader_id=asha.id, filters=filters)]
            while pages[-1].next:
                pages.append(runs_page(reader_id=asha.id, filters=filters, cursor=pages[-1].next))
            back = [pages[-1]]
            while back[-1].previous:
                back.append(runs_page(reader_id=asha.id, filters=filters, cursor=back[-1].previous))

        forwards = [(run.at, run.count) for page in pages for run in page.rows]
        assert sum(count for _, count in forwards) == ENTRIES + 42  # and the chart, the member, the book
        assert [(run.at, run.count) for page in reversed(back) for run in page.rows] == forwards
        assert forwards == sorted(forwards, key=lambda pair: pair[0], reverse=True)

    def test_takes_a_cursor_of_its_own_kind_alone(self, asha):
        with acting_as(asha.actor), pytest.raises(PageInvalid):
            runs_page(
                reader_id=asha.id,
                filters=Filters(book_id=asha.book.pk),
                cursor=Cursor(("2026-11-23T00:00:00", str(uuid7()))),
            )
