"""The API's schema, OpenAPI 3.1, from what the handlers say of themselves (`rupaya.core.operations`)."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import orjson
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from rupaya import __version__
from rupaya.core.api import Input
from rupaya.core.errors import DomainError, Invalid, NotFound
from rupaya.core.operations import Bytes, Operation, Output, operation_of
from rupaya.core.parameters import ParameterInvalid
from rupaya.core.parsers import BodyTooLarge, BodyUnreadable
from rupaya.core.problem import CONTENT_TYPE, problem, problem_title

Schema: TypeAlias = dict[str, Any]
Refusal: TypeAlias = tuple[int, str, str]  # status, code, title

BEARER: Final = "access_token"
_SERVER: Final = "http://localhost:8000/v1"
_EVERYWHERE: Final = (406, 414, 429, 431, 500, 503)
_WITH_BODY: Final = (408, 411, 415, 417, 501)
_REQUEST_ID: Final = "019ab1c2-5d70-7000-8000-0123456789ab"
_ABOUT: Final = """\
The money of Indian households, by double entry. JSON in UTF-8, snake_case; ids are UUIDs, instants RFC 3339 in UTC,
days `YYYY-MM-DD`. An `amount` is in major units (rupees), beside it stands the exact `amount_minor` (paise).

Sign in with `POST /auth/login`, then send `Authorization: Bearer <access_token>`. Where the path names no book,
`?book_id=` does; without it the person's first book is meant. Lists are `{results, next, previous}`. Every refusal is
`application/problem+json` with a stable `code` and one sentence, `error`, that can be shown to people.
"""
TAGS: Final[Mapping[str, str]] = {
    "config": "What an app must know first.",
    "auth": "Signing up, in and out.",
    "me": "Who is signed in.",
    "flags": "What is on for them.",
    "books": "Books, their members, and who sees what.",
    "invitations": "Joining a book.",
    "accounts": "What is owned and owed.",
    "categories": "Why money comes in and goes out.",
    "transactions": "What happened, and how it changed.",
    "attachments": "Receipts and other papers.",
    "statements": "A bank's files.",
    "reports": "Where a book stands, and what moved it.",
    "sync": "What a phone has not heard of yet.",
    "audit": "Who did what.",
}
_HEADERS: Final[Mapping[str, Schema]] = {
    "X-Request-ID": {"description": "Names this request in our logs; yours, where you sent one.", "required": True},
    "ETag": {"description": "The tag of what was given, for `If-Match` and `If-None-Match`.", "required": True},
    "Location": {"description": "Where the new thing is."},
    "Content-Disposition": {"description": "The file's name.", "required": True},
    "Idempotency-Replayed": {"description": "`true`: the key's first request was answered so."},
    "WWW-Authenticate": {"description": "How to sign in.", "required": True},
    "Retry-After": {"description": "Seconds after which to come back.", "schema": {"type": "integer"}},
    "RateLimit-Limit": {"description": "Requests in a window.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "Requests left in the window.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the window is over.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {"description": "The limit, its window in seconds, and its name."},
    "RateLimit": {"description": "What is left of the limit by that name."},
}  # fmt: skip
_LIMITS: Final = tuple(name for name in _HEADERS if name.startswith("RateLimit"))
_BY_STATUS: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After", *_LIMITS), 503: ("Retry-After",)}


class FieldErrorOut(Output):
    """One wrong input: which field, a stable code, and how to mend it."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemOut(Output):
    """A refusal (RFC 9457). `error` and `detail` are the same sentence, fit to be shown."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    error = serializers.CharField()
    request_id = serializers.CharField()
    errors = FieldErrorOut(many=True, required=False)  # type: ignore[assignment]  # a field, in the place of an attribute

    def get_fields(self) -> dict[str, Any]:
        """Also the one whose name the draft of RateLimit headers writes with a hyphen: which limits were reached."""
        names = serializers.ListField(child=serializers.CharField(), required=False)
        return {**super().get_fields(), "violated-policies": names}


class OperationSchema(AutoSchema):
    """Reads an operation off its handler. Named in the settings as DEFAULT_SCHEMA_CLASS."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        """Will add the refusals and the headers to what the framework can see."""
        self.path = args[0]
        operation: Schema = super().get_operation(*args, **kwargs) or {}
        said = self.said
        for parameter in operation.get("parameters", []):
            if said.parameters.get(parameter["name"]) and parameter["in"] == "query":
                parameter["allowEmptyValue"] = True  # as if it were not there
        for status, shape in said.gives.items():
            operation["responses"][str(status)] = self._answer(status, shape, said)
        refusals = _refusals(self._refusals())
        operation["responses"] |= {str(status): refused for status, refused in refusals}
        operation["responses"] = dict(sorted(operation["responses"].items()))
        self.resolve_serializer(ProblemOut, "response")
        return operation

    @property
    def said(self) -> Operation:
        """What the handler says; raises LookupError."""
        return operation_of(self.view, self.method)

    def get_operation_id(self) -> str:
        """As said."""
        return self.said.name

    def get_summary(self) -> str:
        """As said."""
        return self.said.summary

    def get_description(self) -> str:  # type: ignore[override]  # as the framework's own
        """The handler's docstring."""
        text = inspect.getdoc(getattr(self.view, self.method.lower())) or ""
        return text.removeprefix("Will ")[:1].upper() + text.removeprefix("Will ")[1:]

    def get_tags(self) -> list[str]:
        """The first part of the address."""
        return [self.path.removeprefix("/v1/").split("/", 1)[0]]

    def get_auth(self) -> list[Schema]:
        """A token, or nothing, or either."""
        if self.view.get_authenticators():
            return [{BEARER: []}]
        return [{BEARER: []}, {}] if self.said.is_sign_in_optional else []

    def get_request_serializer(self) -> Any:
        """As said."""
        return self.said.takes

    def get_response_serializers(self) -> Any:
        """None here: `get_operation` writes the answers."""
        return {}

    def get_override_parameters(self) -> list[Any]:
        """The query and the headers, as said."""
        return [
            OpenApiParameter(
                ask.name,
                type=dict(ask.schema),
                location=ask.place,
                required=ask.is_required,
                description=ask.description,
                examples=[] if ask.example is None else [OpenApiExample("example", value=ask.example)],
            )
            for ask in self.said.asks
        ]

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        """Says of each id what it names."""
        found: list[Schema] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        return [
            {**one, "description": f"The {one['name'].removesuffix('_id').replace('_', ' ')}'s id."}
            for one in found
        ]

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002
        """What a request may hold is all that it may hold; texts of answers may be empty."""
        schema = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        kind: Any = serializer if isinstance(serializer, type) else type(serializer)
        if issubclass(kind, Input):
            schema["additionalProperties"] = False
        if issubclass(kind, Output):
            for part in schema.get("properties", {}).values():
                part.pop("minLength", None)
        if getattr(kind, "example", None) is not None:
            schema["examples"] = [kind.example]
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002
        """A field of ours says its own schema."""
        if not hasattr(field, "json_schema"):
            schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
            if isinstance(field, serializers.ListField) and not field.allow_empty:
                schema["minItems"] = max(1, schema.get("minItems", 0))
            return schema
        own = field.json_schema
        if own is None:
            return None
        meta = self._get_serializer_field_meta(field, direction)  # type: ignore[no-untyped-call]
        is_nullable = meta.pop("nullable", False)
        return {**(_or_null(own) if is_nullable else own), **meta}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:  # noqa: ARG002
        """`BookOut` is a Book to those who write clients."""
        return type(serializer).__name__.removesuffix("Out")

    def _answer(self, status: int, shape: Any, said: Operation) -> Schema:
        answer: Schema = {
            "description": said.summary,
            "headers": _header_refs(("X-Request-ID", *said.headers, *_LIMITS)),
        }
        if status == 304:
            answer["description"] = "What you have is what is there."
        if shape is not None and issubclass(shape, Bytes):
            binary = {"schema": {"type": "string", "format": "binary"}}
            answer["content"] = dict.fromkeys(shape.media_types, binary)
        elif shape is not None:
            answer["content"] = {
                "application/json": {"schema": self.resolve_serializer(shape, "response").ref}
            }
        return answer

    def _refusals(self) -> list[Refusal]:
        """All that the operation may be refused for: by its own rules, and by everybody's."""
        classes: list[type[DomainError]] = list(self.said.refuses)
        for authenticator in self.view.get_authenticators():
            classes += getattr(authenticator, "refuses", ())
        classes.append(ParameterInvalid)
        statuses = list(_EVERYWHERE)
        if "{" in self.path:
            classes.append(NotFound)  # what is no id finds nothing
        if self.method != "GET":  # one that takes no body may be sent one
            classes += [Invalid, BodyUnreadable, BodyTooLarge]
            statuses += _WITH_BODY
        return [(cls.status, cls.code, cls.title) for cls in classes] + [
            (status, *problem_title(status)) for status in statuses
        ]


