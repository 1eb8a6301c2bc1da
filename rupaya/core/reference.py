"""The API's reference as its page shows it: one operation at a time, made from the schema. No HTTP, no database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rupaya.core.openapi import BEARER, TAGS, Schema, example_of, resolve

_LIMITS: Final = {
    "minimum": "from",
    "exclusiveMinimum": "more than",
    "maximum": "to",
    "maxLength": "characters at most",
}
DEPTH_MAX: Final = 3  # of fields inside fields
_METHODS: Final = ("get", "post", "patch", "put", "delete")


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter or a field: `is_required` of what is sent, `level` how deep it lies."""

    name: str
    kind: str
    text: str
    is_required: bool
    level: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation gives with a status; '' for an example where there is no body."""

    status: str
    text: str
    parts: tuple[Part, ...]
    headers: tuple[Part, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal: its status, its code, and what it means."""

    status: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Link:
    """An operation in the list of all."""

    name: str
    method: str
    path: str
    summary: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation with everything that is said of it."""

    link: Link
    text: str
    needs_sign_in: bool
    parameters: tuple[Part, ...]
    body: tuple[Part, ...]
    media_type: str
    answers: tuple[Answer, ...]
    refusals: tuple[Refused, ...]
    call: str


def links_of(document: Schema) -> list[tuple[str, str, list[Link]]]:
    """Every operation below its tag: (tag, what it is about, operations)."""
    found: dict[str, list[Link]] = {tag: [] for tag in TAGS}
    for path, method, operation in _operations(document):
        found[operation["tags"][0]].append(_link(path, method, operation))
    return [(tag, TAGS[tag], links) for tag, links in found.items()]


def shown_of(document: Schema, *, name: str) -> Shown | None:
    """The operation of that name, or None."""
    for path, method, operation in _operations(document):
        if operation["operationId"] == name:
            return _shown(document, path, method, operation)
    return None


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _link(path: str, method: str, operation: Schema) -> Link:
    return Link(operation["operationId"], method.upper(), path, operation["summary"])


def _shown(document: Schema, path: str, method: str, operation: Schema) -> Shown:
    bodies: dict[str, Schema] = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(bodies), "")
    body: Schema = bodies.get(media_type, {})
    answers: list[Answer] = []
    refusals: list[Refused] = []
    for status, said in operation["responses"].items():
        answer = resolve(document, said)
        if int(status) < 400:
            answers.append(_answer(document, status, answer))
        else:
            refusals += _refused(document, status, answer)
    return Shown(
        link=_link(path, method, operation),
        text=operation["description"],
        needs_sign_in={BEARER: []} in operation.get("security", []),
        parameters=tuple(_parameter(document, one) for one in operation.get("parameters", [])),
        body=tuple(_parts(document, body.get("schema", {}))),
        media_type=media_type,
        answers=tuple(answers),
        refusals=tuple(refusals),
        call=_call(document, path, method, operation),
    )


def _answer(document: Schema, status: str, answer: Schema) -> Answer:
    content: list[Schema] = [*answer.get("content", {}).values(), {}]
    schema = content[0].get("schema", {})
    example = example_of(document, schema)
    headers = [
        Part(name, "", resolve(document, header)["description"], is_required=False)
        for name, header in answer.get("headers", {}).items()
    ]
    return Answer(
        status,
        answer["description"],
        tuple(_parts(document, schema)),
        tuple(headers),
        "" if example is None else json.dumps(example, indent=2, ensure_ascii=False),
    )


def _refused(document: Schema, status: str, answer: Schema) -> Iterator[Refused]:
    for content in answer["content"].values():
        for code, example in content["examples"].items():
            yield Refused(status, code, resolve(document, example)["summary"])


def _parameter(document: Schema, said: Schema) -> Part:
    kind = _kind(document, said["schema"])
    place = "" if said["in"] == "query" else f", {said['in']}"
    return Part(said["name"], kind + place, said.get("description", ""), bool(said.get("required")))


def _parts(document: Schema, schema: Schema, level: int = 0) -> Iterator[Part]:
    """The fields of a shape, and those inside them."""
    schema = _inner(document, schema)
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        text = field.get("description", "")
        yield Part(name, _kind(document, field), text, name in required, level)
        if level + 1 < DEPTH_MAX:
            yield from _parts(document, field, level + 1)


def _inner(document: Schema, schema: Schema) -> Schema:
    """The shape itself, of a reference, of a list's items, or of what may be null."""
    schema = resolve(document, schema)
    several: list[Schema] = schema.get("oneOf") or schema.get("anyOf") or []
    choices = [one for one in several if one.get("type") != "null"]
    if len(choices) == 1:
        return _inner(document, choices[0])
    return _inner(document, schema["items"]) if "items" in schema else schema


def _kind(document: Schema, schema: Mapping[str, Any]) -> str:
    """A schema's type in words."""
    found = resolve(document, dict(schema))
    if "enum" in found:
        return "one of " + ", ".join(f"“{one}”" for one in found["enum"] if one is not None)
    if "const" in found:
        return f"“{found['const']}”"
    for several in ("oneOf", "anyOf"):
        if several in found:
            return " or ".join(_kind(document, one) for one in found[several])
    if found.get("type") == "array":
        most = f" of at most {found['maxItems']}" if "maxItems" in found else ""
        return f"list{most}: {_kind(document, found['items'])}"
    types: Any = found.get("type", "anything")
    words = " or ".join(types) if isinstance(types, list) else types
    words = f"{words} ({found['format']})" if "format" in found else words
    return words + "".join(f", {text} {found[limit]}" for limit, text in _LIMITS.items() if limit in found)


def _call(document: Schema, path: str, method: str, operation: Schema) -> str:
    """The operation as a shell would ask for it."""
    lines = [
        f"curl -s{'' if method == 'get' else f'X {method.upper()}'} {document['servers'][0]['url']}{path}"
    ]
    if {BEARER: []} in operation.get("security", []):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        example = example_of(document, content["schema"])
        if media_type == "application/json":
            lines.append("-H 'Content-Type: application/json'")
            lines.append(f"-d '{json.dumps(example, ensure_ascii=False)}'")
        else:
            lines += [f"-F {name}={value}" for name, value in (example or {}).items()]
    return " \\\n  ".join(lines)
