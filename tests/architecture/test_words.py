"""Words that must not stand in the code, each with a sample that is good and one that is bad."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
APPS = ("rupaya", "accounts", "audit", "flags", "ledger", "deploy")
TEXT = {
    ".py",
    ".sql",
    ".html",
    ".txt",
    ".md",
    ".toml",
    ".sh",
    ".yml",
    ".yaml",
    ".tf",
    ".in",
    ".css",
    ".js",
    ".json",
    "",
}

# A setting of the session stays on the connection, and the pool hands it to the next person.
SESSION_SETTING = re.compile(
    r"set_config\s*\((?:[^()]|\([^()]*\))*?,\s*false\s*\)|\bSET\s+SESSION\b|\bSET\s+app\.|"
    r"""["']\s*SET\s+(?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)[a-z_.]+\s*(?:=|\bTO\b)""",
    re.IGNORECASE,
)
FLOAT = re.compile(r"\bfloat\s*\(|\bFloatField\b|parse_float\s*=\s*float")
IN_TEMPLATES = {
    "style": re.compile(r"<[^>]*\sstyle\s*=|<style\b", re.IGNORECASE),
    "script": re.compile(r"<script\b(?![^>]*\ssrc=)|javascript:", re.IGNORECASE),
    "handler": re.compile(r"<[^>]*\son[a-z]+\s*=|\shx-on", re.IGNORECASE),
    "host": re.compile(r"""(?:src|href|action|srcset)\s*=\s*["']\s*(?:https?:)?//""", re.IGNORECASE),
}
# Put together here so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(
        [
            r"/ho" + r"me/\w+/",
            r"/Us" + r"ers/\w+/",
            r"/wo" + r"rk/",
            r"(?<![\w-])\.\./sh" + r"ared",
            r"CONTRA" + r"CT\.md",
            r"\.py" + r"env/",
        ]
    )
)


def files(*folders: str, suffixes: set[str]) -> list[Path]:
    """The files under the folders with one of the suffixes."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts
    )


def found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """`path:line` of every place."""
    places = []
    for path in paths:
        text = path.read_text(errors="replace")
        places += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
            for match in pattern.finditer(text)
        ]
    return places


class TestSessionSettings:
    @pytest.mark.parametrize(
        ("text", "is_bad"),
        [("set_config('app.x', %s, true)", False), ("set_config('app.x', '1', false)", True),
         ("set_config('a', f(x), FALSE)", True),
         ("'SET LOCAL lock_timeout = 1'", False), ("'SET CONSTRAINTS ALL IMMEDIATE'", False),
         ("'SET lock_timeout = 1'", True),
         ("SET SESSION AUTHORIZATION x", True), ("SET app.current_user_id = 'x'", True)],
    )  # fmt: skip
    def test_are_told_from_local_ones(self, text, is_bad):
        assert bool(SESSION_SETTING.search(text)) is is_bad

    def test_are_nowhere_but_where_a_database_is_first_made(self):
        """There psql is alone, and ends with the script."""
        places = found(SESSION_SETTING, files(*APPS, suffixes={".py", ".sql"}))

        assert [place.rpartition(":")[0] for place in places] == ["deploy/compose/10-roles.sql"]


class TestFloats:
    @pytest.mark.parametrize(
        ("text", "is_bad"),
        [("float(x)", True), ("models.FloatField()", True), ("x: float = 1.5", False), ("Decimal(x)", False)],
    )
    def test_are_told_from_the_rest(self, text, is_bad):
        assert bool(FLOAT.search(text)) is is_bad

    def test_are_nowhere_near_money(self):
        assert found(FLOAT, files("ledger", "rupaya/core", suffixes={".py"})) == []


class TestTemplates:
    @pytest.mark.parametrize(
        ("name", "bad", "good"),
        [("style", '<p class="x" style="color:red">', '<p class="style">'),
         ("script", "<script>x()</script>", '<script src="/x.js"></script>'),
         ("handler", '<a onclick="x()">', '<a class="on" data-on="1">'),
         ("host", '<img src="//cdn.example/x">', '<a href="/x">')],
    )  # fmt: skip
    def test_are_told_apart(self, name, bad, good):
        assert IN_TEMPLATES[name].search(bad)
        assert not IN_TEMPLATES[name].search(good)

    @pytest.mark.parametrize("name", IN_TEMPLATES)
    def test_pass_the_content_security_policy(self, name):
        pages = [path for path in files("templates", suffixes={".html"}) if "emails" not in path.parts]

        assert len(pages) > 20
        assert found(IN_TEMPLATES[name], pages) == []


class TestMachines:
    @pytest.mark.parametrize(
        ("text", "is_bad"),
        [
            ("/ho" + "me/asha/x", True),
            ("see ../sh" + "ared/x", True),
            ("static/shared/x", False),
            ("/srv/app", False),
        ],
    )
    def test_are_told_apart(self, text, is_bad):
        assert bool(MACHINE.search(text)) is is_bad

    def test_of_a_developer_are_never_mentioned(self):
        top = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT]
        paths = files(*APPS, "templates", "tests", "docs", ".ci", ".github", suffixes=TEXT)

        assert found(MACHINE, top + paths) == []
