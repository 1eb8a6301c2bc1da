"""Cutting time into periods: days, ISO weeks, months, quarters, financial years. No database, no clock."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Final

from rupaya.core.fiscal import fiscal_year_label, fiscal_year_of, household_month, months_after

BYS: Final = ("day", "week", "month", "quarter", "fiscal_year")
PERIODS_MAX: Final = 400
_WHOLE: Final = ("fiscal_year", "quarter", "month", "week")
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `starts_on` (None: from the very first) up to, and without, `ends_before`."""

    starts_on: dt.date | None
    ends_before: dt.date
    label: str = ""

    @property
    def until(self) -> dt.date:
        """Its last day."""
        return self.ends_before - _DAY

    @property
    def at_end(self) -> Span:
        """Everything up to its end: what a standing sums."""
        return Span(None, self.ends_before, self.label)


def span_of(since: dt.date | None, until: dt.date) -> Span:
    """The days from and with `since` up to and with `until`."""
    return Span(since, until + _DAY)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a book cuts its years and months.

    Financial years and quarters begin on the first of a calendar month. `start_day` is the day on which the book's
    months begin: 1 to 28, or 31 for a month's last day.
    """

    fiscal_month: int = 4
    start_day: int = 1

    def start_of(self, day: dt.date, by: str) -> dt.date:
        """The first day of the period that holds the day."""
        match by:
            case "week":
                return day - dt.timedelta(days=day.weekday())
            case "month":
                return household_month(day, month_start_day=self.start_day)[0]
            case "quarter":
                return months_after(day, months=-((day.month - self.fiscal_month) % 3))
            case "fiscal_year":
                return fiscal_year_of(day, start_month=self.fiscal_month).starts_on
        return day

    def next_after(self, start: dt.date, by: str) -> dt.date:
        """The first day of the period after the one that begins on `start`."""
        match by:
            case "week":
                return start + dt.timedelta(days=7)
            case "month":
                return household_month(start, month_start_day=self.start_day)[1] + _DAY
            case "quarter":
                return months_after(start, months=3)
            case "fiscal_year":
                return months_after(start, months=12)
        return start + _DAY

    def label_of(self, start: dt.date, by: str) -> str:
        """The period's name: `2026-11-23`, `2026-W48`, `2026-11`, `Q3 FY 2026-27`, `FY 2026-27`.

        A month is named by the calendar month in which it begins.
        """
        match by:
            case "week":
                year, week, _ = start.isocalendar()
                return f"{year}-W{week:02d}"
            case "month":
                return f"{start:%Y-%m}"
            case "quarter":
                number = (start.month - self.fiscal_month) % 12 // 3 + 1
                return f"Q{number} {fiscal_year_label(start, start_month=self.fiscal_month)}"
            case "fiscal_year":
                return fiscal_year_label(start, start_month=self.fiscal_month)
        return start.isoformat()

    def spans(self, whole: Span, *, by: str) -> tuple[Span, ...] | None:
        """A range cut into periods, the first and last shortened to it; None for more than PERIODS_MAX."""
        found: list[Span] = []
        start = self.start_of(whole.starts_on or whole.until, by)
        while start < whole.ends_before:
            if len(found) == PERIODS_MAX:
                return None
            after = self.next_after(start, by)
            first = max(start, whole.starts_on or start)
            found.append(Span(first, min(after, whole.ends_before), self.label_of(start, by)))
            start = after
        return tuple(found)

    def months_to(self, day: dt.date, *, count: int) -> tuple[Span, ...]:
        """The month that holds the day and those before it, `count` together, each whole."""
        starts = [self.start_of(day, "month")]
        while len(starts) < count:
            starts.append(self.start_of(starts[-1] - _DAY, "month"))
        ends = [self.next_after(starts[0], "month"), *starts]
        months = [
            Span(start, end, self.label_of(start, "month"))
            for start, end in zip(starts, ends[:count], strict=True)
        ]
        return tuple(months[::-1])

    def span_before(self, whole: Span) -> Span:
        """What a range is compared with.

        For a whole week, month, quarter or financial year the one before; for a financial year up to some day the
        same days a year earlier; else as many days right before.
        """
        start = whole.starts_on
        assert start is not None  # noqa: S101  # a flow has a beginning
        for by in _WHOLE:
            if self.start_of(start, by) == start and self.next_after(start, by) == whole.ends_before:
                return Span(self.start_of(start - _DAY, by), start)
        if self.start_of(start, "fiscal_year") == start and whole.ends_before < months_after(
            start, months=12
        ):
            return Span(months_after(start, months=-12), _year_before(whole.until) + _DAY)
        return Span(start - (whole.ends_before - start), start)


def _year_before(day: dt.date) -> dt.date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
