"""Days as programs write them: `YYYY-MM-DD`, in these digits and no other form."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

# Outside of these a day in somebody's books can only be a typing error.
EARLIEST: Final = dt.date(1950, 1, 1)
LATEST: Final = dt.date(2150, 12, 31)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class DayUnreadable(ValueError):
    """Raised for what is no day; its text is a sentence fit for a customer."""


def day_parse(text: object) -> dt.date:
    """The day that a text names; raises DayUnreadable."""
    if not (isinstance(text, str) and _DAY.fullmatch(text)):
        raise DayUnreadable("Write the date as YYYY-MM-DD, for example 2026-11-23.")
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise DayUnreadable(f"The calendar has no {text}.") from error
