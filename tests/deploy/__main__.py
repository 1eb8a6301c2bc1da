"""`make deploy-check`: what is known to be wrong with what deploys, found without a cloud.

`python -m tests.deploy [STEP …]` runs all or the named steps, `--but STEP …` all others; exit 1 where one found
something. A step whose tool is not to be had on this machine is named in the last line, and never counted as well.
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

ROOT: Final = Path(__file__).parent.parent.parent
TOOLS: Final = ROOT / "var/deploy-tools"
REQUIREMENTS: Final = ROOT / "tests/deploy/requirements.txt"
TERRAFORM: Final = "deploy/terraform"

_SCRIPTS: Final = [
    str(path.relative_to(ROOT)) for path in [ROOT / ".ci/run", *sorted(ROOT.glob("deploy/**/*.sh"))]
]
_TRIVY: Final = [
    "trivy", "config", "--quiet", "--exit-code", "1", "--skip-check-update", "--skip-version-check",
    "--disable-telemetry",
]  # fmt: skip
_YAML: Final = (
    "{extends: default, rules: {line-length: {max: 140}, document-start: disable, truthy: {check-keys: false}, "
    "comments: {min-spaces-from-content: 1}, braces: {max-spaces-inside: 1}}}"
)

STEPS: Final[dict[str, list[str]]] = {
    "terraform": ["terraform", "fmt", "-check", "-diff", "-recursive", TERRAFORM],
    "checkov": [
        "checkov", "--directory", TERRAFORM, "--framework", "terraform", "--compact", "--quiet", "--skip-download",
    ],
    "trivy": [*_TRIVY, TERRAFORM],
    "hadolint": ["hadolint", "Dockerfile"],
    "trivy-image": [*_TRIVY, "Dockerfile"],
    "compose": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
    "actionlint": ["actionlint"],
    "zizmor": ["zizmor", "--offline", "--no-progress", "--quiet", "."],
    "dependabot": ["check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"],
    "shellcheck": ["shellcheck", *_SCRIPTS],
    "yamllint": ["yamllint", "--strict", "--config-data", _YAML, ".github", "docker-compose.yml"],
    "pytest": [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/deploy"],
}  # fmt: skip


def main(names: list[str]) -> int:
    """Will run the steps, each to its end, and say what came of them."""
    is_but, names = names[:1] == ["--but"], [name for name in names if name != "--but"]
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        print(f"There is no step {unknown[0]!r}; there are {', '.join(STEPS)}.", file=sys.stderr)
        return 2
    tools_ensure()
    chosen = [name for name in STEPS if (name in names) is not is_but] if names else STEPS
    found = {name: step_run(name) for name in chosen}
    failed = [name for name, is_well in found.items() if is_well is False]
    missing = [name for name, is_well in found.items() if is_well is None]
    if missing:
        print(f"NOT CHECKED, not on this machine: {', '.join(missing)}.", file=sys.stderr)
    print(f"Found something: {', '.join(failed)}." if failed else "Nothing was found.")
    return 1 if failed else 0


def step_run(name: str) -> bool | None:
    """Will run one step; False where it found something, None where its tool is not there."""
    print(f"── {name}", flush=True)
    program = shutil.which(STEPS[name][0], path=f"{TOOLS / 'bin'}:{os.environ.get('PATH', '')}")
    if program is None:
        return None
    # Rules come with the tools: nothing is asked of a vendor, and nothing told. actionlint looks for shellcheck itself.
    path = f"{TOOLS / 'bin'}:{os.environ.get('PATH', '')}"
    quiet = os.environ | {"CHECKPOINT_DISABLE": "1", "LOG_LEVEL": "ERROR", "PATH": path}
    return subprocess.run([program, *STEPS[name][1:]], cwd=ROOT, env=quiet, check=False).returncode == 0


def tools_ensure() -> None:
    """Will install what requirements.txt pins, checked by hash, unless exactly that is there."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = TOOLS / "stamp"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Installing the tools (the first time takes a minute) …", file=sys.stderr)
    venv.create(TOOLS, clear=True, with_pip=True)
    pip = [str(TOOLS / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
    stamp.write_text(digest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
