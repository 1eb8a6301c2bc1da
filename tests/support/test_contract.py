"""The check behind the test client sees what it is for."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.ledger.desk import Api
from tests.support.contract import DOCUMENT, check

PERSON = DOCUMENT["components"]["schemas"]["Person"]["examples"][0]
HEADERS = {"X-Request-ID": "019ab1c2-0000", "ETag": '"x"'}


def answer(body, *, status=200, route="v1/me", content_type="application/json", headers=HEADERS):
    response = HttpResponse(json.dumps(body), status=status, content_type=content_type, headers=headers)
    response.resolver_match = SimpleNamespace(route=route)  # type: ignore[attr-defined]  # as the client does
    return response


def problem(code, status):
    said = DOCUMENT["components"]["examples"][code]["value"] | {"status": status}
    return answer(
        said,
        status=status,
        content_type="application/problem+json",
        headers=HEADERS | {"WWW-Authenticate": "Bearer"},
    )


class TestCheck:
    @pytest.mark.parametrize("response", [answer(PERSON), problem("session_ended", 401)])
    def test_lets_pass_what_is_as_said(self, response):
        check("GET", response)

    @pytest.mark.parametrize(
        ("response", "told"),
        [
            (answer(PERSON | {"password": "x"}), "password"),
            (answer({"id": PERSON["id"]}), "required"),
            (answer(PERSON | {"id": "7"}), "uuid"),
            (answer(PERSON | {"created_at": "yesterday"}), "date-time"),
            (answer(PERSON, status=201), "not in docs/openapi.json"),
            (answer(PERSON, content_type="text/html"), "text/html"),
            (answer(PERSON, headers={"X-Request-ID": "019ab1c2-0000"}), "ETag"),
            (answer(PERSON, route="v1/nobody"), "not in docs/openapi.json"),
            (problem("statement_posted", 401), "statement_posted"),
        ],
    )
    def test_refuses_what_is_not(self, response, told):
        with pytest.raises(AssertionError, match=told):
            check("GET", response)

    def test_refuses_a_body_that_should_not_have_worked(self):
        response = answer(
            DOCUMENT["components"]["schemas"]["Book"]["examples"][0], status=201, route="v1/books"
        )

        with pytest.raises(AssertionError, match="The body sent to POST /books"):
            check("POST", response, sent='{"name": "Home", "colour": "red"}')


class TestWatch:
    def test_stands_behind_every_client(self, asha, monkeypatch):
        seen = []
        monkeypatch.setattr("tests.support.contract.check", lambda method, response, **_: seen.append(method))

        Api(asha).get("me")
        Client().get("/login")

        assert seen == ["GET"]
