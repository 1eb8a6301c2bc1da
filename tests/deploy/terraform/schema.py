"""Whether what is written of a thing is what the AWS provider knows of it: names, what must be there, how often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.deploy.terraform.code import Kind
from tests.deploy.terraform.schema_make import SCHEMA

KNOWN: Final[dict[str, Any]] = json.loads(SCHEMA.read_text())
# Terraform's own words, which every thing may have.
_META: Final = {"count", "for_each", "depends_on", "provider", "lifecycle"}


def faults(kind: Kind, type_name: str, body: dict[str, Any]) -> list[str]:
    """What the provider would refuse in a thing of that type, each in a few words; [] where it is well."""
    schema = KNOWN[kind].get(type_name)
    if schema is None:
        return [f"{type_name}: the provider has no such {kind}, or the schema must be made again"]
    return list(_faults(type_name, schema, {name: part for name, part in body.items() if name not in _META}))


def _faults(path: str, schema: dict[str, Any], body: dict[str, Any]) -> Iterator[str]:
    attributes, blocks = schema["attributes"], schema["blocks"]
    # The reader adds names of its own, like __comments__.
    written = {name: part for name, part in body.items() if name != "dynamic" and not name.startswith("__")}
    nested = {name: part for name, part in written.items() if _is_blocks(part)}
    unrolled = dict(_dynamic(body))
    for name in sorted(set(written) - set(nested) - set(attributes)):
        yield f"{path}: no argument {name}"
    for name in sorted((set(nested) | set(unrolled)) - set(blocks)):
        yield f"{path}: no block {name}"
    for name, attribute in attributes.items():
        if attribute.get("required") and name not in written:
            yield f"{path}: {name} is missing"
    for name, block in blocks.items():
        there = nested.get(name, [])
        if not there and name not in unrolled and block["least"]:
            yield f"{path}: a block {name} is missing"
        if block["most"] and len(there) > block["most"]:
            yield f"{path}: more than {block['most']} of {name}"
        for part in [*there, *unrolled.get(name, [])]:
            yield from _faults(f"{path}.{name}", block["block"], part)


def _is_blocks(part: Any) -> bool:
    return (
        isinstance(part, list)
        and bool(part)
        and all(isinstance(each, dict) and "__is_block__" in each for each in part)
    )


def _dynamic(body: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for named in body.get("dynamic", []):
        for name, part in named.items():
            if not name.startswith("__"):
                yield name.strip('"'), part["content"]
