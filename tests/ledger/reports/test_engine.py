from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import connection

from ledger.chart.models import Account
from ledger.journal.drafts import Draft
from ledger.journal.rules import Side
from ledger.journal.services import transactions_write
from ledger.reports import selectors
from ledger.reports.engine import Source, cash_read, cuts_of, moves_read
from ledger.reports.periods import Span, span_of
from ledger.reports.question import Question
from rupaya.core.db import acting_as
from rupaya.core.fiscal import months_after
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import record

FIRST = dt.date(2025, 1, 1)
MONTHS = 12
LAST = months_after(FIRST, months=MONTHS) - dt.timedelta(days=1)


@pytest.fixture
def busy(asha):
    """A year with an expense on each day."""
    cash, fuel = asha.account("Cash").pk, asha.account("Fuel").pk
    days = [FIRST + dt.timedelta(days=count) for count in range((LAST - FIRST).days + 1)]
    one = Money(100, "INR")
    with acting_as(asha.actor):
        drafts = [
            Draft(uuid7(), day, "expense", "manual", "Fuel", Side(cash, one, 100), [Side(fuel, one, 100)])
            for day in days
        ]
        transactions_write(book=asha.book, drafts=drafts)
    return asha


def postings_touched(person, read):
    """How many postings the plan of the one query that `read` makes has looked at."""
    seen = []

    def keep(execute, sql, parameters, many, context):
        seen.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with acting_as(person.actor):
        with connection.execute_wrapper(keep):
            read()
        ((sql, parameters),) = seen
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}", parameters)
            (plan,) = cursor.fetchone()
    found = json.loads(plan) if isinstance(plan, str) else plan
    return sum(_touched(found[0]["Plan"]))


def _touched(node):
    if node.get("Relation Name") == "ledger_posting":
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield round(rows * node["Actual Loops"])
    for child in node.get("Plans", []):
        yield from _touched(child)


def cash_of(person):
    """One account, so that the plan's averages are whole numbers."""
    return (person.account("Cash").pk,)


def asked(since, until, **changes):
    return Question(day=until, since=since, **changes)


class TestMovesRead:
    @pytest.mark.parametrize("by", ["month", "quarter", "fiscal_year"])
    @pytest.mark.parametrize("report", ["net_worth", "income_statement", "category_trend"])
    def test_of_whole_months_looks_at_no_posting(self, busy, report, by):
        read = getattr(selectors, f"report_{report}")

        assert postings_touched(busy, lambda: read(book=busy.book, question=asked(FIRST, LAST, by=by))) == 0

    def test_of_part_of_a_month_looks_at_its_postings_alone(self, busy):
        question = asked(dt.date(2025, 2, 11), dt.date(2025, 11, 10), by="month", account_ids=cash_of(busy))

        touched = postings_touched(
            busy, lambda: selectors.report_net_worth(book=busy.book, question=question)
        )

        assert touched == 10 + 10

    def test_of_a_day_looks_at_its_month_alone(self, busy):
        question = Question(day=dt.date(2025, 11, 10), account_ids=cash_of(busy))

        touched = postings_touched(busy, lambda: selectors.report_balances(book=busy.book, question=question))

        assert touched == 10

    def test_by_days_looks_at_the_range_and_the_days_before_it_in_its_month(self, busy):
        question = asked(dt.date(2025, 10, 6), dt.date(2025, 10, 12), by="day", account_ids=cash_of(busy))

        touched = postings_touched(
            busy, lambda: selectors.report_net_worth(book=busy.book, question=question)
        )

        assert touched == 12

    def test_of_an_account_looks_at_it_alone(self, busy):
        cash = busy.account("Cash").pk

        with acting_as(busy.actor):
            moves = moves_read(
                book=busy.book, spans=[Span(None, LAST)], source=Source(), ids=[cash], has_opening=True
            )

        assert list(moves.base) == [cash]
        assert len(moves.nodes) > 30

    def test_says_the_same_where_no_kept_total_is_seen(self, busy, bala):
        """A member from whom an unused account is hidden reads no kept totals, and misses nothing."""
        share(busy, bala)
        restrict(busy, bala, "Money lent", "hidden")
        hidden = busy.account("Money lent").pk
        spans = [span_of(dt.date(2025, 3, 15), dt.date(2025, 9, 20))]
        seen = []

        for person in (busy, bala):
            with acting_as(person.actor):
                moves = moves_read(book=busy.book, spans=spans, source=Source(), ids=None, has_opening=True)
            seen.append({account: sums for account, sums in moves.base.items() if account != hidden})

        assert seen[0] == seen[1]

    def test_shows_a_stranger_nothing(self, busy, chitra):
        with acting_as(chitra.actor):
            moves = moves_read(
                book=busy.book, spans=[Span(None, LAST)], source=Source(), ids=None, has_opening=True
            )

        assert moves.nodes == {}


class TestHistory:
    def test_is_the_same_as_now_where_nothing_changed(self, busy):
        spans = [span_of(dt.date(2025, 3, 15), dt.date(2025, 9, 20))]
        at = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)

        with acting_as(busy.actor):
            now, then = (
                moves_read(
                    book=busy.book, spans=spans, source=Source(known_at=known_at), ids=None, has_opening=True
                )
                for known_at in (None, at)
            )

        assert now == then

    def test_finds_retired_postings_through_their_own_index(self, raw, asha):
        record(asha)
        raw.execute("SET LOCAL enable_seqscan = off")
        raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])
        plan = raw.execute(
            "EXPLAIN SELECT sum(base_minor) FROM ledger_posting"
            " WHERE book_id = %s AND account_id = %s AND retired_at > now()",
            [asha.book.pk, asha.account("Cash").pk],
        ).fetchall()

        assert any("ledger_posting_retired" in line for (line,) in plan), plan


class TestCashRead:
    def test_reads_cash_and_the_other_sides_at_one_moment(self, busy, django_assert_num_queries):
        spans = [span_of(FIRST, LAST)]
        with acting_as(busy.actor), django_assert_num_queries(1):
            moves = cash_read(book=busy.book, spans=spans, source=Source(), ids=None)

        cash, fuel = busy.account("Cash").pk, busy.account("Fuel").pk
        assert (
            moves.minor(cash, spans[0], in_own=False) == -moves.minor(fuel, spans[0], in_own=False) == -36500
        )

    def test_looks_at_the_legs_of_the_ranges_transactions_alone(self, busy):
        question = asked(dt.date(2025, 5, 1), dt.date(2025, 5, 31))

        touched = postings_touched(
            busy, lambda: selectors.report_cash_flow(book=busy.book, question=question)
        )

        assert 31 * 2 <= touched <= 31 * 4  # both legs of each of May's transactions, once or twice

    def test_leaves_out_what_moved_no_cash(self, busy):
        record(busy, minor=777, on=FIRST, account_id=busy.account("Credit card").pk)
        spans = [span_of(FIRST, LAST)]

        with acting_as(busy.actor):
            moves = cash_read(book=busy.book, spans=spans, source=Source(), ids=None)
            groceries = Account.objects.get(book=busy.book, purpose="uncategorised_expense").pk

        assert moves.minor(groceries, spans[0], in_own=False) == 0


class TestCutsOf:
    def test_are_each_edge_once(self):
        spans = [span_of(FIRST, LAST), Span(None, FIRST), Span(FIRST, dt.date(2025, 6, 1))]

        assert cuts_of(spans) == [FIRST, dt.date(2025, 6, 1), dt.date(2026, 1, 1)]
