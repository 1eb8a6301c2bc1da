from __future__ import annotations

import pytest

from rupaya.core.openapi import example_of, resolve
from tests.support.contract import DOCUMENT


def said(path, method):
    return DOCUMENT["paths"][path][method]


class TestDocument:
    def test_refuses_fields_that_requests_do_not_have(self):
        assert DOCUMENT["components"]["schemas"]["TransactionIn"]["additionalProperties"] is False

    def test_leaves_answers_room_to_grow(self):
        assert "additionalProperties" not in DOCUMENT["components"]["schemas"]["Transaction"]

    def test_leaves_out_what_is_never_taken(self):
        assert (
            not {"kind", "type", "currency"}
            & DOCUMENT["components"]["schemas"]["AccountChangeIn"]["properties"].keys()
        )

    @pytest.mark.parametrize(
        ("path", "method", "security"),
        [
            ("/transactions", "get", [{"access_token": []}]),
            ("/auth/logout", "post", [{"access_token": []}, {}]),
            ("/auth/login", "post", None),
        ],
    )
    def test_says_who_signs_in(self, path, method, security):
        assert said(path, method).get("security") == security

    def test_names_the_refusals_of_a_guard_without_being_told(self):
        answers = said("/transactions", "post")["responses"]

        codes = resolve(DOCUMENT, answers["422"])["content"]["application/problem+json"]["examples"]
        assert {"period_closed", "account_closed", "idempotency_key_reused"} <= codes.keys()

    def test_says_how_to_repeat_and_to_be_sure(self):
        names = {one["name"] for one in said("/transactions/{transaction_id}/void", "post")["parameters"]}

        assert {"Idempotency-Key", "If-Match", "book_id", "transaction_id"} == names

    def test_says_which_parameter_may_be_empty(self):
        taken = {
            one["name"]: one.get("allowEmptyValue", False) for one in said("/accounts", "get")["parameters"]
        }

        assert taken == {"limit": True, "cursor": True, "book_id": False, "If-None-Match": False}

    def test_says_what_a_body_is_refused_for_where_none_is_meant(self):
        answers = said("/transactions/{transaction_id}/void", "post")["responses"]

        assert {"400", "413", "415"} <= answers.keys()


class TestExampleOf:
    def test_of_a_page_is_one_of_its_rows(self):
        page = example_of(DOCUMENT, {"$ref": "#/components/schemas/BookPage"})

        assert page == {
            "results": [DOCUMENT["components"]["schemas"]["Book"]["examples"][0]],
            "next": None,
            "previous": None,
        }

    def test_is_none_where_there_is_none(self):
        assert example_of(DOCUMENT, {"type": "string"}) is None