def document(*, server: str, version: str) -> Schema:
    """The whole schema as JSON, made anew: a quarter of a second. server: the base address of the API."""
    generated = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    made: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.APP_NAME} API",
            "version": version,
            "summary": "One place for every rupee a household earns, spends, owes and owns.",
            "description": _ABOUT,
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": generated["paths"],
        "components": {
            "schemas": generated["components"]["schemas"],
            "responses": {},
            "examples": {},
            "headers": {name: {"schema": {"type": "string"}, **header} for name, header in _HEADERS.items()},
            "securitySchemes": {
                BEARER: {"type": "http", "scheme": "bearer", "description": "From signing up or in, or a refresh."}
            },
        },
    }  # fmt: skip
    _share(made)
    stripped: Schema = _strip(made)
    return stripped


def _refusals(found: Iterable[Refusal]) -> list[tuple[int, Schema]]:
    """The answers of refusals, one a status; what `_share` puts in one place is here in full."""
    by_status: dict[int, dict[str, str]] = {}
    for status, code, title in found:
        by_status.setdefault(status, {})[code] = title
    return [(status, _refusal(status, codes)) for status, codes in by_status.items()]


def _refusal(status: int, codes: Mapping[str, str]) -> Schema:
    codes = dict(sorted(codes.items()))
    headers = ("X-Request-ID", *_BY_STATUS.get(status, ()))
    return {
        "description": "\n".join(f"- `{code}`: {title}." for code, title in codes.items()),
        "headers": _header_refs(headers),
        "content": {
            CONTENT_TYPE: {
                "schema": {
                    "$ref": "#/components/schemas/Problem",
                    "properties": {"code": {"enum": list(codes)}},
                },
                "examples": {code: _example(status, code, title) for code, title in codes.items()},
            }
        },
    }


