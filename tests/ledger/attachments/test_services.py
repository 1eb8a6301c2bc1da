from __future__ import annotations

import datetime as dt
import hashlib
import stat
import threading
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections, transaction

from ledger.attachments import services
from ledger.attachments.blobs import StorageUnavailable, blob_write
from ledger.attachments.formats import AttachmentTypeUnknown
from ledger.attachments.models import Attachment
from ledger.attachments.rules import FILE_BYTES_MAX, LIVE_MAX
from ledger.attachments.selectors import AttachmentNotFound, attachments_of
from ledger.attachments.services import (
    AttachmentsTooMany,
    attachment_add,
    attachment_remove,
    attachments_purge,
    blobs_sweep,
)
from ledger.books.services import period_close
from ledger.journal.selectors import TransactionNotFound
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7
from rupaya.core.parsers import BodyTooLarge
from tests.ledger.attachments.papers import DAY, aged, attached, blobs, different, key_new, stored
from tests.ledger.attachments.pictures import CANARY, PDF, SIZE, jpeg, png
from tests.ledger.desk import NOW, TODAY, TOMORROW, record

JOB = Actor(user_id=None, kind="job")


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    """A folder of the test's own, so that what lies in it can be counted."""
    settings.MEDIA_ROOT = tmp_path


def add(person, transaction_id, data, **values):
    fields = {
        "book": person.book,
        "transaction_id": transaction_id,
        "data": data,
        "name": "a.png",
        "now": NOW,
    }
    return attachment_add(**fields | values)


class TestAttachmentAdd:
    def test_keeps_what_came_without_what_it_told(self, asha):
        attachment = attached(asha, jpeg(), name="Big Bazaar.jpeg")

        data = stored(attachment)
        assert CANARY.encode() not in data
        assert (attachment.name, attachment.content_type) == ("Big Bazaar.jpeg", "image/jpeg")
        assert (attachment.width, attachment.height) == SIZE
        assert (attachment.size_bytes, attachment.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert (attachment.created_by, attachment.removed_at) == (asha.id, None)
        assert blobs() == {attachment.storage_key}

    def test_is_readable_by_nobody_else_on_the_machine(self, asha):
        attachment = attached(asha)

        path = default_storage.path(attachment.storage_key)
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600

    def test_takes_the_same_file_once(self, asha):
        transaction_id = record(asha)

        with acting_as(asha.actor):
            first = add(asha, transaction_id, png())
            second = add(asha, transaction_id, png())

        assert (first.is_new, second.is_new) == (True, False)
        assert first.attachment.pk == second.attachment.pk
        assert len(blobs()) == 1

    def test_takes_a_file_again_after_it_was_removed_and_with_another_transaction(self, asha):
        transaction_id = record(asha)
        first = attached(asha, transaction_id=transaction_id)
        with acting_as(asha.actor):
            attachment_remove(book=asha.book, attachment_id=first.pk)

        again, other = attached(asha, transaction_id=transaction_id), attached(asha)

        assert len({first.pk, again.pk, other.pk}) == 3

    def test_takes_ten_and_the_slot_of_one_that_was_removed(self, asha):
        transaction_id = record(asha)
        kept = [attached(asha, different(n), transaction_id=transaction_id) for n in range(LIVE_MAX)]
        with acting_as(asha.actor), pytest.raises(AttachmentsTooMany, match="at most 10"):
            add(asha, transaction_id, PDF)

        with acting_as(asha.actor):
            attachment_remove(book=asha.book, attachment_id=kept[3].pk)
        paper = attached(asha, PDF, transaction_id=transaction_id)

        assert paper.slot == kept[3].slot
        assert len(blobs()) == LIVE_MAX + 1

    def test_takes_a_receipt_for_a_closed_period(self, asha):
        transaction_id = record(asha)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=TODAY, today=TOMORROW)

        assert attached(asha, transaction_id=transaction_id).removed_at is None

    def test_refuses_a_transaction_of_another_book(self, asha, chitra):
        foreign = record(chitra)

        with acting_as(asha.actor):
            for transaction_id in (foreign, uuid7()):
                with pytest.raises(TransactionNotFound):
                    add(asha, transaction_id, png())

        assert blobs() == set()

    def test_refuses_more_bytes_than_a_file_may_have(self, asha):
        transaction_id = record(asha)

        with acting_as(asha.actor), pytest.raises(BodyTooLarge, match="up to 10 MB"):
            add(asha, transaction_id, PDF.ljust(FILE_BYTES_MAX + 1))

    def test_refuses_what_is_no_paper(self, asha):
        transaction_id = record(asha)

        with acting_as(asha.actor), pytest.raises(AttachmentTypeUnknown):
            add(asha, transaction_id, b"<svg/>")

        assert blobs() == set()

    @pytest.mark.parametrize("fault", ["refused", "broken"])
    def test_takes_the_bytes_back_where_the_row_is_not_kept(self, asha, monkeypatch, fault):
        transaction_id = record(asha)
        for number in range(LIVE_MAX):
            attached(asha, different(number), transaction_id=transaction_id)
        before = blobs()
        monkeypatch.setattr(services, "attachments_of", lambda **_: [])  # as if the ten came meanwhile
        if fault == "broken":
            monkeypatch.setattr(services, "_INSERT", "SELECT 1 / 0")

        with (
            pytest.raises(AttachmentsTooMany if fault == "refused" else Exception, match=r"at most|division"),
            acting_as(asha.actor),
        ):
            add(asha, transaction_id, PDF)

        assert blobs() == before

    def test_keeps_no_row_where_the_bytes_can_not_be_kept(self, asha, settings, tmp_path):
        transaction_id = record(asha)
        (tmp_path / "wall").touch()
        settings.MEDIA_ROOT = tmp_path / "wall"

        with acting_as(asha.actor), pytest.raises(StorageUnavailable):
            add(asha, transaction_id, png())

        with acting_as(asha.actor):
            assert attachments_of(book=asha.book, transaction_id=transaction_id) == []

    def test_gives_one_attachment_to_two_who_send_the_same_at_once(self, committed, asha, monkeypatch):
        transaction_id = record(asha)
        barrier, added = threading.Barrier(4, timeout=20), []
        written = blob_write

        def write_together(**fields):
            key = written(**fields)
            barrier.wait()
            return key

        monkeypatch.setattr(services, "blob_write", write_together)

        def send():
            try:
                with acting_as(asha.actor):
                    added.append(add(asha, transaction_id, png()))
            finally:
                connections.close_all()

        _together(send, times=4)

        assert sorted(one.is_new for one in added) == [False, False, False, True]
        assert len({one.attachment.pk for one in added}) == 1
        assert len(blobs()) == 1

    def test_takes_ten_though_more_come_at_once(self, committed, asha, monkeypatch):
        transaction_id = record(asha)
        for number in range(6):
            attached(asha, different(number), transaction_id=transaction_id)
        numbers, outcomes = iter(range(6, 14)), []
        barrier, checked = threading.Barrier(8, timeout=20), attachments_of

        def check_together(**fields):
            found = checked(**fields)
            barrier.wait()
            return found

        monkeypatch.setattr(services, "attachments_of", check_together)

        def send():
            try:
                with acting_as(asha.actor):
                    outcomes.append(add(asha, transaction_id, different(next(numbers))).attachment.slot)
            except AttachmentsTooMany:
                outcomes.append(0)
            finally:
                connections.close_all()

        _together(send, times=8)

        assert sorted(outcomes) == [0, 0, 0, 0, *range(7, 11)]
        assert len(blobs()) == LIVE_MAX


