from __future__ import annotations

import datetime as dt
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.reports.periods import BYS, PERIODS_MAX, Calendar, Span, span_of

DAY = dt.timedelta(days=1)
INDIA = Calendar()


def day(text):
    return dt.date.fromisoformat(text)


def begins_month(on, start_day):
    return (on + DAY).day == 1 if start_day == 31 else on.day == start_day


def key_of(on, by, calendar):
    """What days of one period have in common, found day by day."""
    match by:
        case "week":
            return on.isocalendar()[:2]
        case "month":
            while not begins_month(on, calendar.start_day):
                on -= DAY
            return on
        case "quarter" | "fiscal_year":
            months = (on.year * 12 + on.month - calendar.fiscal_month) // (3 if by == "quarter" else 12)
            return months if by == "fiscal_year" else (on.year * 12 + on.month - calendar.fiscal_month) // 3
    return on


def cut(calendar, since, until, by):
    spans = calendar.spans(span_of(since, until), by=by)
    assert spans is not None
    return spans


class TestSpans:
    @given(
        st.dates(day("1950-01-01"), day("2150-12-31")), st.integers(0, 300), st.sampled_from(BYS), st.integers(1, 12),
        st.sampled_from([*range(1, 29), 31]),
    )  # fmt: skip
    @settings(deadline=None)
    def test_hold_each_day_once_with_its_like(self, since, length, by, fiscal_month, start_day):
        calendar = Calendar(fiscal_month, start_day)
        until = since + length * DAY

        spans = cut(calendar, since, until, by)

        days = [since + count * DAY for count in range(length + 1)]
        grouped = [list(group) for _, group in groupby(days, key=lambda on: key_of(on, by, calendar))]
        assert [(span.starts_on, span.until) for span in spans] == [
            (group[0], group[-1]) for group in grouped
        ]
        assert len({span.label for span in spans}) == len(spans)

    def test_are_at_most_four_hundred(self):
        since = day("2025-01-01")

        assert len(cut(INDIA, since, since + (PERIODS_MAX - 1) * DAY, "day")) == PERIODS_MAX
        assert INDIA.spans(span_of(since, since + PERIODS_MAX * DAY), by="day") is None

    @pytest.mark.parametrize(
        ("by", "on", "label"),
        [("day", "2026-11-23", "2026-11-23"), ("week", "2027-01-03", "2026-W53"), ("month", "2026-11-23", "2026-11"),
         ("quarter", "2027-01-01", "Q4 FY 2026-27"), ("quarter", "2026-04-01", "Q1 FY 2026-27"),
         ("fiscal_year", "2026-03-31", "FY 2025-26")],
    )  # fmt: skip
    def test_are_named(self, by, on, label):
        (span,) = cut(INDIA, day(on), day(on), by)

        assert span.label == label


class TestMonthsTo:
    def test_are_whole_and_end_with_the_days_own(self):
        months = Calendar(start_day=25).months_to(day("2026-03-03"), count=3)

        assert [(month.starts_on, month.until, month.label) for month in months] == [
            (day("2025-12-25"), day("2026-01-24"), "2025-12"),
            (day("2026-01-25"), day("2026-02-24"), "2026-01"),
            (day("2026-02-25"), day("2026-03-24"), "2026-02"),
        ]

    def test_begin_on_the_last_day_of_a_short_month_too(self):
        months = Calendar(start_day=31).months_to(day("2026-03-30"), count=2)

        assert [month.starts_on for month in months] == [day("2026-01-31"), day("2026-02-28")]


class TestSpanBefore:
    @pytest.mark.parametrize(
        ("since", "until", "before_since", "before_until"),
        [
            ("2026-11-01", "2026-11-30", "2026-10-01", "2026-10-31"),
            ("2024-03-01", "2024-03-31", "2024-02-01", "2024-02-29"),
            ("2026-10-01", "2026-12-31", "2026-07-01", "2026-09-30"),
            ("2026-04-01", "2027-03-31", "2025-04-01", "2026-03-31"),
            ("2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"),
            ("2026-04-01", "2026-11-23", "2025-04-01", "2025-11-23"),
            ("2023-04-01", "2024-02-29", "2022-04-01", "2023-02-28"),
            ("2026-11-10", "2026-11-12", "2026-11-07", "2026-11-09"),
            ("2026-04-01", "2028-03-31", "2024-03-31", "2026-03-31"),
        ],
    )
    def test_is_what_people_compare_with(self, since, until, before_since, before_until):
        before = INDIA.span_before(span_of(day(since), day(until)))

        assert (before.starts_on, before.until) == (day(before_since), day(before_until))

    def test_follows_the_books_own_months(self):
        before = Calendar(start_day=25).span_before(span_of(day("2026-10-25"), day("2026-11-24")))

        assert (before.starts_on, before.until) == (day("2026-09-25"), day("2026-10-24"))


class TestSpan:
    def test_at_end_reaches_back_to_the_first_day(self):
        assert span_of(day("2026-11-01"), day("2026-11-30")).at_end == Span(None, day("2026-12-01"))
