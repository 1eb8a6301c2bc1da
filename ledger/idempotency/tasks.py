"""Forgetting keys in the background."""

from __future__ import annotations

from typing import Final

from procrastinate.contrib.django import app

from ledger.idempotency.services import keys_purge
from rupaya.core.db import acting_as, job_actor

PURGE_TASK: Final = "ledger.idempotency_keys_purge"
BATCH_ROWS: Final = 1000  # short transactions: nobody waits for a purge
BATCHES_MAX: Final = 500  # a run; what is left waits for the next


@app.periodic(cron="17 * * * *")
@app.task(name=PURGE_TASK, queueing_lock=PURGE_TASK)
def idempotency_keys_purge(timestamp: int) -> None:  # noqa: ARG001  # the scheduler gives it
    """Will delete, each hour, the keys that are older than a day. Safe to run twice or at once."""
    for _ in range(BATCHES_MAX):
        with acting_as(job_actor(PURGE_TASK)):
            purged = keys_purge(rows_max=BATCH_ROWS)
        if purged < BATCH_ROWS:
            return