def _together(work, *, times):
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class TestAttachmentRemove:
    def test_takes_it_away_and_keeps_the_bytes_for_now(self, asha):
        attachment = attached(asha)

        with acting_as(asha.actor):
            attachment_remove(book=asha.book, attachment_id=attachment.pk)
            left = attachments_of(book=asha.book, transaction_id=attachment.transaction_id)

        assert left == []
        assert blobs() == {attachment.storage_key}

    def test_finds_nothing_twice_or_in_another_book(self, asha, chitra):
        attachment = attached(asha)
        with acting_as(chitra.actor), pytest.raises(AttachmentNotFound):
            attachment_remove(book=chitra.book, attachment_id=attachment.pk)

        with acting_as(asha.actor):
            attachment_remove(book=asha.book, attachment_id=attachment.pk)
            with pytest.raises(AttachmentNotFound):
                attachment_remove(book=asha.book, attachment_id=attachment.pk)


@pytest.mark.usefixtures("committed")
class TestAttachmentsPurge:
    def test_forgets_what_was_removed_long_ago_and_nothing_else(self, asha, admin_url):
        live, fresh, old = attached(asha), attached(asha), attached(asha)
        with acting_as(asha.actor):
            for attachment in (fresh, old):
                attachment_remove(book=asha.book, attachment_id=attachment.pk)
        aged(admin_url, fresh, days=29)
        aged(admin_url, old, days=31)

        with acting_as(JOB):
            attachments_purge()

        assert blobs() == {live.storage_key, fresh.storage_key}
        with acting_as(asha.actor):
            assert set(Attachment.objects.values_list("pk", flat=True)) == {live.pk, fresh.pk}

    def test_keeps_the_rows_where_the_bytes_stay(self, asha, admin_url, monkeypatch):
        old = attached(asha)
        aged(admin_url, old, days=31)
        refuse = lambda *_: (_ for _ in ()).throw(OSError("away"))  # noqa: E731
        with monkeypatch.context() as patch:
            patch.setattr(type(default_storage), "delete", refuse, raising=False)

            with pytest.raises(StorageUnavailable), acting_as(JOB):
                attachments_purge()

        with acting_as(asha.actor):
            assert Attachment.objects.filter(pk=old.pk).exists()
        with acting_as(JOB):
            assert attachments_purge() == 1
        assert blobs() == set()

    def test_goes_on_where_bytes_are_gone_already(self, asha, admin_url):
        old = attached(asha)
        aged(admin_url, old, days=31)
        default_storage.delete(old.storage_key)

        with acting_as(JOB):
            assert attachments_purge() == 1


@pytest.mark.usefixtures("committed")
class TestBlobsSweep:
    def test_deletes_files_that_no_book_knows(self, asha, chitra):
        kept = {attached(asha).storage_key, attached(chitra).storage_key}
        removed = attached(asha)
        with acting_as(asha.actor):
            attachment_remove(book=asha.book, attachment_id=removed.pk)
        for _ in range(3):
            default_storage.save(key_new(), ContentFile(PDF))

        with acting_as(JOB):
            count = blobs_sweep(day=DAY)

        assert count == 3
        assert blobs() == kept | {removed.storage_key}

    def test_takes_what_an_undone_upload_left(self, asha):
        transaction_id = record(asha)
        with acting_as(asha.actor):
            add(asha, transaction_id, png())
            transaction.set_rollback(True)
        assert len(blobs()) == 1

        with acting_as(JOB):
            assert blobs_sweep(day=DAY) == 1

        assert blobs() == set()

    def test_finds_nothing_on_a_day_without_files(self):
        with acting_as(JOB):
            assert blobs_sweep(day=dt.date(2020, 1, 1)) == 0
