"""`make security`: what tools from outside find in code, templates, history and answers.

`python -m tests.security [STEP …]` runs all or the named steps; exit 1 where one found something or could not run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from tests.security import rating, scan

ROOT: Final = Path(__file__).parent.parent.parent
TOOLS: Final = ROOT / "var/security-tools"
# What is installed where: semgrep and wapiti want other versions of the same packages.
INSTALLED: Final = {
    TOOLS: ROOT / "tests/security/requirements.txt",
    ROOT / "var/security-scanners": ROOT / "tests/security/scanners.txt",
}
CODE: Final = ["rupaya", "accounts", "audit", "flags", "ledger", "deploy", "manage.py"]
RULES: Final = "tests/security/rules"
_SEMGREP: Final = ["semgrep", "scan", "--metrics=off", "--disable-version-check", "--quiet"]

NEEDED: Final = {"observatory": rating.NEEDED, "wapiti": scan.NEEDED, "sqlmap": scan.NEEDED}
STEPS: Final[dict[str, list[list[str]]]] = {
    "ruff": [[sys.executable, "-m", "ruff", "check", "--quiet", "."]],  # S, bandit's rules, too
    "bandit": [["bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", *CODE]],
    "semgrep": [
        [*_SEMGREP, "--test", RULES],
        [*_SEMGREP, "--error", "--config", RULES, *CODE, "templates"],
    ],
    # The history of this branch: other people's branches are their own affair.
    "gitleaks": [["gitleaks", "git", ".", "--no-banner", "--redact", "--log-opts=HEAD", "--log-level=error", "-v"]],
    "observatory": [[sys.executable, "-m", "tests.security.rating"]],
    "wapiti": [[sys.executable, "-m", "tests.security.scan", "wapiti"]],
    "sqlmap": [[sys.executable, "-m", "tests.security.scan", "sqlmap"]],
}  # fmt: skip


def main(names: list[str]) -> int:
    """Will run the steps, each to its end, and say what came of them."""
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        print(f"There is no step {unknown[0]!r}; there are {', '.join(STEPS)}.", file=sys.stderr)
        return 2
    for home, requirements in INSTALLED.items():
        tools_ensure(home, requirements)
    failed = [name for name in names or STEPS if not step_run(name)]
    print(f"Found something: {', '.join(failed)}." if failed else "Nothing was found.")
    return 1 if failed else 0


def step_run(name: str) -> bool:
    """Will run one step; False where a command of it failed, or what it needs is not installed."""
    print(f"── {name}", flush=True)
    missing = [tool for tool in NEEDED.get(name, ()) if not shutil.which(tool)]
    if missing:
        print(f"Not run: install {', '.join(missing)}.", file=sys.stderr)
        return False
    return all([command_run(command) for command in STEPS[name]])  # noqa: C419  # all of them, also after a failure


def command_run(command: list[str]) -> bool:
    """Will run a command, of our tools where it is one of them."""
    own = TOOLS / "bin" / command[0]
    program = str(own) if own.exists() else command[0]
    environment = os.environ | {
        "PATH": f"{TOOLS / 'bin'}:{os.environ.get('PATH', '')}"
    }  # semgrep calls itself by name
    return subprocess.run([program, *command[1:]], cwd=ROOT, env=environment, check=False).returncode == 0


def tools_ensure(home: Path, requirements: Path) -> None:
    """Will install what the requirements pin, checked by hash, unless exactly that is there."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = home / "stamp"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing what {requirements.name} pins (the first time takes a minute) …", file=sys.stderr)
    venv.create(home, clear=True, with_pip=True)
    pip = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(requirements)], check=True)
    stamp.write_text(digest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
