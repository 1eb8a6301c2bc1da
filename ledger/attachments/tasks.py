"""What happens to attachments by night."""

from __future__ import annotations

import datetime as dt
from typing import Final

import structlog
from procrastinate.contrib.django import app

from ledger.attachments.services import PURGE_ROWS_MAX, attachments_purge, blobs_sweep
from rupaya.core import clock
from rupaya.core.db import acting_as, job_actor

PURGE_TASK: Final = "ledger.attachments.purge"
SWEEP_TASK: Final = "ledger.attachments.sweep"
BATCHES_MAX: Final = 500  # a run; what is left waits for the next night
_SWEPT_DAYS: Final = range(2, 9)  # back from today; a night that was missed is made up for within a week
_log = structlog.get_logger("ledger.attachments")


@app.periodic(cron="23 21 * * *")  # 02:53 in India
@app.task(name=PURGE_TASK, queueing_lock=PURGE_TASK)
def attachments_forget(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's: when it was due
    """Will forget what was removed more than 30 days ago, a hundred a transaction. Safe to run twice."""
    total = 0
    for _ in range(BATCHES_MAX):
        with acting_as(job_actor(PURGE_TASK)):
            count = attachments_purge()
        total += count
        if count < PURGE_ROWS_MAX:
            break
    _log.info("attachment.purge.finished", purged=total)


@app.periodic(cron="53 21 * * *")  # 03:23 in India
@app.task(name=SWEEP_TASK, queueing_lock=SWEEP_TASK)
def blobs_forgotten_delete(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's: when it was due
    """Will delete the files that uploads left which died between file and row. Safe to run twice."""
    today = clock.now().date()
    total = 0
    for days in _SWEPT_DAYS:
        with acting_as(job_actor(SWEEP_TASK)):
            total += blobs_sweep(day=today - dt.timedelta(days=days))
    _log.info("attachment.sweep.finished", deleted=total)
