"""How far the seals are behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.conf import settings

from rupaya.core.db import rows_as_dicts
from rupaya.core.metrics import Gauge

_LAG_SQL: Final = "SELECT unsealed_s, unanchored_s FROM audit_seal_lag()"


def seal_gauges() -> Iterable[Gauge]:
    """Seconds that the oldest entry waits for its seal, and the oldest seal for its anchor. One query."""
    (lag,) = rows_as_dicts(_LAG_SQL, {})
    yield Gauge(
        "rupaya_audit_unsealed_seconds",
        "How long the oldest entry without a seal waits.",
        [({}, lag["unsealed_s"])],
    )
    if settings.AUDIT_ANCHOR_BUCKET:
        yield Gauge(
            "rupaya_audit_unanchored_seconds",
            "How long the oldest seal without an anchor waits.",
            [({}, lag["unanchored_s"])],
        )
