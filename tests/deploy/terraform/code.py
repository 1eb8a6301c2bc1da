"""The Terraform code as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import hcl2

TERRAFORM: Final = Path(__file__).parent.parent.parent.parent / "deploy/terraform"
Kind = Literal["resource", "data", "ephemeral"]
KINDS: Final[tuple[Kind, ...]] = ("resource", "data", "ephemeral")


def files(root: Path) -> list[Path]:
    """Every file of Terraform code below `root`, in order."""
    return sorted(path for path in root.rglob("*.tf") if ".terraform" not in path.parts)


def blocks(path: Path) -> Iterator[tuple[Kind, str, str, dict[str, Any]]]:
    """Kind, type, name and body of each resource, data source and ephemeral value in a file."""
    with path.open() as file:
        content = hcl2.load(file)
    for kind in KINDS:
        for item in content.get(kind, []):
            for type_name, named in item.items():
                for name, body in named.items():
                    yield kind, type_name.strip('"'), name.strip('"'), body


def types_used(root: Path) -> dict[Kind, set[str]]:
    """The names of the types that the code below `root` uses, by kind."""
    used: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
    for path in files(root):
        for kind, type_name, _, _ in blocks(path):
            used[kind].add(type_name)
    return used
