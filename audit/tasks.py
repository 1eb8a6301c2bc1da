"""What keeps the log going."""

from __future__ import annotations

from typing import Final

import structlog
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from audit.months import months_make
from rupaya.core.db import acting_as, job_actor

MONTHS_TASK: Final = "audit.months_make"
MONTHS_AHEAD: Final = 3
_RETRY: Final = RetryStrategy(max_attempts=5, wait=60)  # a backup may hold the log for a while
_log = structlog.get_logger("audit")


@app.periodic(cron="7 20 * * *")  # 01:37 in India
@app.task(name=MONTHS_TASK, queueing_lock=MONTHS_TASK, retry=_RETRY)
def months_make_ahead(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's: when it was due
    """Will make the log's next months, each night. Safe to run twice or at once."""
    with acting_as(job_actor(MONTHS_TASK)):
        made = months_make(ahead=MONTHS_AHEAD)
    _log.info("audit.months.made", made=made)
