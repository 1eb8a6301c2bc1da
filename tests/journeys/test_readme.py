"""The README's own commands, as a newcomer would paste them."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys

import pytest

from tests.deploy.pages import SHELL, blocks_of
from tests.support.engines import ROOT

README = ROOT / "README.md"
STATEMENT = ROOT / "tests/ledger/statements/fixtures/hdfc_delimited.txt"


def commands(heading):
    """The shell blocks under a heading."""
    return [block.body for block in blocks_of(README) if (block.section, block.language) == (heading, SHELL)]


def paste(script, *, live, folder):
    script = (
        script.replace("localhost:8000", live.removeprefix("http://"))
        .replace("asha@example.in", f"asha-{secrets.token_hex(6)}@example.in")
        .replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT}/manage.py")
    )
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


@pytest.mark.skipif(
    not shutil.which("curl"), reason="the README's calls are made with curl, which is not here"
)
class TestReadme:
    def test_first_call_and_import_work_as_written(self, live, tmp_path):
        shutil.copy(STATEMENT, tmp_path / "statement.txt")

        [first], [by_phone, by_command] = commands("First call"), commands("Import a bank statement")
        done = paste(first + by_phone + by_command, live=live, folder=tmp_path)

        reader, found, rest = json.JSONDecoder(), [], done.stdout
        for _ in range(3):
            answer, end = reader.raw_decode(rest)
            found.append(answer)
            rest = rest[end:]
        created, listed, imported = found
        assert (created["description"], created["amount"]) == ("Groceries", 500)
        assert [row["id"] for row in listed["results"]] == [created["id"]]
        assert (imported["status"], imported["known_count"], imported["difference"]) == ("posted", 0, 0)
        assert imported["new_count"] == imported["lines_count"] > 0
        assert f"0 imported, {imported['lines_count']} known already" in rest  # the same file again
