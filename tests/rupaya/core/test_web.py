"""What all pages share."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from psycopg_pool import PoolTimeout

from accounts.models import User
from rupaya.core.db import USER_AGENT_MAX, acting_as
from rupaya.core.errors import Unauthenticated
from rupaya.core.web import (
    actor_of,
    csrf_failure,
    is_api,
    page_context,
    refusal_page,
    server_error,
    user_id_of,
)


class Nobody:
    pk = None
    is_authenticated = False


def request(path="/", user=None, **extra):
    made: Any = RequestFactory().get(path, **extra)
    made.user = user or Nobody()
    made.request_id = "request-1"
    return made


class TestActorOf:
    def test_says_who_from_where_with_what(self, asha):
        made = request(user=asha.user, headers={"User-Agent": "Phone/1"}, REMOTE_ADDR="203.0.113.9")

        actor = actor_of(made)

        assert (actor.user_id, actor.kind, actor.address) == (asha.id, "user", "203.0.113.9")
        assert (actor.user_agent, actor.request_id, actor.session_id) == ("Phone/1", "request-1", None)

    def test_is_nobody_where_nobody_is_signed_in(self):
        assert actor_of(request()).user_id is None

    def test_is_kept_by_the_database_however_odd_the_browser(self, db):
        agent = "é₹\x7f" + "x" * 5000

        with acting_as(actor_of(request(headers={"User-Agent": agent}))):
            pass

        assert len(agent) > USER_AGENT_MAX


class TestUserIdOf:
    def test_is_the_persons(self, asha):
        assert user_id_of(request(user=asha.user)) == asha.id

    def test_refuses_nobody(self):
        with pytest.raises(Unauthenticated):
            user_id_of(request())


@pytest.mark.urls("tests.rupaya.core.probe_urls")
class TestPage:
    def test_sends_a_stranger_to_sign_in_and_back(self):
        response = Client().get("/own/well?x=1")

        assert response.status_code == 302
        assert response["Location"] == "/login?next=/own/well%3Fx%3D1"

    def test_shows_it_to_a_person(self, committed, asha):
        client = Client()
        client.force_login(asha.user)

        assert client.get("/own/well").content == b"well"

    @pytest.mark.parametrize("name", ["domain", "missing", "fault"])
    def test_undoes_everything_when_it_raises(self, committed, asha, name):
        client = Client(raise_request_exception=False)
        client.force_login(asha.user)

        client.get(f"/own/{name}")

        assert User.objects.get(pk=asha.id).full_name == "Asha Rao"


class TestPageContext:
    @pytest.mark.parametrize(
        ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', ""), ("", "")]
    )
    def test_takes_only_themes_that_exist(self, cookie, theme):
        made = request()
        made.COOKIES["theme"] = cookie

        assert page_context(made)["theme"] == theme


class TestIsApi:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [("/v1", True), ("/v1/x", True), ("/", False), ("/v1x", False), ("/x/v1/", False)],
    )
    def test_is_decided_by_the_path(self, path, expected):
        assert is_api(request(path)) is expected


class TestRefusalPage:
    @pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 410, 411, 413, 429, 503])
    def test_has_the_status(self, status):
        response = refusal_page(request(), None, status=status)

        assert response.status_code == status
        assert "request-1" in response.content.decode()


def fail(fault):
    raise fault


class TestServerError:
    @pytest.mark.parametrize("path", ["/", "/v1/x"])
    @pytest.mark.parametrize(
        ("fault", "status"), [(OperationalError(), 503), (PoolTimeout(), 503), (RuntimeError(), 500)]
    )
    def test_knows_a_database_that_went_away_between_two_middlewares(self, path, fault, status):
        try:
            fail(fault)
        except type(fault):
            response = server_error(request(path))

        assert response.status_code == status
        assert response.has_header("Retry-After") is (status == 503)


class TestCsrfFailure:
    def test_tells_the_person_to_load_the_page_again(self, committed):
        response = Client(enforce_csrf_checks=True).post("/login", {"email": "a@b.in"})

        assert response.status_code == 403
        assert "reload the page" in response.content.decode()
        assert response["X-Request-ID"] in response.content.decode()
        assert response["Content-Type"].startswith("text/html")

    def test_says_so_in_json_under_v1(self):
        response = csrf_failure(request("/v1/x"))

        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"
