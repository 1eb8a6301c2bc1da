from __future__ import annotations

import pytest

from ledger.attachments.selectors import AttachmentNotFound, attachment_of, attachments_of
from ledger.attachments.services import attachment_remove
from ledger.journal.selectors import TransactionNotFound
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.attachments.papers import attached, different
from tests.ledger.desk import record


class TestAttachmentsOf:
    def test_gives_what_is_there_oldest_first(self, asha, django_assert_num_queries):
        transaction_id = record(asha)
        made = [attached(asha, different(number), transaction_id=transaction_id) for number in range(3)]

        with acting_as(asha.actor):
            attachment_remove(book=asha.book, attachment_id=made[1].pk)
            with django_assert_num_queries(1):
                found = attachments_of(book=asha.book, transaction_id=transaction_id)

        assert [attachment.pk for attachment in found] == [made[0].pk, made[2].pk]

    def test_tells_an_empty_one_from_one_that_is_not_there(self, asha, chitra, django_assert_num_queries):
        transaction_id, foreign = record(asha), record(chitra)

        with acting_as(asha.actor):
            with django_assert_num_queries(2):
                assert attachments_of(book=asha.book, transaction_id=transaction_id) == []
            for other in (foreign, uuid7()):
                with pytest.raises(TransactionNotFound):
                    attachments_of(book=asha.book, transaction_id=other)


class TestAttachmentOf:
    def test_finds_one_of_the_book_and_no_other(self, asha, bala):
        attachment = attached(asha)

        with acting_as(asha.actor):
            assert attachment_of(book=asha.book, attachment_id=attachment.pk) == attachment
            with pytest.raises(AttachmentNotFound):
                attachment_of(book=bala.book, attachment_id=attachment.pk)
            attachment_remove(book=asha.book, attachment_id=attachment.pk)
            with pytest.raises(AttachmentNotFound):
                attachment_of(book=asha.book, attachment_id=attachment.pk)
