from __future__ import annotations

import pytest

from accounts.models import User
from accounts.selectors import PersonNotFound
from accounts.tasks import welcome_mail_send
from rupaya.core.ids import uuid7
from tests.accounts.phone import person_new


@pytest.mark.usefixtures("committed")
class TestWelcomeMailSend:
    def test_sends_one_mail_to_the_person(self, mailoutbox):
        user = person_new()

        welcome_mail_send(user_id=str(user.pk))

        assert [mail.to for mail in mailoutbox] == [[user.email]]

    def test_sends_none_to_who_was_disabled_meanwhile(self, mailoutbox):
        user = person_new()
        User.objects.filter(pk=user.pk).update(is_active=False)

        welcome_mail_send(user_id=str(user.pk))

        assert mailoutbox == []

    def test_fails_aloud_for_nobody(self):
        with pytest.raises(PersonNotFound):
            welcome_mail_send(user_id=str(uuid7()))