def _example(status: int, code: str, title: str) -> Schema:
    return {
        "summary": title,
        "value": problem(status=status, code=code, title=title, detail=f"{title}.", request_id=_REQUEST_ID),
    }


def _share(made: Schema) -> None:
    """Will put each refusal's example, and each refusal that several operations have, in one place."""
    components = made["components"]
    answers = [
        (operation["responses"], status)
        for path in made["paths"].values()
        for operation in path.values()
        for status in operation["responses"]
    ]
    users: dict[tuple[str, tuple[str, ...]], list[Schema]] = {}
    for responses, status in answers:
        examples = responses[status].get("content", {}).get(CONTENT_TYPE, {}).get("examples", {})
        for code, example in examples.items():
            components["examples"][code] = example
            examples[code] = {"$ref": f"#/components/examples/{code}"}
        if examples:
            users.setdefault((status, tuple(examples)), []).append(responses)
    numbers: Counter[str] = Counter()
    for (status, codes), found in sorted(users.items(), key=lambda item: item[0]):
        if len(found) > 1:
            phrase = _pascal(codes[0] if len(codes) == 1 else HTTPStatus(int(status)).phrase)
            numbers[phrase] += 1
            name = phrase if len(codes) == 1 else f"{phrase}{numbers[phrase]}"
            components["responses"][name] = found[0][status]
            for responses in found:
                responses[status] = {"$ref": f"#/components/responses/{name}"}
    components["examples"] = dict(sorted(components["examples"].items()))


def _pascal(words: str) -> str:
    return "".join(word.title() for word in re.split(r"[_ ]", words))


def _strip(value: Any) -> Any:
    """Without the marks that the framework leaves for itself."""
    if isinstance(value, dict):
        return {key: _strip(item) for key, item in value.items() if key != "x-spec-enum-id"}
    return [_strip(item) for item in value] if isinstance(value, list) else value


def _header_refs(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _or_null(schema: Mapping[str, Any]) -> Schema:
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"oneOf": [dict(schema), {"type": "null"}]}


def document_bytes() -> bytes:
    """The schema as docs/openapi.json holds it: of this version, for a server on this machine."""
    made = document(server=_SERVER, version=__version__)
    return orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def resolve(made: Schema, said: Schema) -> Schema:
    """What a part of the schema says, where it only refers to another."""
    while "$ref" in said:
        found: Any = made
        for part in said["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        said = found
    return said


def example_of(made: Schema, schema: Schema) -> Any:
    """The example of a shape; of a page, one of its rows; None where there is none."""
    found = resolve(made, schema)
    if "examples" in found:
        return found["examples"][0]
    rows = found.get("properties", {}).get("results", {}).get("items")
    if rows is None or "next" not in found["properties"]:
        return None
    return {"results": [example_of(made, rows)], "next": None, "previous": None}
