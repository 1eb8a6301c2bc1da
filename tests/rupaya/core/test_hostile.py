"""Requests that no honest client sends, at API, pages, admin and files: refused in our words, never a fault."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client

from tests.rupaya.core.asking import bearer_of
from tests.rupaya.core.test_headers import EXPECTED

MB_20 = 20_000_000
JSON_BODY = {"content_type": "application/json"}
FORM_BODY = {"content_type": "application/x-www-form-urlencoded"}
UPLOAD = {"content_type": "multipart/form-data; boundary=x"}
LOOSE = {"content_type": "multipart/form-data"}
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
FIELDS = b"&".join(b"f%d=1" % number for number in range(600))


def length(text):
    return {"CONTENT_LENGTH": text}


# What is asked: (method, path, arguments of the client, the status that is expected).
API: dict[str, Any] = {
    "an unknown address": ("GET", "/v1/nothing", {}, 404),
    "the root": ("GET", "/v1", {}, 404),
    "a trailing slash": ("GET", "/v1/transactions/", {}, 404),
    "NUL in the path": ("GET", "/v1/transactions/%00", {}, 404),
    "an id that is none": ("GET", "/v1/transactions/1", {}, 404),
    "a method it has not": ("DELETE", "/v1/categories", {}, 405),
    "a method that nobody has": ("BREW", "/v1/categories", {}, 405),
    "TRACE": ("TRACE", "/v1/transactions", {}, 405),
    "a kind of answer it has not": ("GET", "/v1/categories", {"headers": {"Accept": "text/csv"}}, 406),
    "an Accept that is none": ("GET", "/v1/categories", {"headers": {"Accept": ";;;,=/"}}, 406),
    "a form": ("POST", "/v1/transactions", {"data": b"amount=1", **FORM_BODY}, 415),
    "no kind of body": ("POST", "/v1/transactions", {"data": b"{}", "content_type": ""}, 415),
    "a charset": ("POST", "/v1/transactions", {"data": b"{}", "content_type": "application/json; charset=utf-7"}, 400),
    "broken JSON": ("POST", "/v1/transactions", {"data": b'{"amount": ', **JSON_BODY}, 400),
    "no body": ("POST", "/v1/transactions", {"data": b"", **JSON_BODY}, 400),
    "a list": ("POST", "/v1/transactions", {"data": b"[]", **JSON_BODY}, 400),
    "5,000 brackets": ("POST", "/v1/transactions", {"data": b"[" * 5000, **JSON_BODY}, 400),
    "NUL in the body": ("POST", "/v1/transactions", {"data": b'{"description": "a\\u0000"}', **JSON_BODY}, 400),
    "a raw NUL": ("POST", "/v1/transactions", {"data": b'{"description": "a\x00"}', **JSON_BODY}, 400),
    "a lone surrogate": ("POST", "/v1/transactions", {"data": b'{"description": "\\udc00"}', **JSON_BODY}, 400),
    "one key twice": ("POST", "/v1/transactions", {"data": b'{"amount": 1, "amount": 2}', **JSON_BODY}, 400),
    "20 MB of JSON": ("POST", "/v1/transactions", {"data": b'"' + b"x" * MB_20 + b'"', **JSON_BODY}, 413),
    "20 MB of upload": ("POST", "/v1/statements", {"data": PART + b"x" * MB_20 + b"\r\n--x--\r\n", **UPLOAD}, 413),
    "an upload without a boundary": ("POST", "/v1/statements", {"data": b"x", **LOOSE}, 400),
    "an upload cut short": ("POST", "/v1/statements", {"data": PART + b"x", **UPLOAD}, 400),
    "another host": ("GET", "/v1/categories", {"headers": {"Host": "evil.example"}}, 400),
    "a host with a NUL": ("GET", "/v1/categories", {"headers": {"Host": "localhost\x00"}}, 400),
    "a length that is no number": ("POST", "/v1/transactions", {"data": b"{}", **JSON_BODY, **length("abc")}, 400),
    "a length below zero": ("POST", "/v1/transactions", {"data": b"{}", **JSON_BODY, **length("-5")}, 400),
    "a body of gigabytes": ("POST", "/v1/statements", {"data": b"x", **UPLOAD, **length("9999999999")}, 413),
    "600 parameters": ("GET", "/v1/transactions?" + "&".join(f"q{n}=1" for n in range(600)), {}, 400),
    "a cookie that is none": ("GET", "/v1/nothing", {"headers": {"Cookie": "sessionid=\x80; ;=;"}}, 404),
}  # fmt: skip
WEB: dict[str, Any] = {
    "an unknown address": ("GET", "/nothing", {}, 404),
    "NUL in the path": ("GET", "/%00", {}, 404),
    "a missing file": ("GET", "/static/nothing.css", {}, 404),
    "a way out of the files": ("GET", "/static/../../../etc/passwd", {}, 404),
    "a file that is posted to": ("POST", "/static/rupaya.css", {}, 405),
    "a method it has not": ("DELETE", "/transactions", {}, 405),
    "a method that nobody has": ("BREW", "/login", {}, 405),
    "no token": ("POST", "/login", {"data": b"email=a", **FORM_BODY}, 403),
    "no token in the admin": ("POST", "/admin/login/", {"data": b"username=a", **FORM_BODY}, 403),
    "a token that is none": ("POST", "/login", {"data": b"csrfmiddlewaretoken=%00", **FORM_BODY}, 403),
    "20 MB of form": ("POST", "/transactions/new", {"data": b"amount=" + b"1" * MB_20, **FORM_BODY}, 413),
    "600 fields": ("POST", "/transactions/new", {"data": FIELDS, **FORM_BODY}, 400),
    "an upload without a boundary": ("POST", "/statements", {"data": b"x", **LOOSE}, 400),
    "a body of gigabytes": ("POST", "/statements", {"data": b"x", **UPLOAD, **length("9999999999")}, 413),
    "another host": ("GET", "/", {"headers": {"Host": "evil.example"}}, 400),
    "a host that is none": ("GET", "/login", {"headers": {"Host": "a b/c"}}, 400),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _static_files_as_they_lie(settings):
    settings.STATIC_ROOT = settings.BASE_DIR / "static"


def ask(client, method, path, arguments):
    arguments = dict(arguments)
    data = arguments.pop("data", b"")
    response = client.generic(method, path, data, **arguments)
    response.close()
    assert {name: response.get(name) for name in EXPECTED} == EXPECTED
    assert response["X-Request-ID"]
    assert "Content-Security-Policy" in response
    return response


class TestApi:
    @pytest.mark.parametrize("what", API)
    def test_refuses_with_problem_details(self, committed, asha, what):
        method, path, arguments, status = API[what]
        arguments = {**arguments, "headers": bearer_of(asha) | arguments.get("headers", {})}

        response = ask(Client(raise_request_exception=False), method, path, arguments)

        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
        body = json.loads(response.content)
        assert body["status"] == status
        assert body["error"] == body["detail"]
        assert body["request_id"] == response["X-Request-ID"]

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
    def test_refuses_a_method_that_it_has_not_before_it_asks_who_it_is(self, committed, method):
        response = ask(Client(), method, "/v1/auth/login", JSON_BODY)

        assert response.status_code == (400 if method == "POST" else 405)

    def test_says_which_methods_there_are_and_nothing_else(self, committed, asha):
        response = ask(Client(), "OPTIONS", "/v1/transactions", {"headers": bearer_of(asha)})

        assert (response.status_code, response.content) == (204, b"")
        assert {"GET", "POST"} <= set(response["Allow"].split(", "))


class TestWeb:
    @pytest.mark.parametrize("what", WEB)
    def test_refuses_with_a_page_in_our_look(self, committed, asha, what):
        method, path, arguments, status = WEB[what]
        client = Client(raise_request_exception=False, enforce_csrf_checks="token" in what)
        client.force_login(asha.user)

        response = ask(client, method, path, arguments)

        page = response.content.decode()
        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")
        assert '<p class="trouble-code"' in page
        assert response["X-Request-ID"] in page
        assert "Traceback" not in page

    def test_says_what_is_wrong_with_20_mb_of_statement(self, committed, asha):
        client = Client(raise_request_exception=False)
        client.force_login(asha.user)
        file = io.BytesIO(b"x" * MB_20)
        file.name = "statement.txt"

        response = client.post("/statements", {"file": file})

        assert response.status_code == 413
        assert "up to 5 MB" in response.content.decode()
