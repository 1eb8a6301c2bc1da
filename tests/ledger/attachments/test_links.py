from __future__ import annotations

import pytest
import time_machine
from django.core import signing

from ledger.attachments.links import Link, link_read, link_sign
from ledger.attachments.selectors import AttachmentNotFound
from rupaya.core.ids import uuid7
from tests.ledger.desk import NOW

LINK = Link(uuid7(), uuid7(), uuid7())


class TestLinkRead:
    @pytest.mark.parametrize(("seconds", "is_good"), [(0, True), (299, True), (301, False)])
    def test_takes_a_token_for_five_minutes(self, seconds, is_good):
        with time_machine.travel(NOW, tick=False) as clock:
            token = link_sign(LINK)
            clock.shift(seconds)

            if is_good:
                assert link_read(token=token, attachment_id=LINK.attachment_id) == LINK
            else:
                with pytest.raises(AttachmentNotFound, match="not good any more"):
                    link_read(token=token, attachment_id=LINK.attachment_id)

    @pytest.mark.parametrize(
        "token",
        ["", "x", "a:b:c", "é", link_sign(LINK)[:-1], signing.dumps(["a", "b", "c"], salt="other")],
        ids=["none", "word", "parts", "script", "cut", "for another purpose"],
    )  # fmt: skip
    def test_refuses_one_that_is_not_ours(self, token):
        with pytest.raises(AttachmentNotFound):
            link_read(token=token, attachment_id=LINK.attachment_id)

    def test_refuses_one_for_another_attachment(self):
        with pytest.raises(AttachmentNotFound):
            link_read(token=link_sign(LINK), attachment_id=uuid7())
