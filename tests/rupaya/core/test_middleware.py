"""Around every request: its id, its log line, the tag of what it reads, and refusals as pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from rupaya.core.etag import etag_of
from rupaya.core.ids import uuid7
from rupaya.core.middleware import ANNOUNCED_BYTES_MAX, BodyLengthMiddleware, ConditionalMiddleware
from tests.ledger.desk import browser_of, record
from tests.rupaya.core.asking import bearer_of
from tests.rupaya.core.probe_urls import SECRET
from tests.support.limits import PROMISED

ROOT = Path(__file__).parent.parent.parent.parent
SCRIPT = """
import django; django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
for path in ("/v1/nothing?password=geheim", "/health", "/static/rupaya.css"):
    client.get(path, headers={"X-Request-ID": "phone-request-1"})
"""


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.fixture
def lines(caplog):
    """The lines of requests so far, each as its fields."""
    caplog.set_level("INFO", logger="rupaya.request")
    return lambda: [record.msg for record in caplog.records if record.name == "rupaya.request"]


class TestRequestMiddleware:
    def test_gives_each_request_an_id_of_its_own(self, client):
        first, second = client.get("/v1/nothing"), client.get("/v1/nothing")

        assert first["X-Request-ID"] != second["X-Request-ID"]
        assert first.json()["request_id"] == first["X-Request-ID"]

    @pytest.mark.parametrize("given", ["phone-request-1", "019ab1c2-0000-7000-8000-0123456789ab", "a.b_c-D1"])
    def test_keeps_a_callers_id_that_is_well_formed(self, client, given):
        assert client.get("/v1/nothing", headers={"X-Request-ID": given})["X-Request-ID"] == given

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "short",
            "x" * 65,
            "two words",
            "a\tb-cdefgh",
            "<script>12",
            "नमस्ते-नमस्ते",
            'say "hello"',
            "line\\nbreak",
        ],
    )
    def test_replaces_one_that_is_not(self, client, given):
        made = client.get("/v1/nothing", headers={"X-Request-ID": given.encode().decode("latin-1")})[
            "X-Request-ID"
        ]

        assert re.fullmatch(r"[0-9a-f-]{36}", made)

    def test_logs_one_line_a_request_without_its_query(self):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"LOG_LEVEL": "info"},
        )  # fmt: skip

        lines = [line for line in done.stdout.splitlines() if "request.finished" in line]
        assert len(lines) == 1
        for word in ("phone-request-1", "GET", "/v1/nothing", "404", "duration_ms"):
            assert word in lines[0]
        assert "geheim" not in done.stdout + done.stderr

    def test_tells_whose_request_it_was_on_a_phone_even_one_too_many(self, lines, client, settings, asha):
        settings.RATE_LIMITS = PROMISED | {"api": (1, 900)}

        answers = [client.get("/v1/me", headers=bearer_of(asha)).status_code for _ in range(2)]

        assert answers == [200, 429]
        assert [line["user_id"] for line in lines()] == [str(asha.user.pk)] * 2

    @pytest.mark.parametrize("path", ["/", "/admin/"])
    def test_tells_whose_request_it_was_on_the_web(self, lines, asha, path):
        browser_of(asha).get(path)

        assert lines()[-1]["user_id"] == str(asha.user.pk)

    def test_tells_who_has_just_signed_up(self, lines, db):
        body = {"email": f"{uuid7()}@example.in", "password": "mango-lassi-42-Pune", "full_name": "Dev"}
        made = Client().post("/v1/auth/signup", body, content_type="application/json").json()

        assert lines()[-1]["user_id"] == made["user"]["id"]

    def test_tells_nobody_of_a_stranger(self, lines, client):
        client.get("/v1/nothing")

        assert "user_id" not in lines()[-1]


@pytest.mark.urls("tests.rupaya.core.probe_urls")
class TestRefusalBodyMiddleware:
    @pytest.mark.parametrize("status", [403, 405])
    def test_gives_a_page_to_a_refusal_without_words(self, client, status):
        response = client.get(f"/wordless/{status}")

        page = response.content.decode()
        assert response.status_code == status
        assert "<h1>" in page
        assert response["X-Request-ID"] in page

    @pytest.mark.parametrize(
        ("status", "code"), [(403, "forbidden"), (405, "method_not_allowed"), (418, "refused")]
    )
    def test_gives_problem_details_under_v1_whatever_was_there(self, client, status, code):
        response = client.get(f"/v1/wordless/{status}")

        assert response["Content-Type"] == "application/problem+json"
        assert (response.json()["status"], response.json()["code"]) == (status, code)

    @pytest.mark.parametrize("path", ["/wordless/405", "/v1/wordless/405"])
    def test_keeps_what_was_said_in_headers(self, client, path):
        assert client.get(path)["Allow"] == "GET"

    def test_leaves_words_of_a_page_alone(self, client):
        assert client.get("/wordless/418").content == b"Nope"


class TestBodyLengthMiddleware:
    @pytest.mark.parametrize("path", ["/login", "/v1/auth/login"])
    def test_refuses_a_body_without_a_length(self, path):
        request = RequestFactory().post(path, headers={"Transfer-Encoding": "chunked"})
        del request.META["CONTENT_LENGTH"]
        request.request_id = "request-1"  # type: ignore[attr-defined]

        response = BodyLengthMiddleware(lambda _: HttpResponse())(request)

        assert response.status_code == 411

    def test_tells_it_to_an_origin_that_may_see_it_and_counts_it(self, client, db):
        response = client.post(
            "/v1/auth/login", b"x", content_type="application/json", CONTENT_LENGTH=str(ANNOUNCED_BYTES_MAX + 1),
            headers={"Origin": "https://app.rupaya.com"},
        )  # fmt: skip

        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert response["Access-Control-Allow-Origin"] == "https://app.rupaya.com"
        assert response.has_header("RateLimit-Remaining")


def read_out(body=b"{}", *, method="GET", path="/v1/x", asked=None, **answer):
    """What becomes of an answer to a request with these headers."""
    middleware = ConditionalMiddleware(
        lambda _: HttpResponse(body, **{"content_type": "application/json"} | answer)
    )
    return middleware(RequestFactory().generic(method, path, headers=asked or {}))


class TestConditionalMiddleware:
    def test_tags_the_very_bytes(self):
        response = read_out(b'{"a":1}')

        assert response["ETag"] == etag_of(b'{"a":1}') == read_out(b'{"a":1}', method="HEAD")["ETag"]
        assert response["ETag"] != read_out(b'{"a": 1}')["ETag"]
        assert response["Cache-Control"] == "private, no-cache"
        assert response["Vary"] == "Authorization"

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
    def test_tells_who_has_it_that_it_is_unchanged(self, method, form):
        whole = read_out(method=method)
        response = read_out(method=method, asked={"If-None-Match": form.format(whole["ETag"])})

        assert (response.status_code, response.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary"):
            assert response[name] == whole[name]
        assert {"Content-Type", "Content-Length"}.isdisjoint(response.headers)

    @pytest.mark.parametrize("header", ["", '"x"', "nonsense", "W/", "null"])
    def test_gives_everything_to_who_has_another_or_none(self, header):
        assert read_out(b"[]", asked={"If-None-Match": header}).content == b"[]"

    def test_keeps_what_the_view_has_said(self):
        said = {"ETag": '"v7"', "Cache-Control": "private, max-age=60", "Vary": "Accept-Language"}
        response = read_out(headers=said | {"Content-Type": "application/json"}, content_type=None)

        assert {name: response[name] for name in said} == said | {"Vary": "Accept-Language, Authorization"}

    def test_compares_with_the_tag_of_the_view(self):
        said = {"ETag": '"v7"', "Content-Type": "application/json"}
        asked = {"If-None-Match": '"v7"'}

        assert read_out(headers=said, content_type=None, asked=asked).status_code == 304

    def test_refuses_a_read_of_another_state_than_the_one_asked_for(self):
        tag = read_out()["ETag"]

        refusal = read_out(asked={"If-Match": '"x"', "If-None-Match": tag})

        assert (refusal.status_code, refusal["Content-Type"]) == (412, "application/problem+json")
        assert json.loads(refusal.content)["code"] == "precondition_failed"
        assert "ETag" not in refusal
        assert read_out(asked={"If-Match": tag}).status_code == 200

    @pytest.mark.parametrize(
        "other",
        [
            {"path": "/transactions"},
            {"path": "/v10/x"},
            {"method": "POST"},
            {"method": "PATCH"},
            {"status": 201},
            {"status": 404},
            {"content_type": "application/problem+json"},
            {"content_type": "text/csv"},
        ],
        ids=str,
    )
    def test_leaves_every_other_answer_alone(self, other):
        response = read_out(**other, asked={"If-None-Match": "*", "If-Match": '"x"'})

        assert response.content == b"{}"
        assert {"ETag", "Cache-Control", "Vary"}.isdisjoint(response.headers)

    def test_leaves_a_stream_alone(self):
        stream = StreamingHttpResponse([b"{}"], content_type="application/json")

        response = ConditionalMiddleware(lambda _: stream)(RequestFactory().get("/v1/x"))  # type: ignore[arg-type,return-value]

        assert "ETag" not in response

    def test_works_through_the_whole_house(self, db, asha):
        headers = bearer_of(asha)
        whole = Client().get("/v1/categories", headers=headers)
        tag = whole["ETag"]

        unchanged = Client().get("/v1/categories", headers=headers | {"If-None-Match": tag})

        assert tag == etag_of(whole.content)
        assert "Authorization" in whole["Vary"]
        assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", tag)
        assert "Content-Length" not in unchanged  # 0 would be a lie about the answer that was not sent
        assert unchanged["Cache-Control"] == "private, no-cache"
        assert unchanged["X-Content-Type-Options"] == "nosniff"
        assert unchanged["X-Request-ID"] != whole["X-Request-ID"]

    def test_gives_a_new_tag_when_something_has_changed(self, db, asha):
        headers = bearer_of(asha)
        empty = Client().get("/v1/transactions", headers=headers)
        record(asha)

        response = Client().get("/v1/transactions", headers=headers | {"If-None-Match": empty["ETag"]})

        assert response.status_code == 200
        assert response["ETag"] != empty["ETag"]

    def test_tells_nobody_that_anothers_answer_is_unchanged(self, db, asha):
        tag = Client().get("/v1/categories", headers=bearer_of(asha))["ETag"]

        response = Client().get("/v1/categories", headers={"If-None-Match": tag})

        assert response.status_code == 401
        assert response["Cache-Control"] == "no-store"


@pytest.mark.urls("tests.rupaya.core.probe_urls")
class TestRefusalPageMiddleware:
    @pytest.mark.parametrize(
        ("name", "status", "words"),
        [("domain", 422, "March is shut."), ("missing", 404, ""), ("denied", 403, ""), ("suspicious", 400, ""),
         ("limit", 429, "Too many requests, please try again later."), ("unread", 408, ""),
         ("operational", 503, ""), ("pool", 503, ""), ("fault", 500, "")],
    )  # fmt: skip
    def test_answers_with_a_page_in_our_look(self, client, name, status, words):
        response = client.get(f"/probe/{name}")

        page = response.content.decode()
        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")
        assert words in page
        assert response["X-Request-ID"] in page
        for leak in (SECRET, "Traceback", "RuntimeError", "probe_urls"):
            assert leak not in page

    @pytest.mark.parametrize(("name", "seconds"), [("limit", "30"), ("operational", "5")])
    def test_says_when_to_come_back(self, client, name, seconds):
        assert client.get(f"/probe/{name}")["Retry-After"] == seconds

    def test_answers_with_problem_details_under_v1(self, client):
        response = client.get("/v1/open/fault")

        assert response.status_code == 500
        assert json.loads(response.content)["code"] == "internal_error"
