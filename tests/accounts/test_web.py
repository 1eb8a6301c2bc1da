from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.phone import PASSWORD, address_new, person_new, sessions_of

# What stands in `next` and is no page of ours.
ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "javascript:alert(1)", "overview", "http:///evil.example", "/\x00", "/a\r\nSet-Cookie: a=b",
]  # fmt: skip


@pytest.fixture
def browser(committed):
    """A browser that keeps cookies and must send the form's token."""
    return Client(enforce_csrf_checks=True)


def submit(browser, path, **fields):
    """Opens a form, then sends it with its token."""
    page = browser.get(path)
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[0]
    return browser.post(path, {**fields, "csrfmiddlewaretoken": token})


def is_signed_in(browser):
    return SESSION_KEY in browser.session


def errors_of(response):
    return {field: list(errors) for field, errors in response.context["form"].errors.items()}


def field_html(response, name):
    """The tag of one input."""
    return re.findall(rf'<input[^>]*name="{name}"[^>]*>', response.content.decode())[0]


class TestSignup:
    def test_makes_a_person_and_signs_the_browser_in(self, browser):
        email = address_new()

        response = submit(browser, "/signup", email=email, password=PASSWORD, full_name="Asha Rao")

        user = User.objects.get(email=email)
        assert (response.status_code, response["Location"]) == (302, reverse("overview"))
        assert browser.session[SESSION_KEY] == str(user.pk)
        assert sessions_of(user.pk) == []

    def test_shows_a_taken_address_beside_the_field(self, browser):
        user = person_new()

        response = submit(
            browser, "/signup", email=user.email.upper(), password=PASSWORD, full_name="Asha Rao"
        )

        assert list(errors_of(response)) == ["email"]
        assert not is_signed_in(browser)

    def test_says_each_thing_that_a_password_lacks_and_repeats_all_but_it(self, browser):
        response = submit(browser, "/signup", email="asha@example.in", password="12349", full_name="Asha Rao")

        assert len(errors_of(response)["password"]) >= 2
        assert 'value="asha@example.in"' in field_html(response, "email")
        assert 'value="Asha Rao"' in field_html(response, "full_name")
        assert "12349" not in response.content.decode()

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"email": "nobody"}, "email"),
            ({"email": "a" * 250 + "@example.in"}, "email"),
            ({"email": '"a\\ b"@example.in'}, "email"),
            ({"full_name": ""}, "full_name"),
            ({"full_name": "\u200b"}, "full_name"),
            ({"full_name": "Asha\x00"}, "full_name"),
            ({"full_name": "Asha\x07"}, "full_name"),
            ({"full_name": "\u0958" * 120}, "full_name"),
            ({"password": "x" * 129}, "password"),
            ({"password": "mango\x00lassi at noon"}, "password"),
        ],
    )
    def test_names_the_wrong_field(self, browser, fields, wrong):
        given = {"email": address_new(), "password": PASSWORD, "full_name": "Asha"} | fields

        response = submit(browser, "/signup", **given)

        assert response.status_code == 200
        assert list(errors_of(response)) == [wrong]

    def test_helps_password_managers_and_keyboards(self, browser):
        page = browser.get("/signup")

        assert 'autocomplete="name"' in field_html(page, "full_name")
        assert "autofocus" in field_html(page, "full_name")
        assert 'autocomplete="username"' in field_html(page, "email")
        assert 'inputmode="email"' in field_html(page, "email")
        assert 'autocomplete="new-password"' in field_html(page, "password")

    def test_sends_the_signed_in_to_the_overview(self, committed):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get("/signup")["Location"] == reverse("overview")

    def test_leads_to_the_page_that_was_asked_for(self, browser):
        asked = "/login?next=/invitations/a%3Fb%26c"
        to_signup = re.findall(r'href="(/signup[^"]*)"', browser.get(asked).content.decode())[0]

        page = browser.get(to_signup)
        given = {"email": address_new(), "password": PASSWORD, "full_name": "Asha Rao"}
        response = submit(browser, to_signup, **given, next="/invitations/a?b&c")

        assert 'value="/invitations/a?b&amp;c"' in field_html(page, "next")
        assert f'href="{asked}"' in page.content.decode()
        assert response["Location"] == "/invitations/a?b&c"

    @pytest.mark.parametrize("wanted", ELSEWHERE)
    def test_leads_nowhere_else(self, browser, wanted):
        page = browser.get("/signup", {"next": wanted})
        given = {"email": address_new(), "password": PASSWORD, "full_name": "Asha Rao"}
        response = submit(browser, "/signup", **given, next=wanted)

        assert 'name="next"' not in page.content.decode()
        assert response["Location"] == reverse("overview")

    def test_sends_the_signed_in_on(self, committed):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get("/signup?next=/accounts")["Location"] == "/accounts"


