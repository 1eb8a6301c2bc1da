"""Jobs whose worker died."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from rupaya.tasks import ATTEMPTS_MAX, HEARTBEAT_S, STALLED_TASK, jobs_stalled_retry


class Manager:
    """Keeps what it was asked to do."""

    def __init__(self, *attempts):
        self.jobs = [
            SimpleNamespace(id=number, attempts=made, task_name="t") for number, made in enumerate(attempts)
        ]
        self.retried, self.finished, self.asked = [], [], {}

    async def get_stalled_jobs(self, **asked):
        self.asked = asked
        return self.jobs

    async def retry_job(self, job):
        self.retried.append(job.id)

    async def finish_job(self, job, *, status, delete_job):
        self.finished.append((job.id, status, delete_job))


def run(*attempts):
    manager = Manager(*attempts)
    context = cast("JobContext", SimpleNamespace(app=SimpleNamespace(job_manager=manager)))
    asyncio.run(jobs_stalled_retry(context, timestamp=0))
    return manager


class TestJobsStalledRetry:
    def test_gives_a_dead_workers_jobs_to_the_next(self):
        manager = run(0, 1)

        assert manager.retried == [0, 1]
        assert manager.asked == {"seconds_since_heartbeat": HEARTBEAT_S}

    def test_gives_up_on_a_job_that_takes_worker_after_worker(self):
        manager = run(ATTEMPTS_MAX - 1, ATTEMPTS_MAX)

        assert manager.retried == []
        assert manager.finished == [(0, Status.FAILED, False), (1, Status.FAILED, False)]

    def test_is_known_to_the_worker_which_runs_it_each_minute(self):
        crons = {entry.task.name: entry.cron for entry in app.periodic_registry.periodic_tasks.values()}

        assert crons[STALLED_TASK] == "* * * * *"
