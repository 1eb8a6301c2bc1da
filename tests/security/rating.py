"""What MDN's HTTP Observatory says of what production serves.

`python -m tests.security.rating` prints the verdict; exit 1 where it is below A+ and 120.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.security import site

HOST: Final = "rupaya.test"
SCORE_MIN: Final = 120
TOOL: Final = Path(__file__).parent / "observatory"
NEEDED: Final = ("npm", "node", *site.NEEDED)


def rating() -> dict[str, Any]:
    """Will serve the product, have it rated, and give the Observatory's own answer."""
    with site.site(HOST) as served:
        tool = tool_install(served.home)
        done = subprocess.run(
            ["node", "--require", str(TOOL / "ports.cjs"), str(tool / "src" / "scan.js"), HOST],
            capture_output=True,
            text=True,
            timeout=120,
            env=os.environ
            | {
                "OBSERVATORY_HOST": HOST,
                "OBSERVATORY_HTTP_PORT": str(served.http),
                "OBSERVATORY_HTTPS_PORT": str(served.https),
                "NODE_EXTRA_CA_CERTS": str(served.home / "ca.pem"),
            },
            check=False,
        )
    answer: dict[str, Any] = json.loads(done.stdout or json.dumps({"error": done.stderr[-500:]}))
    return answer


def tool_install(home: Path) -> Path:
    """The Observatory as its lock file pins it, without the lists it fetches: nothing here is preloaded."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TOOL / name, home)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
        cwd=home,
        check=True,
        timeout=300,
    )
    tool = home / "node_modules/@mdn/mdn-http-observatory"
    (tool / "conf/hsts-preload.json").write_text("{}")
    (tool / "conf/tld-list.json").write_text("[]")
    return tool


def main() -> int:
    """Will print the verdict; 0 where it is good enough."""
    found = rating()
    if "scan" not in found:
        print(f"The Observatory could not rate it: {found.get('error')}", file=sys.stderr)
        return 1
    scan = found["scan"]
    print(
        f"MDN HTTP Observatory: {scan['grade']}, {scan['score']}; {scan['testsPassed']} of {scan['testsQuantity']}"
    )
    for name, test in found["tests"].items():
        print(f"  {test['scoreModifier'] or 0:+4d} {name}: {test['result']}")
    return 0 if scan["grade"] == "A+" and scan["score"] >= SCORE_MIN else 1


if __name__ == "__main__":
    sys.exit(main())
