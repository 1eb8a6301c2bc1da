"""A function fits a screen, a module stays readable."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400
TEST_MODULE_LINES_MAX = 600  # tables of cases are long and read fast


def sources() -> list[str]:
    """Every Python file of the repository but migrations, which Django writes."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.splitlines()  # fmt: skip
    paths = found or [
        path.relative_to(ROOT).as_posix()
        for folder in ("rupaya", "accounts", "audit", "flags", "ledger", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    return sorted(path for path in paths if "/migrations/" not in path and (ROOT / path).exists())


def too_large(source: str, *, module_lines_max: int = MODULE_LINES_MAX) -> list[str]:
    """What is larger than it may be: `module` or a function's name."""
    functions = [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES_MAX
    ]
    return (["module"] if source.count("\n") > module_lines_max else []) + functions


def function_of(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


class TestSizes:
    @pytest.mark.parametrize(
        ("source", "found"),
        [
            (function_of(60), []),
            (function_of(61), ["f"]),
            ("x = 1\n" * 400, []),
            ("x = 1\n" * 401, ["module"]),
        ],
    )
    def test_are_measured_right(self, source, found):
        assert too_large(source) == found

    def test_are_kept_by_every_file(self):
        paths = sources()
        broken = {}
        for path in paths:
            limit = TEST_MODULE_LINES_MAX if path.startswith("tests/") else MODULE_LINES_MAX
            if found := too_large((ROOT / path).read_text(), module_lines_max=limit):
                broken[path] = found

        assert len(paths) > 100
        assert broken == {}
