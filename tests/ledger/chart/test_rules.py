from __future__ import annotations

import pytest

from ledger.chart.models import Account
from ledger.chart.rules import (
    CATEGORY_KIND,
    ICON_OF_KIND,
    KINDS_WITH,
    MONEY_KINDS,
    TYPE_OF_KIND,
    path_of,
    terms_unfit,
)


class TestKinds:
    def test_are_those_of_the_model(self):
        assert {*TYPE_OF_KIND, CATEGORY_KIND} == set(Account.Kind.values)

    def test_have_an_icon_each(self):
        assert ICON_OF_KIND.keys() == {*MONEY_KINDS, CATEGORY_KIND}


class TestTermsUnfit:
    @pytest.mark.parametrize("name", KINDS_WITH)
    @pytest.mark.parametrize("kind", MONEY_KINDS)
    def test_names_what_a_kind_does_not_have(self, kind, name):
        assert terms_unfit(kind=kind, given={name: 5}) == (None if kind in KINDS_WITH[name] else name)

    def test_minds_nothing_that_is_taken_away(self):
        assert terms_unfit(kind="bank", given={"credit_limit": None, "name": "SBI"}) is None


class TestPathOf:
    def test_goes_from_the_top_down(self):
        places = {1: ("Food", None), 2: ("Out", 1), 3: ("Chai", 2), 4: ("Rent", None)}

        assert path_of(3, places=places) == ["Food", "Out", "Chai"]
        assert path_of(4, places=places) == ["Rent"]

    def test_begins_below_what_is_not_seen(self):
        assert path_of(2, places={2: ("Out", 1)}) == ["Out"]
