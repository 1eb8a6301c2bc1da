from __future__ import annotations

import pytest

from ledger.books.services import invitation_revoke, ownership_transfer
from ledger.books.tasks import invitation_mail_send
from rupaya.core.db import acting_as
from tests.ledger.books.sharing import invite, share


@pytest.mark.usefixtures("committed")
class TestInvitationMailSend:
    def test_sends_the_same_letter_again_when_it_is_run_again(self, asha, bala, mailoutbox):
        identity, token = invite(asha, bala.user.email)

        for _ in range(2):
            invitation_mail_send(invitation_id=str(identity), inviter_id=str(asha.id))

        assert [sent.to for sent in mailoutbox] == [[bala.user.email]] * 2
        assert all(token in sent.body for sent in mailoutbox)

    def test_sends_none_that_was_taken_back(self, asha, mailoutbox):
        identity, _ = invite(asha, "x@example.in")
        with acting_as(asha.actor):
            invitation_revoke(book=asha.book, invitation_id=identity)

        invitation_mail_send(invitation_id=str(identity), inviter_id=str(asha.id))

        assert mailoutbox == []

    def test_sends_none_for_whoever_is_no_owner_any_more(self, asha, bala, mailoutbox):
        share(asha, bala)
        identity, _ = invite(asha, "x@example.in")
        with acting_as(asha.actor):
            ownership_transfer(book=asha.book, user_id=bala.id)

        invitation_mail_send(invitation_id=str(identity), inviter_id=str(asha.id))

        assert mailoutbox == []

    def test_is_known_to_the_worker(self):
        from procrastinate.contrib.django import app

        assert "ledger.invitation_mail_send" in app.tasks
