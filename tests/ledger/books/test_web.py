from __future__ import annotations

import re

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from ledger.books.selectors import books_of
from ledger.books.services import book_update, invitation_revoke
from rupaya.core.db import acting_as
from tests.accounts.phone import PASSWORD, actor, address_new, person_new, session_new
from tests.ledger.books.sharing import invite, role_in
from tests.ledger.desk import TODAY, browser_of, refused
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


class TestBookNew:
    """Who gave away and left the only book."""

    @pytest.fixture
    def bookless(self):
        return person_new(full_name="Meera Iyer")

    @pytest.fixture
    def browser(self, bookless):
        browser = Client()
        browser.force_login(bookless)
        return browser

    def books(self, user):
        with acting_as(actor(user.pk)):
            return [view.book.name for view in books_of(user_id=user.pk)]

    @pytest.mark.parametrize(
        "path", ["/", "/transactions", "/transactions/new", "/accounts", "/statements", "/activity"]
    )
    def test_is_where_every_page_of_a_book_leads(self, browser, path):
        response = browser.get(path)

        assert (response.status_code, response["Location"]) == (302, "/books/new")
        part = browser.get(path, headers={"HX-Request": "true"})
        assert part["HX-Redirect"] == "/books/new"

    def test_offers_a_name_and_opens_the_book_with_one_click_or_two(self, browser, bookless):
        page = browser.get("/books/new")
        first, second = [browser.post("/books/new", {"name": " Our   home "}) for _ in range(2)]

        assert 'value="Iyer household"' in page.content.decode()
        assert [(answer.status_code, answer["Location"]) for answer in (first, second)] == [(302, "/")] * 2
        assert told(first) == ["“Our home” is open."]
        assert self.books(bookless) == ["Our home"]
        assert browser.get("/").status_code == 200

    @pytest.mark.parametrize("name", ["", " ", "x" * 81, "\u2800", "a\u202eb"])
    def test_says_what_is_wrong_with_a_name_and_opens_nothing(self, browser, bookless, name):
        page = browser.post("/books/new", {"name": name})

        assert page.status_code == 400
        assert "errorlist" in page.content.decode()
        assert self.books(bookless) == []

    def test_leads_who_has_a_book_to_it(self, asha):
        response = browser_of(asha).get("/books/new")

        assert (response.status_code, response["Location"]) == (302, "/")

    def test_leaves_the_api_its_refusal(self, bookless):
        token = session_new(bookless).access_token
        response = Client().get("/v1/transactions", headers={"Authorization": f"Bearer {token}"})

        refused(response, 404, "book_not_found")
