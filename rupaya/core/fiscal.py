"""Months and financial years as half-open ranges of dates.

India's financial year runs from April to March and is written "FY 2026-27" (Income-tax Act 1961, s. 3).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `starts_on` up to, and without, `ends_before`."""

    starts_on: dt.date
    ends_before: dt.date

    def __contains__(self, day: dt.date) -> bool:
        """Whether the day lies in the period."""
        return self.starts_on <= day < self.ends_before


def month_of(day: dt.date) -> Period:
    """The calendar month that holds the day."""
    return Period(month_start(day), months_after(day, months=1))


def month_start(day: dt.date) -> dt.date:
    """The first day of the day's month."""
    return day.replace(day=1)


def months_after(day: dt.date, *, months: int) -> dt.date:
    """The first day of the month that lies `months` after the day's own; negative looks back."""
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def fiscal_year_of(day: dt.date, *, start_month: int = 4) -> Period:
    """The financial year that holds the day."""
    first = day.year if day.month >= start_month else day.year - 1
    return Period(dt.date(first, start_month, 1), dt.date(first + 1, start_month, 1))


def fiscal_year_label(day: dt.date, *, start_month: int = 4) -> str:
    """The year's name: `FY 2026-27`, or `FY 2026` where the year is the calendar's."""
    year = fiscal_year_of(day, start_month=start_month)
    if start_month == 1:
        return f"FY {year.starts_on.year}"
    return f"FY {year.starts_on.year}-{year.ends_before.year % 100:02d}"
