from __future__ import annotations

import re

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from ledger.books.services import book_update, invitation_revoke
from rupaya.core.db import acting_as
from tests.accounts.phone import PASSWORD, address_new, person_new
from tests.ledger.books.sharing import invite, role_in
from tests.ledger.desk import TODAY, browser_of
from tests.support.cast import Person

pytestmark = pytest.mark.usefixtures("committed")


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestInvitation:
    def test_shows_what_it_is_about_and_accepts_nothing_by_being_opened(self, asha, bala):
        _, token = invite(asha, bala.user.email, "viewer")

        page = browser_of(bala).get(f"/invitations/{token}")

        text = page.content.decode()
        assert page.status_code == 200
        for part in ("Asha Rao", asha.book.name, "viewer", "Accept the invitation"):
            assert part in text
        assert role_in(bala, asha.book) is None

    def test_lets_the_invited_in_with_one_click_or_two(self, asha, bala):
        _, token = invite(asha, bala.user.email, "viewer")
        browser = browser_of(bala)

        first, second = [browser.post(f"/invitations/{token}") for _ in range(2)]

        assert [(answer.status_code, answer["Location"]) for answer in (first, second)] == [(302, "/")] * 2
        assert told(first) == [f"You now share “{asha.book.name}”."]
        assert "You are a member of this book already." in told(second)
        assert role_in(bala, asha.book) == "viewer"

    def test_leads_through_the_sign_in(self, asha):
        guest = person_new()
        _, token = invite(asha, guest.email)
        browser = Client()

        to_login = browser.get(f"/invitations/{token}")
        sign_in = browser.post(to_login["Location"], {"email": guest.email, "password": PASSWORD})
        page = browser.get(sign_in["Location"])

        assert sign_in["Location"] == f"/invitations/{token}"
        assert asha.book.name in page.content.decode()
        assert role_in(Person(guest, asha.book), asha.book) is None

    def test_leads_through_the_sign_up(self, asha):
        email = address_new()
        _, token = invite(asha, email)
        browser = Client()

        to_login = browser.get(f"/invitations/{token}")
        to_signup = re.findall(r'href="(/signup[^"]*)"', browser.get(to_login["Location"]).content.decode())[
            0
        ]
        given = {"email": email, "password": PASSWORD, "full_name": "Dev Rao"}
        signed_up = browser.post(to_signup, given)
        page = browser.get(signed_up["Location"])

        assert signed_up["Location"] == f"/invitations/{token}"
        assert asha.book.name in page.content.decode()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_tells_somebody_else_only_that_it_is_not_theirs(self, asha, bala, chitra, method):
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, name="Ashas savings")
        _, token = invite(asha, bala.user.email)

        page = getattr(browser_of(chitra), method)(f"/invitations/{token}")

        text = page.content.decode()
        assert page.status_code == 403
        assert "another e-mail address" in text
        assert not [secret for secret in ("Ashas savings", "Asha Rao", bala.user.email) if secret in text]

    def test_says_when_it_is_over_or_never_was(self, asha, bala):
        identity, token = invite(asha, bala.user.email)
        with acting_as(asha.actor):
            invitation_revoke(book=asha.book, invitation_id=identity)

        over, never = (browser_of(bala).get(f"/invitations/{part}") for part in (token, "x"))

        assert (over.status_code, never.status_code) == (410, 404)
        assert "withdrawn" in over.content.decode()

    def test_escapes_what_people_chose(self, asha, bala):
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, name="<b>Rich</b>")
        _, token = invite(asha, bala.user.email)

        page = browser_of(bala).get(f"/invitations/{token}")

        assert "<b>Rich</b>" not in page.content.decode()
        assert "&lt;b&gt;Rich" in page.content.decode()
