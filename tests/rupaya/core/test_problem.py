"""Every error of the API: problem details with one sentence and the request's id, never a 500."""

from __future__ import annotations

import json

import pytest
from django.http import UnreadablePostError
from django.test import Client
from rest_framework.exceptions import ErrorDetail
from rest_framework.test import APIRequestFactory

from rupaya.core.errors import FieldError
from rupaya.core.problem import ERRORS_MAX, exception_handler, field_errors, problem, problem_title
from tests.rupaya.core.asking import bearer_of
from tests.rupaya.core.probe_urls import SECRET

# The last four are cursors of the right length: with NUL, with no date, with no id, with a year beyond all calendars.
QUERIES = [
    "limit=0", "limit=0000000100000", "cursor=x", "type=x", "book_id=x", "book_id=%00", "cursor=%00",
    "cursor=WzAsIlx1MDAwMCIsIlx1MDAwMCJd", "cursor=WzAsImEiLCJiIl0", "cursor=WzAsIjIwMjYtMDEtMDEiLCJiIl0",
    "cursor=WzAsIjk5OTk5LTAxLTAxIiwiMDE5YWIxYzItMDAwMC03MDAwLTgwMDAtMDEyMzQ1Njc4OWFiIl0",
]  # fmt: skip


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


@pytest.fixture
def bearer(committed, asha):
    return bearer_of(asha)


def assert_problem(response, status):
    body = json.loads(response.content)
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert body["status"] == status
    assert body["request_id"] == response["X-Request-ID"] != ""
    assert body["error"] == body["detail"] != ""
    assert body["title"]
    assert body["code"]
    assert body["error"].endswith((".", "”"))
    assert SECRET not in response.content.decode()
    return body


class TestProblem:
    def test_caps_the_field_errors(self):
        errors = tuple(FieldError(f"f{number}", "invalid", "x") for number in range(ERRORS_MAX + 5))

        body = problem(status=400, code="c", title="t", detail="d", request_id="r", errors=errors)

        assert len(body["errors"]) == ERRORS_MAX

    def test_leaves_errors_out_where_there_are_none(self):
        assert "errors" not in problem(status=400, code="c", title="t", detail="d", request_id="r")


class TestTitles:
    @pytest.mark.parametrize(
        ("status", "code", "title"),
        [
            (400, "invalid", "Some of the input is not valid"),
            (401, "not_authenticated", "You are not signed in"),
            (403, "forbidden", "You may not do this"),
            (404, "not_found", "There is nothing here"),
            (412, "precondition_failed", "This has changed since you read it"),
            (429, "too_many_requests", "Too many requests, please try again later"),
            (503, "unavailable", "The service is not available right now"),
        ],
    )
    def test_are_those_of_the_families(self, status, code, title):
        assert problem_title(status) == (code, title)


class TestFieldErrors:
    def test_flattens_what_is_nested(self):
        detail = {
            "amount": [ErrorDetail("A.", code="a")],
            "splits": [{}, {"amount": [ErrorDetail("B.", code="b")]}],
            "non_field_errors": [ErrorDetail("C.", code="c")],
        }

        assert field_errors(detail) == (
            FieldError("amount", "a", "A."),
            FieldError("splits.1.amount", "b", "B."),
            FieldError("", "c", "C."),
        )