class TestLogin:
    def test_signs_in_by_the_address_in_any_case(self, browser):
        user = person_new()

        response = submit(browser, "/login", email=f" {user.email.upper()}", password=PASSWORD)

        assert (response.status_code, response["Location"]) == (302, reverse("overview"))
        assert browser.session[SESSION_KEY] == str(user.pk)
        assert User.objects.get(pk=user.pk).last_login is not None

    def test_makes_a_new_session_key(self, browser):
        user = person_new()
        planted = browser.session
        planted["planted"] = True
        planted.save()
        browser.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key

        submit(browser, "/login", email=user.email, password=PASSWORD)

        assert browser.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key

    @pytest.mark.parametrize("who", ["nobody", "wrong", "inactive"])
    def test_gives_one_answer_to_all_whom_it_refuses(self, browser, who):
        user = person_new()
        User.objects.filter(pk=user.pk).update(is_active=who != "inactive")

        response = submit(
            browser,
            "/login",
            email=address_new() if who == "nobody" else user.email,
            password="wrong horse" if who == "wrong" else PASSWORD,
        )

        assert errors_of(response) == {"__all__": ["The e-mail address or the password is not right."]}
        assert not is_signed_in(browser)
        assert PASSWORD not in response.content.decode()

    def test_leads_to_the_page_that_was_asked_for(self, browser):
        user = person_new()

        page = browser.get("/login?next=/transactions%3Fpage%3D2")
        response = submit(browser, "/login", email=user.email, password=PASSWORD, next="/transactions?page=2")

        assert 'value="/transactions?page=2"' in field_html(page, "next")
        assert response["Location"] == "/transactions?page=2"

    @pytest.mark.parametrize("wanted", ELSEWHERE)
    def test_leads_nowhere_else(self, browser, wanted):
        user = person_new()

        page = browser.get("/login", {"next": wanted})
        response = submit(browser, "/login", email=user.email, password=PASSWORD, next=wanted)

        assert 'name="next"' not in page.content.decode()
        assert response["Location"] == reverse("overview")

    def test_sends_the_signed_in_on(self, committed):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get("/login")["Location"] == reverse("overview")
        assert browser.get("/login?next=/accounts")["Location"] == "/accounts"
        assert browser.get("/login?next=//evil.example")["Location"] == reverse("overview")

    def test_helps_password_managers_and_keyboards(self, browser):
        page = browser.get("/login")

        assert 'autocomplete="username"' in field_html(page, "email")
        assert 'inputmode="email"' in field_html(page, "email")
        assert "autofocus" in field_html(page, "email")
        assert 'autocomplete="current-password"' in field_html(page, "password")

    @pytest.mark.parametrize("path", ["/login", "/signup", "/logout"])
    def test_refuses_a_form_without_its_token(self, browser, path):
        user = person_new()

        response = browser.post(path, {"email": user.email, "password": PASSWORD, "full_name": "Asha"})

        assert response.status_code == 403
        assert not is_signed_in(browser)

    def test_is_not_kept_by_caches(self, browser):
        assert "no-store" in browser.get("/login")["Cache-Control"]


class TestLogout:
    def test_signs_this_browser_out(self, committed):
        user, browser, other = person_new(), Client(), Client()
        browser.force_login(user)
        other.force_login(user)

        response = browser.post("/logout")

        assert response["Location"] == reverse("login")
        assert not is_signed_in(browser)
        assert is_signed_in(other)

    def test_takes_a_form_only(self, committed):
        browser = Client()
        browser.force_login(person_new())

        assert browser.get("/logout").status_code == 405
        assert is_signed_in(browser)


class TestWithoutRedis:
    def test_people_sign_up_and_out_and_in(self, browser, settings):
        nobody_listens = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = settings.CACHES | {"default": nobody_listens}
        email = address_new()

        submit(browser, "/signup", email=email, password=PASSWORD, full_name="Asha Rao")
        was_in = is_signed_in(browser)
        page = browser.get("/")
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[0]
        browser.post("/logout", {"csrfmiddlewaretoken": token})
        was_out = not is_signed_in(browser)
        submit(browser, "/login", email=email, password=PASSWORD)

        assert (was_in, was_out, is_signed_in(browser)) == (True, True, True)
