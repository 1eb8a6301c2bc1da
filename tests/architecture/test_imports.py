"""Who may import whom: import-linter's contracts of pyproject.toml, and what they can't say."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
APPS = ("rupaya", "accounts", "audit", "flags", "ledger")
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
OUTER = frozenset({"views", "web", "serializers", "forms"})
# Each breaks the contract that is named beside it, and only by what it adds.
PLANTED = {
    "The five apps, high to low": ("accounts/selectors.py", "import ledger.books.models\n"),
    "The project itself": ("rupaya/stray.py", ""),
    "Inside the clients' configuration": (
        "rupaya/client_config/rules.py",
        "import rupaya.client_config.views\n",
    ),
    "Inside backups": ("rupaya/backups/errors.py", "import rupaya.backups.places\n"),
    "Inside the operators' actions: what each does, above what a release is": (
        "rupaya/ops/releases.py",
        "import rupaya.ops.fleet\n",
    ),
    "The kernel: problems and views above the database, errors below all": (
        "rupaya/core/errors.py",
        "import rupaya.core.db\n",
    ),
    "The ledger's features": ("ledger/books/services.py", "import ledger.journal.services\n"),
    "Inside a feature of the ledger": ("ledger/journal/rules.py", "import ledger.journal.services\n"),
    "Inside the people": ("accounts/selectors.py", "import accounts.services\n"),
    "Inside the flags": ("flags/selectors.py", "import flags.services\n"),
    "Inside the log": ("audit/models.py", "import audit.events\n"),
    "Inside the seals": ("audit/seals/tree.py", "import audit.seals.rows\n"),
    "What an auditor runs elsewhere needs neither Django nor the service": (
        "audit/seals/offline.py",
        "import django.db\n",
    ),
    "Services and what lies below know no HTTP": (
        "ledger/journal/services.py",
        "import rest_framework.response\n",
    ),
}


def lint(folder):
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def contracts():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    for app in APPS:
        shutil.copytree(
            ROOT / app, folder / app, ignore=shutil.ignore_patterns("__pycache__", "*.html", "*.css")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


class TestContracts:
    def test_are_kept(self):
        done = lint(ROOT)

        assert done.returncode == 0, done.stdout

    def test_are_each_broken_by_a_planted_violation(self):
        assert {contract["name"] for contract in contracts()} == PLANTED.keys()

    @pytest.mark.parametrize("name", PLANTED)
    def test_see_a_planted_violation(self, copy, name):
        path, line = PLANTED[name]
        file = copy / path
        before = file.read_text() if file.exists() else None

        file.write_text((before or "") + line)
        try:
            done = lint(copy)
        finally:
            file.write_text(before) if before is not None else file.unlink()

        assert done.returncode == 1
        assert f"{name} BROKEN" in done.stdout

    def test_hold_for_every_feature_of_the_ledger(self):
        inside = next(contract for contract in contracts() if contract["name"].startswith("Inside a feature"))
        features = {
            f"ledger.{entry.parent.name}"
            for entry in (ROOT / "ledger").glob("*/__init__.py")
            if entry.parent.name not in {"migrations", "management"}
        }

        assert set(inside["containers"]) == features

    def test_hold_for_every_app_of_ours(self):
        packages = {entry.parent.name for entry in ROOT.glob("*/__init__.py")} - {"tests"}

        assert packages == set(APPS)


def queries_of(source: str) -> list[int]:
    """The lines on which a manager is used: `.objects`, `._default_manager`, `.save()`, `.refresh_from_db()`."""
    names = {"objects", "_default_manager", "_base_manager", "save", "refresh_from_db"}
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in names
    ]


class TestOuterLayers:
    """Views, pages, serializers and forms may name a model as a type; they never ask the database."""

    @pytest.mark.parametrize(
        "path",
        sorted(
            path.relative_to(ROOT).as_posix()
            for app in APPS
            for path in (ROOT / app).rglob("*.py")
            if path.stem in OUTER
        ),
    )
    def test_hold_no_queries(self, path):
        assert queries_of((ROOT / path).read_text()) == []

    @pytest.mark.parametrize(
        ("source", "lines"),
        [
            ("Book.objects.get(pk=1)", [1]),
            ("\nbook.save()", [2]),
            ("def f(book: Book) -> str: return book.name", []),
        ],
    )
    def test_are_told_apart(self, source, lines):
        assert queries_of(source) == lines
