from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from procrastinate.contrib.django import app

from ledger.attachments import services, tasks
from ledger.attachments.tasks import attachments_forget, blobs_forgotten_delete
from tests.ledger.attachments.papers import aged, attached, blobs
from tests.ledger.desk import NOW


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.usefixtures("committed")
class TestAttachmentsForget:
    def test_goes_on_until_nothing_old_is_left(self, asha, admin_url, monkeypatch):
        for module in (services, tasks):
            monkeypatch.setattr(module, "PURGE_ROWS_MAX", 2)
        old = [attached(asha) for _ in range(5)]
        for attachment in old:
            aged(admin_url, attachment, days=31)
        live = attached(asha)

        attachments_forget(timestamp=0)

        assert blobs() == {live.storage_key}

    def test_leaves_for_the_next_night_what_is_more_than_a_night_takes(self, asha, admin_url, monkeypatch):
        for module in (services, tasks):
            monkeypatch.setattr(module, "PURGE_ROWS_MAX", 2)
        monkeypatch.setattr(tasks, "BATCHES_MAX", 2)
        for attachment in [attached(asha) for _ in range(5)]:
            aged(admin_url, attachment, days=31)

        attachments_forget(timestamp=0)
        left = len(blobs())
        attachments_forget(timestamp=0)

        assert (left, len(blobs())) == (1, 0)


@pytest.mark.usefixtures("committed")
class TestBlobsForgottenDelete:
    @pytest.mark.parametrize(("days", "is_left"), [(1, True), (2, False), (8, False)])
    def test_takes_files_of_past_days_only(self, asha, monkeypatch, days, is_left):
        monkeypatch.setattr(services, "_insert", lambda _: (_ for _ in ()).throw(RuntimeError("power cut")))
        monkeypatch.setattr(services, "blob_discard", lambda key: None)
        with pytest.raises(RuntimeError):
            attached(asha)
        monkeypatch.undo()

        with time_machine.travel(NOW + dt.timedelta(days=days)):
            blobs_forgotten_delete(timestamp=0)

        assert bool(blobs()) is is_left


class TestPeriodic:
    def test_tasks_are_known_to_the_worker(self):
        found = {periodic.task.name for periodic in app.periodic_registry.periodic_tasks.values()}

        assert {"ledger.attachments.purge", "ledger.attachments.sweep"} <= found
