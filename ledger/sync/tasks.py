"""What happens to events by night."""

from __future__ import annotations

from typing import Final

import structlog
from procrastinate.contrib.django import app

from ledger.sync.services import events_purge
from rupaya.core.db import acting_as, job_actor

PURGE_TASK: Final = "ledger.sync_events_purge"
BATCH_ROWS: Final = 1000  # short transactions: nobody waits for a purge
_JOB: Final = job_actor(PURGE_TASK)
_log = structlog.get_logger("ledger.sync")


@app.periodic(cron="37 20 * * *")  # 02:07 in India
@app.task(name=PURGE_TASK, queueing_lock=PURGE_TASK)
def sync_events_purge(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's: when it was due
    """Will forget, each night, the events that are older than 90 days. Safe to run twice or at once."""
    total = purged = BATCH_ROWS
    total = 0
    while purged == BATCH_ROWS:
        with acting_as(_JOB):
            purged = events_purge(rows_max=BATCH_ROWS)
        total += purged
    _log.info("sync.purge.finished", purged=total)
