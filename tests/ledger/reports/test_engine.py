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
from tests.ledger.journal.changing import act

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

    @pytest.mark.parametrize(("start_day", "postings"), [(1, 0), (15, 12 * 14)])
    def test_of_the_overview_looks_at_the_months_that_the_households_divide(self, busy, start_day, postings):
        busy.book.month_start_day = start_day

        touched = postings_touched(busy, lambda: selectors.overview_at(book=busy.book, today=LAST))

        assert postings <= touched <= 4 * postings  # of both legs, and rounded account by account

    def test_of_part_of_a_month_looks_at_its_postings_alone(self, busy):
        question = asked(dt.date(2025, 2, 11), dt.date(2025, 11, 10), by="month", account_ids=cash_of(busy))

        touched = postings_touched(
            busy, lambda: selectors.report_net_worth(book=busy.book, question=question)
        )

        assert touched == 10 + 10

    @pytest.mark.parametrize(("day", "postings"), [(1, 1), (10, 10), (15, 15), (16, 14), (29, 1), (30, 0)])
    def test_of_a_day_looks_at_the_shorter_part_of_its_month(self, busy, day, postings):
        question = Question(day=dt.date(2025, 11, day), account_ids=cash_of(busy))

        touched = postings_touched(busy, lambda: selectors.report_balances(book=busy.book, question=question))

        assert touched == postings

    @pytest.mark.parametrize("since", [dt.date(2025, 5, 3), dt.date(2025, 5, 28)])
    @pytest.mark.parametrize("until", [dt.date(2025, 5, 30), dt.date(2025, 9, 4), dt.date(2025, 9, 28)])
    def test_counts_each_day_once_whichever_part_of_a_month_it_reads(self, busy, since, until):
        spans = [span_of(since, until)]
        cash = busy.account("Cash").pk

        with acting_as(busy.actor):
            moves = [
                moves_read(book=busy.book, spans=spans, source=Source(), ids=[cash], has_opening=has_opening)
                for has_opening in (True, False)
            ]

        assert [one.minor(cash, spans[0], in_own=False) for one in moves] == [
            -100 * ((until - since).days + 1)
        ] * 2

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


class TestPostingShown:
    """The view that reports read: what the policy shows, from the covering index alone where nothing is hidden."""

    def test_reads_the_covering_index_alone(self, raw, asha):
        record(asha)
        raw.execute("SET LOCAL enable_seqscan = off")
        raw.execute("SET LOCAL enable_bitmapscan = off")
        act(raw, asha)
        plan = raw.execute(
            "EXPLAIN SELECT sum(base_minor) FROM ledger_posting_shown"
            " WHERE book_id = %s AND account_id = %s AND date > '2020-01-01' AND retired_at IS NULL",
            [asha.book.pk, asha.account("Cash").pk],
        ).fetchall()

        assert any("Index Only Scan using ledger_posting_live" in line for (line,) in plan), plan

    def test_shows_what_the_policy_shows(self, raw, asha, bala, chitra):
        share(asha, bala)
        record(asha, account_id=asha.account("Cash").pk)
        record(asha, account_id=asha.account("Savings account").pk)
        seen = {}

        restrict(asha, bala, "Savings account", "hidden")
        for person in (asha, bala, chitra):
            act(raw, person)
            for table in ("ledger_posting", "ledger_posting_shown", "ledger_posting_unveiled"):
                seen[person.user.full_name, table] = raw.execute(
                    f"SELECT count(*) FROM {table} WHERE book_id = %s", [asha.book.pk]
                ).fetchone()[0]

        assert list(seen.values()) == [4, 4, 4, 2, 2, 0, 0, 0, 0]


class TestBalancesFunctions:
    @pytest.mark.parametrize("function", ["ledger_balances", "ledger_balances_unveiled"])
    def test_tell_a_stranger_and_nobody_nothing(self, raw, asha, chitra, function):
        record(asha)
        asked = f"SELECT * FROM {function}(%s, '2099-01-01')"

        for person, rows in ((asha, 2), (chitra, 0), (None, 0)):
            raw.execute(
                "SELECT set_config('app.current_user_id', %s, true)", [str(person.id) if person else ""]
            )
            assert len(raw.execute(asked, [asha.book.pk]).fetchall()) == rows

    def test_keep_what_is_hidden_from_a_member(self, raw, asha, bala):
        share(asha, bala)
        record(asha, account_id=asha.account("Cash").pk)
        record(asha, account_id=asha.account("Savings account").pk)
        restrict(asha, bala, "Savings account", "hidden")
        act(raw, bala)

        asked = "SELECT sum(base_minor), count(*) FROM {}(%s, '2099-01-01')"

        assert raw.execute(asked.format("ledger_balances_unveiled"), [asha.book.pk]).fetchone() == (None, 0)
        assert raw.execute(asked.format("ledger_balances"), [asha.book.pk]).fetchone() == (0, 2)


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
