"""The page of declared flags agrees with the code that asks, and with what the database takes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flags.models import Flag
from flags.registry import DECLARED, TEMPORARY
from flags.services import flag_off
from rupaya.core.db import acting_as
from tests.support.flags import OPERATOR, flag_gone

ROOT = Path(__file__).parent.parent.parent
ASKING = {"flag_is_on", "flag_explain"}


def asked_in(source: str) -> set[str]:
    """The names that calls of `flag_is_on(name="…")` hold as they stand."""
    return {
        word.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ASKING
        for word in node.keywords
        if word.arg == "name" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    }


class TestDeclared:
    @pytest.mark.parametrize(
        ("source", "names"),
        [('flag_is_on(name="a", user=None)', {"a"}), ('selectors.flag_explain(user=u, name="b")', {"b"}),
         ("flag_is_on(name=NAME, user=None)", set()), ('other(name="c")', set())],
    )  # fmt: skip
    def test_are_told_from_the_rest(self, source, names):
        assert asked_in(source) == names

    def test_are_all_that_the_code_asks_for(self):
        paths = [
            path
            for app in ("rupaya", "accounts", "audit", "flags", "ledger")
            for path in (ROOT / app).rglob("*.py")
        ]

        asked = {name for path in paths for name in asked_in(path.read_text())}

        assert asked - DECLARED.keys() == set()

    def test_can_be_kept(self, db):
        for name, declared in DECLARED.items():
            flag_gone(name)
            with acting_as(OPERATOR):
                flag_off(name=name, reason="a test")

            assert Flag.objects.get(name=name).owner == declared.owner
            assert (declared.remove_on is not None) or declared.kind not in TEMPORARY
