"""Forgetting keys in the background."""

from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.contrib.django import app

from ledger.idempotency import tasks
from ledger.idempotency.tasks import PURGE_TASK, idempotency_keys_purge
from rupaya.core import clock
from tests.ledger.idempotency.test_services import do_once, names_of


@pytest.mark.usefixtures("committed")
class TestIdempotencyKeysPurge:
    def test_forgets_in_batches_until_nothing_old_is_left(self, asha, monkeypatch):
        monkeypatch.setattr(tasks, "BATCH_ROWS", 2)
        for number in range(5):
            do_once(asha, f"old-{number}", now=clock.now() - dt.timedelta(hours=25))
        do_once(asha, "young", now=clock.now())

        idempotency_keys_purge(timestamp=0)

        assert names_of(asha) == ["young"]

    def test_stops_after_so_many_batches(self, asha, monkeypatch):
        monkeypatch.setattr(tasks, "BATCH_ROWS", 1)
        monkeypatch.setattr(tasks, "BATCHES_MAX", 2)
        idempotency_keys_purge(timestamp=0)
        for number in range(3):
            do_once(asha, f"old-{number}", now=clock.now() - dt.timedelta(hours=25))

        idempotency_keys_purge(timestamp=0)

        assert len(names_of(asha)) == 1

    def test_is_known_to_the_worker_which_runs_it_each_hour(self):
        assert PURGE_TASK in app.tasks
        crons = {entry.task.name: entry.cron for entry in app.periodic_registry.periodic_tasks.values()}

        assert crons[PURGE_TASK] == "17 * * * *"
