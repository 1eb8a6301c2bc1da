"""Months and financial years as half-open ranges of dates.

India's financial year runs from April to March and is written "FY 2026-27" (Income-tax Act 1961, s. 3).
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Final

_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `starts_on` up to, and without, `ends_before`."""

    starts_on: dt.date
    ends_before: dt.date

    def __contains__(self, day: dt.date) -> bool:
        """Whether the day lies in the period."""
        return self.starts_on <= day < self.ends_before


def month_start(day: dt.date) -> dt.date:
    """The first day of the day's month."""
    return day.replace(day=1)


def months_after(day: dt.date, *, months: int) -> dt.date:
    """The first day of the month that lies `months` after the day's own; negative looks back."""
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def household_month(day: dt.date, *, month_start_day: int) -> tuple[dt.date, dt.date]:
    """The first and the last day of the month that holds the day, as a household counts its months.

    month_start_day: 1 to 28, from salary to salary; 31 for the last day of each calendar month.
    """
    own = _begins_in(day, month_start_day)
    first = own if own <= day else _begins_in(months_after(day, months=-1), month_start_day)
    return first, _begins_in(months_after(first, months=1), month_start_day) - _DAY


def _begins_in(day: dt.date, month_start_day: int) -> dt.date:
    """The day of the day's calendar month on which a household's month begins."""
    last = calendar.monthrange(day.year, day.month)[1]
    return day.replace(day=min(month_start_day, last))


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
