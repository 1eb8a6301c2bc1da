"""Jobs whose worker died."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import cast

import structlog
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from rupaya.core import metrics
from rupaya.core.logging import redact
from rupaya.core.metrics import Gauge
from rupaya.tasks import (
    ATTEMPTS_MAX,
    GAUGES_TASK,
    HEARTBEAT_S,
    STALLED_TASK,
    gauges_log,
    jobs_stalled_retry,
)


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


class TestGaugesLog:
    def test_writes_one_line_with_every_figure(self, db):
        with structlog.testing.capture_logs() as lines:
            gauges_log(timestamp=0)

        [line] = lines
        assert line["event"] == "gauges.measured"
        assert line["log_level"] == "info"
        assert line["rupaya_queue_jobs_todo"] >= 0
        assert line["rupaya_queue_oldest_seconds"] >= 0
        assert line["rupaya_metrics_unread"] == 0

    def test_tells_the_rest_where_one_figure_cannot_be_read(self, db, monkeypatch):
        monkeypatch.setattr(
            metrics, "_readers", [lambda: [Gauge("rupaya_broken", "A fault.", [({}, 1 // 0)])]]
        )

        with structlog.testing.capture_logs() as lines:
            gauges_log(timestamp=0)

        assert [line["event"] for line in lines] == ["metrics.unread", "gauges.measured"]
        assert lines[-1]["rupaya_metrics_unread"] == 1

    def test_leaves_numbers_numbers_on_the_way_into_the_log(self, db, monkeypatch):
        monkeypatch.setattr(
            metrics, "_readers", [lambda: [Gauge("rupaya_probe", "A probe.", [({"part": "a"}, 7)])]]
        )

        with structlog.testing.capture_logs() as lines:
            gauges_log(timestamp=0)

        assert json.loads(json.dumps(redact(None, "info", dict(lines[0]))))["rupaya_probe_a"] == 7

    def test_is_known_to_the_worker_which_runs_it_each_minute(self):
        crons = {entry.task.name: entry.cron for entry in app.periodic_registry.periodic_tasks.values()}

        assert crons[GAUGES_TASK] == "* * * * *"