@pytest.mark.urls("tests.rupaya.core.probe_urls")
class TestExceptionHandler:
    @pytest.mark.parametrize(
        ("name", "status", "code"),
        [("domain", 422, "probe_shut"), ("missing", 404, "not_found"), ("denied", 403, "forbidden"),
         ("operational", 503, "unavailable"), ("pool", 503, "unavailable"), ("validation", 400, "invalid"),
         ("suspicious", 400, "invalid"), ("limit", 429, "too_many_requests"), ("throttled", 429, "too_many_requests"),
         ("unread", 408, "request_timeout"), ("fault", 500, "internal_error")],
    )  # fmt: skip
    def test_answers_what_a_view_raises(self, client, bearer, name, status, code):
        response = client.get(f"/v1/probe/{name}", headers=bearer)

        assert assert_problem(response, status)["code"] == code

    def test_carries_the_refusals_own_words_and_fields(self, client, bearer):
        body = assert_problem(client.get("/v1/probe/domain", headers=bearer), 422)

        assert body["title"] == "The period is shut"
        assert body["error"] == "March is shut."
        assert body["errors"] == [{"field": "date", "code": "shut", "message": "Choose a later date."}]

    def test_names_a_nested_field(self, client, bearer):
        body = assert_problem(client.get("/v1/probe/validation", headers=bearer), 400)

        assert body["errors"] == [{"field": "splits.1.amount", "code": "invalid", "message": "Too much."}]
        assert body["error"] == "splits.1.amount: Too much."

    def test_names_the_limit_and_when_to_come_back(self, client, bearer):
        response = client.get("/v1/probe/limit", headers=bearer)

        body = assert_problem(response, 429)
        assert response["Retry-After"] == "30"
        assert body["error"] == "Too many requests, please try again later."
        assert body["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
        assert body["violated-policies"] == ["api"]

    def test_asks_to_come_back_when_the_database_is_away(self, client, bearer):
        assert client.get("/v1/probe/operational", headers=bearer)["Retry-After"] == "5"


class TestStoppedBody:
    def test_is_a_timeout_of_the_clients_and_no_fault_of_ours(self, committed):
        request = APIRequestFactory().post("/v1/auth/login", b"{", content_type="application/json")

        answer = exception_handler(UnreadablePostError("timed out"), {"request": request})

        assert answer is not None
        assert (answer.status_code, answer.data["code"]) == (408, "request_timeout")


class TestBadInput:
    """What the contract says of every address, tried on real ones."""

    def test_answers_an_unknown_address(self, client):
        assert_problem(client.get("/v1/nothing"), 404)

    def test_answers_an_unknown_method(self, client, bearer):
        response = client.delete("/v1/categories", headers=bearer)

        assert_problem(response, 405)
        assert "GET" in response["Allow"]

    def test_answers_a_representation_that_it_does_not_have(self, client, bearer):
        assert_problem(client.get("/v1/categories", headers={**bearer, "Accept": "text/csv"}), 406)

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense", ""]
    )
    def test_answers_a_body_of_another_kind(self, client, kind):
        assert_problem(client.post("/v1/auth/login", b"email=a", content_type=kind), 415)

    def test_answers_somebody_who_is_not_signed_in(self, client, committed):
        response = client.get("/v1/categories")

        assert_problem(response, 401)
        assert response["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "header",
        ["Bearer", "Bearer x", "Basic eDp5", "Bearer a b", "x" * 9000, "Bearer eyJ.eyJ.x", "Bearer \xff"],
    )
    def test_answers_a_credential_that_is_none(self, client, committed, header):
        assert_problem(client.get("/v1/categories", headers={"Authorization": header}), 401)

    @pytest.mark.parametrize(
        "raw",
        [b"", b"{", b"[]", b"null", b'"x"', b"1", b"{'a': 1}", b"\xff\xfe",
         b"[" * 5000, b'{"a":' * 5000, b'{"email": "\\u0000"}',
         b'{"email": "\\ud800"}', b'{"email": "a@b.in", "email": "c@d.in"}',
         b'{"email": ' + b"9" * 5000 + b"}", b'{"email": 1e999999999999999999999}',
         b'{"email": NaN}', b'{"email": {"a": 1}}', b'{"email": [1]}',
         b'{"email": "a@b.in", "password": "x", "admin": true}'],
        ids=lambda raw: raw[:20].decode("latin-1"),
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["auth/login", "auth/signup", "auth/refresh", "auth/logout"])
    def test_answers_any_body_with_a_refusal(self, client, committed, path, raw):
        response = client.post(f"/v1/{path}", raw, content_type="application/json")

        assert_problem(response, response.status_code)
        assert 400 <= response.status_code < 500

    @pytest.mark.parametrize(
        "amount",
        ["-1", "0", "1e400", "0.001", "99999999999999999999", '"1,000"', '""', "true", "null", "[]", "{}",
         '"₹5"', '"१"',
         "500.000000000000000000000000000001", "9" * 4000],
        ids=lambda text: text[:20],
    )  # fmt: skip
    def test_answers_any_amount_with_a_refusal_that_names_it(self, client, bearer, amount):
        raw = f'{{"type": "expense", "amount": {amount}, "description": "x"}}'.encode()

        response = client.post("/v1/transactions", raw, content_type="application/json", headers=bearer)

        body = assert_problem(response, 400)
        assert [error["field"] for error in body["errors"]] == ["amount"]

    @pytest.mark.parametrize("query", QUERIES)
    def test_answers_any_query_of_the_api_with_a_refusal(self, client, bearer, query):
        assert_problem(client.get(f"/v1/transactions?{query}", headers=bearer), 400)

    @pytest.mark.parametrize("query", QUERIES)
    def test_answers_any_query_of_a_page_without_a_fault(self, client, committed, asha, query):
        client.force_login(asha.user)

        assert client.get(f"/transactions?{query}").status_code in {200, 400}

    def test_answers_a_body_that_is_too_large(self, client):
        raw = b'{"email": "' + b"x" * 1024 * 1024 + b'"}'

        assert_problem(client.post("/v1/auth/login", raw, content_type="application/json"), 413)

    def test_answers_a_host_that_is_not_ours(self, client):
        assert_problem(client.get("/v1/categories", headers={"Host": "evil.example"}), 400)
