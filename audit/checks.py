"""How verifications ended: kept when one is over, and read by whoever watches the service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import connections

from rupaya.core.db import assert_acting, rows_as_dicts
from rupaya.core.metrics import Gauge

_KEEP_SQL: Final = """
INSERT INTO audit_check (name, differences, checked_at) VALUES (%s, %s, now())
    ON CONFLICT (name) DO UPDATE SET differences = excluded.differences, checked_at = excluded.checked_at
"""
_READ_SQL: Final = """
SELECT name, differences, extract(epoch FROM now() - checked_at)::float AS age_s FROM audit_check ORDER BY name
"""


def check_keep(*, name: str, differences: int, using: str) -> None:
    """Will keep how a verification ended. One query, as the schema's owner."""
    assert_acting(using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(_KEEP_SQL, [name, differences])


def check_gauges() -> Iterable[Gauge]:
    """What the last verifications found, and how old they are. One query."""
    rows = rows_as_dicts(_READ_SQL, {})
    yield Gauge(
        "rupaya_check_differences",
        "What the last verification found wrong.",
        [({"check": row["name"]}, row["differences"]) for row in rows],
    )
    yield Gauge(
        "rupaya_check_age_seconds",
        "How long ago the last verification ended.",
        [({"check": row["name"]}, row["age_s"]) for row in rows],
    )
