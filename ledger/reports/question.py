"""What a request asks of a report."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID

from ledger.chart.rules import CATEGORY_TYPES
from ledger.reports.moves import DEPTH_MAX, CurrencyMode
from ledger.reports.periods import BYS, PERIODS_MAX, Calendar, Span, span_of
from rupaya.core.days import EARLIEST, LATEST
from rupaya.core.pagination import limit_read
from rupaya.core.parameters import choice_read, day_read, filter_refuse, ids_read

SERIES_MONTHS: Final = 12  # a series without `since` shows as many, the present one included
# RFC 3339. A plus in a query that was not escaped arrives as a space.
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+ -]\d\d:\d\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. day: the end of a standing, or of a flow.

    since: the beginning of a flow, None for a standing. by: '' for one column. account_ids and category_ids: these and
    everything below them. known_at: as it was known at that instant; None is now.
    """

    day: dt.date
    since: dt.date | None = None
    by: str = ""
    known_at: dt.datetime | None = None
    currency: CurrencyMode = "book"
    account_ids: tuple[UUID, ...] | None = None
    category_ids: tuple[UUID, ...] | None = None
    types: tuple[str, ...] = CATEGORY_TYPES
    depth: int = DEPTH_MAX
    rows_max: int = 50
    is_compared: bool = False

    @property
    def whole(self) -> Span:
        """The days that are asked for."""
        return span_of(self.since, self.day)


def question_read(
    query: Mapping[str, str],
    *,
    takes: Collection[str],
    calendar: Calendar,
    today: dt.date,
    default_by: str = "",
) -> Question:
    """Will read a report's parameters, of which it takes some.

    A flow is from the financial year's first day to today; a series (`default_by`) the last twelve months.
    Raises FilterInvalid or PageInvalid, naming the parameter.
    """
    by = choice_read(query, "by", BYS) or default_by
    day = _day(query, "as_of" if "as_of" in takes else "until") or today
    since = None if "as_of" in takes else _since(query, day, calendar, is_series=bool(default_by))
    question = Question(
        day=day,
        since=since,
        by=by,
        known_at=_instant(query),
        currency=cast("CurrencyMode", choice_read(query, "currency", ("book", "account")) or "book"),
        account_ids=ids_read(query, "account_id"),
        category_ids=ids_read(query, "category_id"),
        types=(only,) if (only := choice_read(query, "type", CATEGORY_TYPES)) else CATEGORY_TYPES,
        depth=_depth(query),
        rows_max=limit_read(query.get("limit")),
        is_compared=bool(choice_read(query, "compare", ("previous",))),
    )
    if question.is_compared and by:
        filter_refuse(
            "compare", "A report by periods shows the previous ones already; leave out by or compare."
        )
    return question


def _day(query: Mapping[str, str], name: str) -> dt.date | None:
    day = day_read(query, name)
    if day is not None and not EARLIEST <= day <= LATEST:
        filter_refuse(name, f"{name} must lie between {EARLIEST} and {LATEST}.")
    return day


def _since(query: Mapping[str, str], day: dt.date, calendar: Calendar, *, is_series: bool) -> dt.date:
    since = _day(query, "since")
    if since is None and is_series:
        since = calendar.months_to(day, count=SERIES_MONTHS)[0].starts_on
    since = since or calendar.start_of(day, "fiscal_year")
    if since > day:
        filter_refuse("since", f"since must not lie after {day}, where the report ends.")
    return since


def _instant(query: Mapping[str, str]) -> dt.datetime | None:
    text = query.get("known_at", "")
    if not text:
        return None
    try:
        moment = (
            dt.datetime.fromisoformat(text.upper().replace(" ", "+")) if _INSTANT.fullmatch(text) else None
        )
    except ValueError:
        moment = None
    if moment is None:
        filter_refuse(
            "known_at", "known_at must be an instant as RFC 3339, for example 2026-11-23T18:30:00Z."
        )
    if not EARLIEST <= moment.date() <= LATEST:
        filter_refuse("known_at", f"known_at must lie between {EARLIEST} and {LATEST}.")
    return moment


def _depth(query: Mapping[str, str]) -> int:
    text = query.get("depth", "")
    if not text:
        return DEPTH_MAX
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= DEPTH_MAX):
        filter_refuse("depth", f"depth must be a whole number from 1 to {DEPTH_MAX}.")
    return int(text)


def periods_asked(question: Question, *, calendar: Calendar) -> tuple[Span, ...]:
    """The periods that a question cuts its days into, none for one column; raises FilterInvalid for too many."""
    if not question.by:
        return ()
    spans = calendar.spans(question.whole, by=question.by)
    if spans is None:
        filter_refuse("by", f"That makes more than {PERIODS_MAX} periods; take longer ones, or fewer days.")
    return spans
