"""What a query may name, and what a body may hold where none is meant: on every address of the API."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.test import Client

from rupaya.core.parameters import (
    IDS_MAX,
    FilterInvalid,
    ParameterInvalid,
    choice_read,
    day_read,
    ids_read,
    parameters_check,
    truth_read,
)
from tests.ledger.desk import refused
from tests.rupaya.core.asking import bearer_of
from tests.support.contract import DOCUMENT

OPERATIONS = [
    (method, path) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"
]
BODILESS = [
    (method, path)
    for method, path in OPERATIONS
    if method != "get" and "requestBody" not in DOCUMENT["paths"][path][method]
]
JSON = "application/json"


@pytest.fixture
def ask(db, asha):
    """Sends a request to an address of the schema, whose ids are made up."""
    client = Client(headers=bearer_of(asha))

    def ask(method, path, query="", *, body=b"", content_type=JSON):
        parts = [str(uuid4()) if part.startswith("{") else part for part in path.split("/")]
        return client.generic(method.upper(), f"/v1{'/'.join(parts)}{query}", body, content_type=content_type)

    return ask


class TestParametersCheck:
    TAKES = {"book_id": False, "cursor": True}  # noqa: RUF012

    @pytest.mark.parametrize("query", ["", "book_id=1", "cursor=", "cursor=&book_id=0"])
    def test_lets_pass_what_is_taken(self, query):
        parameters_check(QueryDict(query), takes=self.TAKES)

    @pytest.mark.parametrize(
        ("query", "field", "code", "sentence"),
        [
            ("bookid=1", "bookid", "unknown",
             "This address has no parameter “bookid”; it takes book_id, cursor."),
            ("book_id=1&foo=1", "foo", "unknown",
             "This address has no parameter “foo”; it takes book_id, cursor."),
            (f"{'x' * 31}=1", "x" * 30, "unknown",
             "This address has no parameter of that name; it takes book_id, cursor."),
            ("book_id=1&book_id=1", "book_id", "twice",
             "The address gives book_id more than once; give it once."),
            ("book_id=", "book_id", "blank", "book_id is empty; give it a value, or leave it out."),
            ("book_id=%20", "book_id", "blank", "book_id is empty; give it a value, or leave it out."),
        ],
    )  # fmt: skip
    def test_names_what_is_not(self, query, field, code, sentence):
        with pytest.raises(ParameterInvalid) as raised:
            parameters_check(QueryDict(query), takes=self.TAKES)

        assert raised.value.message == sentence
        assert [(error.field, error.code) for error in raised.value.errors] == [(field, code)]

    def test_says_where_nothing_is_taken(self):
        with pytest.raises(ParameterInvalid, match=r"no parameter “x”; it takes none\."):
            parameters_check(QueryDict("x=1"), takes={})


class TestReaders:
    # Fixed: workers name the tests alike.
    ONE, TWO = UUID(int=1), UUID(int=2)

    @pytest.mark.parametrize(
        ("read", "text", "value"),
        [
            (lambda query: choice_read(query, "name", ("csv", "ndjson")), "csv", "csv"),
            (lambda query: choice_read(query, "name", ("csv", "ndjson")), "", ""),
            (lambda query: truth_read(query, "name"), "true", True),
            (lambda query: truth_read(query, "name"), "false", False),
            (lambda query: truth_read(query, "name"), "", None),
            (lambda query: day_read(query, "name"), "2024-02-29", dt.date(2024, 2, 29)),
            (lambda query: day_read(query, "name"), "", None),
            (lambda query: ids_read(query, "name"), f"{ONE},{TWO}", (ONE, TWO)),
            (lambda query: ids_read(query, "name"), "", None),
        ],
    )
    def test_read_a_value_or_none(self, read, text, value):
        assert read({"name": text}) == value
        assert read({}) == read({"name": ""})

    @pytest.mark.parametrize(
        ("read", "text", "sentence"),
        [
            (lambda query: choice_read(query, "name", ("csv", "ndjson")), "CSV", "name must be one of csv, ndjson."),
            (lambda query: truth_read(query, "name"), "yes", "name must be true or false."),
            (lambda query: day_read(query, "name"), "2026-02-30", "name: The calendar has no 2026-02-30."),
            (lambda query: ids_read(query, "name"), f"{ONE},", "name must be a UUID, or several with commas between."),
            (lambda query: ids_read(query, "name"), ",".join([str(ONE)] * (IDS_MAX + 1)), "name takes at most 50 ids."),
        ],
    )  # fmt: skip
    def test_name_the_parameter_that_is_wrong(self, read, text, sentence):
        with pytest.raises(FilterInvalid) as raised:
            read({"name": text})

        assert raised.value.message == sentence
        assert [error.field for error in raised.value.errors] == ["name"]


class TestEveryAddress:
    @pytest.mark.parametrize(("method", "path"), OPERATIONS)
    def test_refuses_a_name_that_it_does_not_know(self, ask, method, path):
        refused(ask(method, path, "?no_such_name=1"), 400, "parameter_invalid", "no_such_name")

    def test_refuses_it_of_a_head_too(self, ask):
        assert ask("head", "/accounts", "?foo=1").status_code == 400

    def test_asks_first_who_is_there(self, db):
        refused(Client().get("/v1/accounts?foo=1"), 401, "not_authenticated")

    @pytest.mark.parametrize("query", ["?book_id=", "?bookid=1", "?book_id=1&book_id=2"])
    def test_writes_to_no_book_that_was_not_meant(self, ask, query):
        body = b'{"type": "expense", "amount": 1, "description": "Tea"}'

        refused(ask("post", "/transactions", query, body=body), 400, "parameter_invalid")

    def test_refuses_a_version_that_got_lost(self, ask):
        refused(ask("post", "/transactions/{id}/restore", "?version="), 400, "parameter_invalid", "version")


@pytest.mark.parametrize(("method", "path"), BODILESS)
class TestWhereNoBodyIsMeant:
    @pytest.mark.parametrize("body", [b"", b"{}"])
    def test_takes_none(self, ask, method, path, body):
        assert ask(method, path, body=body).status_code == 404

    def test_refuses_fields(self, ask, method, path):
        body = refused(ask(method, path, body=b'{"version": 1}'), 400, "invalid", "version")

        assert body["errors"][0]["code"] == "unknown_field"

    @pytest.mark.parametrize(
        ("sent", "content_type", "status", "code"),
        [(b"{", JSON, 400, "body_unreadable"), (b"[]", JSON, 400, "invalid"), (b"null", JSON, 400, "invalid"),
         (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
         (b"x" * 1_100_000, JSON, 413, "body_too_large"), (b"x" * 7_000_000, JSON, 413, "body_too_large")],
    )  # fmt: skip
    def test_refuses_anything_else(self, ask, method, path, sent, content_type, status, code):
        refused(ask(method, path, body=sent, content_type=content_type), status, code)
