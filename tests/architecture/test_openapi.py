"""docs/openapi.json is the API: made from the handlers as they are, valid, and nothing of it is left out."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

from rupaya.core.openapi import TAGS, document_bytes, example_of, resolve
from tests.support.contract import DOCUMENT, METHODS, validator

FILE = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
REFRESH = "run `manage.py openapi`"
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


@cache
def routes() -> set[str]:
    """Every method and address of a view of the API."""
    found = set()
    api = [entry for entry in get_resolver().url_patterns if str(entry.pattern) == "v1/"]
    for inner in [inner for entry in api for inner in getattr(entry, "url_patterns", ())]:
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{inner.pattern}")
        view = inner.callback.view_class
        found |= {f"{method} {path}" for method in METHODS if hasattr(view, method.lower())}
    return found


def bodies(operation) -> list[tuple[str, dict[str, Any]]]:
    """(where, schema) of each JSON body that is taken or given."""
    said = {"takes": operation.get("requestBody", {})} | operation["responses"]
    return [
        (where, content["schema"])
        for where, body in said.items()
        for media_type, content in resolve(DOCUMENT, body).get("content", {}).items()
        if media_type == "application/json"
    ]


class TestDocument:
    def test_is_fresh(self):
        assert FILE.read_bytes() == document_bytes(), f"docs/openapi.json is stale: {REFRESH}"

    def test_is_valid_openapi_3_1(self):
        assert DOCUMENT["openapi"].startswith("3.1.")
        validate_schema(DOCUMENT)

    def test_has_every_method_of_every_address(self):
        assert len(routes()) > 60
        assert {name for name, _ in OPERATIONS} == routes()

    def test_uses_every_part_that_it_defines(self):
        text = FILE.read_text()

        unused = [
            f"{kind}/{name}"
            for kind, parts in DOCUMENT["components"].items()
            if kind != "securitySchemes"
            for name in parts
            if f'"#/components/{kind}/{name}"' not in text
        ]
        assert unused == []

    def test_holds_no_mark_of_the_framework(self):
        assert '"x-spec' not in FILE.read_text()


class TestOperations:
    def test_have_names_of_their_own(self):
        names = [operation["operationId"] for _, operation in OPERATIONS]

        assert len(set(names)) == len(names)
        assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []

    @pytest.mark.parametrize(
        ("name", "operation"), OPERATIONS, ids=lambda value: value if isinstance(value, str) else ""
    )
    def test_say_what_they_are_for_and_when_they_refuse(self, name, operation):
        statuses = set(operation["responses"])

        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"][0] in TAGS
        assert {"406", "429", "500", "503"} <= statuses
        assert any(int(status) < 300 for status in statuses)
        assert ("401" in statuses) or operation["operationId"] in {
            "signup",
            "attachment_download",
            "config_get",
        }
        assert {"400", "408", "413", "415"} <= statuses or "requestBody" not in operation

    @pytest.mark.parametrize(
        ("name", "operation"), OPERATIONS, ids=lambda value: value if isinstance(value, str) else ""
    )
    def test_show_examples_that_are_as_they_say(self, name, operation):
        for where, schema in bodies(operation):
            example = example_of(DOCUMENT, schema)
            if example is None:
                assert operation["operationId"].startswith("report_"), f"{where} has no example"
            else:
                errors = [error.message for error in validator(json.dumps(schema)).iter_errors(example)]
                assert errors == []


class TestRefusals:
    def test_are_each_shown_as_they_come(self):
        problem = jsonschema_rs.validator_for(
            {
                "$ref": "#/components/schemas/Problem",
                "components": {"schemas": DOCUMENT["components"]["schemas"]},
            }
        )

        examples = DOCUMENT["components"]["examples"]
        assert len(examples) > 90
        for code, example in examples.items():
            assert example["value"]["code"] == code
            assert problem.is_valid(example["value"])

    def test_are_all_in_the_apis_reference(self):
        text = (FILE.parent / "API.md").read_text()

        assert sorted(code for code in DOCUMENT["components"]["examples"] if f"`{code}`" not in text) == []
