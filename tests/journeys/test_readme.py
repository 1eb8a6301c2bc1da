"""The README's own commands, as a newcomer would paste them."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.support.engines import ROOT

README = (ROOT / "README.md").read_text()
STATEMENT = ROOT / "tests/ledger/statements/fixtures/hdfc_delimited.txt"


def commands(heading):
    """The first shell block under a heading."""
    section = README.split(f"## {heading}\n", 1)[1]
    return section.split("```sh\n", 1)[1].split("```", 1)[0]


def paste(script, *, live, folder):
    script = script.replace("localhost:8000", live.removeprefix("http://"))
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

        done = paste(commands("First call") + commands("Import a bank statement"), live=live, folder=tmp_path)

        created, rest = json.JSONDecoder().raw_decode(done.stdout)
        listed, posted = json.JSONDecoder().raw_decode(done.stdout[rest:])
        imported = json.loads(done.stdout[rest + posted :])
        assert (created["description"], created["amount"]) == ("Groceries", 500)
        assert [row["id"] for row in listed["results"]] == [created["id"]]
        assert (imported["status"], imported["known_count"], imported["difference"]) == ("posted", 0, 0)
        assert imported["new_count"] == imported["lines_count"] > 0
