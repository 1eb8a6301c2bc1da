"""Refusals have codes that an app can rely on: one a class, with a title, and listed for those who write clients."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from rupaya.core.errors import DomainError
from rupaya.core.limits import LimitReached
from rupaya.core.money import AmountInvalid
from rupaya.core.problem import TITLES

ROOT = Path(__file__).parent.parent.parent
APPS = ("rupaya", "accounts", "audit", "flags", "ledger")
# TooManyRequests, and how much of the limit is used; Invalid, and what its field is called
SAME = {LimitReached, AmountInvalid}
SKIPPED = ("migrations", "wsgi", "settings", "management")


def classes() -> list[type[DomainError]]:
    """Every refusal of ours, families too."""
    for app in APPS:
        for module in walk_packages(import_module(app).__path__, f"{app}."):
            if not set(module.name.split(".")) & set(SKIPPED):
                import_module(module.name)
    found, seen = [DomainError], set()
    while found:
        cls = found.pop()
        seen.add(cls)
        found += cls.__subclasses__()
    return sorted((cls for cls in seen if cls.__module__.startswith(APPS)), key=lambda cls: cls.__qualname__)


class TestErrorCodes:
    def test_are_one_a_class(self):
        counted = Counter(cls.code for cls in classes() if cls not in SAME)

        assert len(counted) > 15
        assert {code for code, count in counted.items() if count > 1} == set()

    @pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
    def test_come_with_a_title_for_people(self, cls):
        assert cls.code.replace("_", "").isalnum()
        assert cls.code == cls.code.lower()
        assert cls.title[0].isupper()
        assert not cls.title.endswith(".")
        assert 400 <= cls.status < 600
        assert cls.__doc__

    def test_are_listed_in_the_apis_reference(self):
        text = (ROOT / "docs" / "API.md").read_text()

        codes = {cls.code for cls in classes() if cls is not DomainError} | {
            code for code, _ in TITLES.values()
        }
        assert sorted(code for code in codes if f"`{code}`" not in text) == [], "missing in docs/API.md"
