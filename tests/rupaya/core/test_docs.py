from __future__ import annotations

import json

import pytest
from django.test import Client

from rupaya.core import docs
from rupaya.core.openapi import TAGS, document
from tests.support.contract import DOCUMENT


class TestSchema:
    def test_is_the_committed_one_with_this_servers_address(self, settings):
        response = Client().get("/v1/openapi.json")

        served = json.loads(response.content)
        assert response["Content-Type"] == "application/json"
        assert served["servers"] == [{"url": settings.API_BASE_URL}]
        assert served["paths"] == DOCUMENT["paths"]

    def test_is_not_sent_twice(self):
        first = Client().get("/v1/openapi.json")

        assert Client().get("/v1/openapi.json", headers={"If-None-Match": first["ETag"]}).status_code == 304

    @pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs", "/v1/docs/transaction_create"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
    def test_is_read_only(self, path, method):
        response = Client(enforce_csrf_checks=True).generic(method, path)

        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
        assert response["Allow"] == "GET, HEAD"
        assert response.has_header("RateLimit-Remaining")  # it is counted, and says so

    def test_is_made_once_a_process(self, monkeypatch):
        docs.served()
        monkeypatch.setattr(docs, "document", lambda **_: pytest.fail("made again"))

        assert docs.served()["openapi"] == "3.1.0"

    def test_names_another_server(self):
        made = document(server="https://api.rupaya.com/v1", version="9")

        assert (made["servers"], made["info"]["version"]) == ([{"url": "https://api.rupaya.com/v1"}], "9")


class TestReference:
    def test_lists_every_operation(self):
        page = Client().get("/v1/docs").content.decode()

        for path, item in DOCUMENT["paths"].items():
            for operation in item.values():
                assert f'/v1/docs/{operation["operationId"]}"' in page
            assert path in page
        assert [tag for tag in TAGS if f">{tag}<" not in page] == []

    @pytest.mark.parametrize(
        "operation",
        [operation for item in DOCUMENT["paths"].values() for operation in item.values()],
        ids=lambda operation: operation["operationId"],
    )
    def test_shows_each_of_them(self, operation):
        response = Client().get(f"/v1/docs/{operation['operationId']}")

        page = response.content.decode()
        assert response.status_code == 200
        assert f"<h1>{operation['summary']}</h1>" in page.replace("&#x27;", "'")
        assert "<code>internal_error</code>" in page
        assert "curl -s" in page

    def test_says_what_is_sent_and_given(self):
        page = Client().get("/v1/docs/transaction_create").content.decode()

        assert "&quot;description&quot;: &quot;Groceries&quot;" in page
        assert "Authorization: Bearer $TOKEN" in page
        assert "one of “income”, “expense”, “transfer”" in page
        assert "Idempotency-Key" in page
        assert "<code>period_closed</code>" in page

    def test_does_not_know_others(self):
        assert Client().get("/v1/docs/nothing").status_code == 404

    def test_lives_under_the_one_policy(self):
        response = Client().get("/v1/docs")

        assert "unsafe" not in response["Content-Security-Policy"]
        assert "<script>" not in response.content.decode()
