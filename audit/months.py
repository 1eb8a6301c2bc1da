"""The months that the log is kept in: made ahead, and watched."""

from __future__ import annotations

from collections.abc import Iterable

from rupaya.core.db import assert_acting, rows_as_dicts
from rupaya.core.metrics import Gauge


def months_make(*, ahead: int) -> list[str]:
    """Will make this month of the log and the next `ahead` (12 at most) where they are missing; the new ones' names.

    One query. Locks nobody out who writes or reads; waits 2 s at most for whoever backs the log up, then raises
    OperationalError. A month of which entries are kept outside already is not made.
    """
    assert_acting()
    return [
        row["made"] for row in rows_as_dicts("SELECT audit_months_make(%(ahead)s) AS made", {"ahead": ahead})
    ]


def months_gauges() -> Iterable[Gauge]:
    """How many months are ready beyond this one, and how many entries have none. One query."""
    (state,) = rows_as_dicts("SELECT ahead, outside FROM audit_months_state()", {})
    yield Gauge(
        "rupaya_audit_months_ahead",
        "Months of the log that are ready beyond this one.",
        [({}, state["ahead"])],
    )
    yield Gauge(
        "rupaya_audit_rows_outside",
        "Entries of the log that no month was there for.",
        [({}, state["outside"])],
    )
