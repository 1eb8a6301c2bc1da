"""Months and financial years as half-open ranges."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rupaya.core.fiscal import (
    Period,
    fiscal_year_label,
    fiscal_year_of,
    household_month,
    month_start,
    months_after,
)

DAY = st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1))


class TestPeriod:
    def test_holds_its_first_day_and_not_its_end(self):
        period = Period(dt.date(2026, 4, 1), dt.date(2026, 5, 1))

        assert dt.date(2026, 4, 1) in period
        assert dt.date(2026, 4, 30) in period
        assert dt.date(2026, 5, 1) not in period
        assert dt.date(2026, 3, 31) not in period


class TestMonthStart:
    @given(day=DAY)
    def test_is_the_first_of_the_days_month(self, day):
        assert month_start(day) == dt.date(day.year, day.month, 1)


class TestHouseholdMonth:
    @pytest.mark.parametrize(
        ("day", "start_day", "first", "last"),
        [("2026-11-23", 1, "2026-11-01", "2026-11-30"), ("2026-11-23", 25, "2026-10-25", "2026-11-24"),
         ("2026-11-25", 25, "2026-11-25", "2026-12-24"), ("2026-01-03", 25, "2025-12-25", "2026-01-24"),
         ("2026-03-30", 31, "2026-02-28", "2026-03-30"), ("2024-02-29", 31, "2024-02-29", "2024-03-30")],
    )  # fmt: skip
    def test_begins_on_the_households_day(self, day, start_day, first, last):
        found = household_month(dt.date.fromisoformat(day), month_start_day=start_day)

        assert [str(end) for end in found] == [first, last]

    @given(day=DAY, start_day=st.sampled_from([*range(1, 29), 31]))
    def test_holds_the_day_and_is_followed_by_the_next(self, day, start_day):
        first, last = household_month(day, month_start_day=start_day)
        after = household_month(last + dt.timedelta(days=1), month_start_day=start_day)

        assert first <= day <= last
        assert 28 <= (last - first).days + 1 <= 31
        assert after[0] == last + dt.timedelta(days=1)


class TestMonthsAfter:
    @pytest.mark.parametrize(
        ("day", "months", "first"),
        [("2026-01-31", 1, "2026-02-01"), ("2026-12-05", 1, "2027-01-01"), ("2026-01-05", -1, "2025-12-01"),
         ("2026-03-15", 0, "2026-03-01"), ("2026-03-15", -27, "2023-12-01")],
    )  # fmt: skip
    def test_counts_over_the_years_end(self, day, months, first):
        assert months_after(dt.date.fromisoformat(day), months=months) == dt.date.fromisoformat(first)

    @given(day=DAY, months=st.integers(-1200, 1200))
    def test_comes_back(self, day, months):
        assert months_after(months_after(day, months=months), months=-months) == month_start(day)


class TestFiscalYearOf:
    @pytest.mark.parametrize(
        ("day", "first"),
        [("2026-03-31", "2025-04-01"), ("2026-04-01", "2026-04-01"), ("2026-12-31", "2026-04-01")],
    )
    def test_turns_on_the_first_of_april(self, day, first):
        year = fiscal_year_of(dt.date.fromisoformat(day))

        assert year.starts_on == dt.date.fromisoformat(first)
        assert year.ends_before == year.starts_on.replace(year=year.starts_on.year + 1)

    @given(day=DAY, start_month=st.integers(1, 12))
    def test_holds_the_day_whenever_the_year_starts(self, day, start_month):
        assert day in fiscal_year_of(day, start_month=start_month)


class TestFiscalYearLabel:
    @pytest.mark.parametrize(
        ("day", "start_month", "label"),
        [("2026-11-23", 4, "FY 2026-27"), ("2027-03-31", 4, "FY 2026-27"), ("1999-04-01", 4, "FY 1999-00"),
         ("2026-11-23", 1, "FY 2026")],
    )  # fmt: skip
    def test_is_written_as_india_writes_it(self, day, start_month, label):
        assert fiscal_year_label(dt.date.fromisoformat(day), start_month=start_month) == label
