"""Forgetting what every phone has heard of, or must hear anew."""

from __future__ import annotations

from django.db import connection

from rupaya.core.db import assert_acting


def events_purge(*, rows_max: int) -> int:
    """Will forget up to so many events that are older than 90 days, and note where the database stands today.

    How many went. Safe to run twice or at once.
    """
    assert_acting()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_sync_purge(%s)", [rows_max])
        (purged,) = cursor.fetchone()
    return int(purged)
