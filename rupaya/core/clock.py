"""The clock. Only views, web pages, tasks and commands ask it; everyone below takes `now` or `today`."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

INDIA: Final = ZoneInfo("Asia/Kolkata")


def now() -> dt.datetime:
    """The present instant, in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251  # this is the one place


def today(*, zone: dt.tzinfo = INDIA) -> dt.date:
    """The present date in a book's time zone."""
    return now().astimezone(zone).date()
