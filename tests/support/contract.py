"""Every answer of the API that any test gets is held against docs/openapi.json.

`watch()` puts a check behind Django's test client: status, media type, headers and body must be what the schema says of
that operation, with no field that it does not name; and what a request was done with must have been a body it allows.
About 50 µs an answer.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
from django.conf import settings
from django.test.client import Client, RequestFactory
from django.urls import Resolver404

DOCUMENT: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent.parent / "docs" / "openapi.json").read_bytes()
)
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
# What the schema is not about.
OUTSIDE: Final = frozenset(
    {"", "/csp-reports", "/docs", "/docs/{name}", "/openapi.json"}
)  # what the schema is not about
_UNDOCUMENTED: Final = frozenset({404, 405, 500})  # where there is no operation


def watch() -> None:
    """Will check every answer from now on; once a process."""

    @functools.wraps(RequestFactory.generic)
    def generic(self, method, path, data="", content_type="application/octet-stream", *args, **kwargs):
        response = RequestFactory.generic(self, method, path, data, content_type, *args, **kwargs)
        if path.startswith("/v1/") and settings.ROOT_URLCONF == "rupaya.urls" and method in METHODS:
            check(method, response, sent=data if content_type == "application/json" else "")
        return response

    Client.generic = generic  # type: ignore[method-assign]


def check(method: str, response, *, sent: str | bytes = "") -> None:
    """Will compare an answer with what is said of its operation; AssertionError says how they differ."""
    route = _route(response)
    item = DOCUMENT["paths"].get(route)
    operation = (item or {}).get(method.lower())
    if operation is None:
        if route not in OUTSIDE or (not route and response.status_code == 404):
            assert response.status_code in _UNDOCUMENTED, f"{method} {route} is not in docs/openapi.json"
            _check_body(json.dumps(PROBLEM), response.content, f"{method} {route}")
        return
    place = f"{method} {route} {response.status_code}"
    said = operation["responses"].get(str(response.status_code))
    assert said is not None, f"{place} is not in docs/openapi.json: {_shown(response)}"
    _check_headers(resolve(said), response, place)
    _check_content(resolve(said).get("content", {}), response, place)
    if sent and response.status_code < 300 and "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        _check_body(json.dumps(schema), sent, f"The body sent to {place}")


def resolve(said: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    while "$ref" in said:
        found: Any = DOCUMENT
        for part in said["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        said = found
    return said


def _route(response) -> str:
    try:
        route = response.resolver_match.route  # looked up only now
    except Resolver404:
        return ""
    return re.sub(r"<\w+:(\w+)>", r"{\1}", route).removeprefix("v1")


def _check_headers(said, response, place) -> None:
    for name, header in said.get("headers", {}).items():
        if resolve(header).get("required"):
            assert response.has_header(name), f"{place} lacks the header {name}"


def _check_content(content, response, place) -> None:
    if not content:
        assert response.content == b"", f"{place} has a body: {_shown(response)}"
        return
    assert response["Content-Type"] in content, f"{place} is {response['Content-Type']}"
    if response.streaming:
        return
    _check_body(json.dumps(content[response["Content-Type"]]["schema"]), response.content, place)


def _check_body(schema: str, body: bytes | str, place: str) -> None:
    errors = list(validator(schema).iter_errors(json.loads(body)))
    told = [f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}" for error in errors]
    assert not errors, f"{place} is not as docs/openapi.json says:\n" + "\n".join(told)


@functools.cache
def validator(schema: str):
    """The compiled validator of a schema; one of an answer allows no field that it does not name."""
    return jsonschema_rs.validator_for(
        {**json.loads(schema), "components": {"schemas": _closed()}}, validate_formats=True
    )


@functools.cache
def _closed() -> dict[str, Any]:
    """The shapes, each with nothing beside what it names."""
    return {
        name: {"additionalProperties": False, **schema} if "properties" in schema else schema
        for name, schema in DOCUMENT["components"]["schemas"].items()
    }


def _shown(response) -> str:
    return "" if response.streaming else response.content[:300].decode(errors="replace")
