"""What is said of flags in the background."""

from __future__ import annotations

from typing import Final

import structlog
from procrastinate.contrib.django import app

from flags.selectors import flags_ending
from rupaya.core import clock
from rupaya.core.db import acting_as, job_actor

ENDING_TASK: Final = "flags.ending"
_log = structlog.get_logger("flags")


@app.periodic(cron="17 * * * *")
@app.task(name=ENDING_TASK, queueing_lock=ENDING_TASK)
def flags_ending_warn(timestamp: int) -> None:  # noqa: ARG001  # procrastinate's: when it was due
    """Will warn, each hour, of the flags that go off within a day. Changes nothing."""
    with acting_as(job_actor(ENDING_TASK)):
        for flag in flags_ending(now=clock.now()):
            _log.warning("flag.ends_soon", flag=flag.name, owner=flag.owner, expires_at=str(flag.expires_at))
