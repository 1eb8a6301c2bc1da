"""What keeps the queue itself going."""

from __future__ import annotations

from typing import Final

import structlog
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from rupaya.core.metrics import gauges_flat, gauges_read

STALLED_TASK: Final = "rupaya.jobs_stalled_retry"
GAUGES_TASK: Final = "rupaya.gauges_log"
HEARTBEAT_S: Final = 30.0  # without a sign of life from its worker, a job has lost it
ATTEMPTS_MAX: Final = 3  # a job that takes its worker with it does not take every one
_log = structlog.get_logger("rupaya.queue")


@app.periodic(cron="* * * * *")
@app.task(name=STALLED_TASK, queueing_lock=STALLED_TASK, pass_context=True)
async def jobs_stalled_retry(context: JobContext, timestamp: int) -> None:  # noqa: ARG001  # the scheduler gives it
    """Will give the jobs of workers that died to others, and give up on those that died three times.

    A job may therefore run twice: each one's work is safe to repeat, as its own docstring says.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=HEARTBEAT_S):
        if job.attempts + 1 < ATTEMPTS_MAX:
            _log.warning("queue.job_stalled", job_id=job.id, task=job.task_name)
            await manager.retry_job(job)
        else:
            _log.error("queue.job_given_up", job_id=job.id, task=job.task_name)
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="* * * * *")
@app.task(name=GAUGES_TASK, queueing_lock=GAUGES_TASK)
def gauges_log(timestamp: int) -> None:  # noqa: ARG001  # the scheduler gives it
    """Will write one line with the figures that only the database knows, the same ones that /metrics has.

    Alarms are set on this line (deploy/terraform/modules/monitoring): on its figures, and on its absence, which
    says that scheduler, worker or database stand still.
    """
    _log.info("gauges.measured", **gauges_flat(gauges_read()))
