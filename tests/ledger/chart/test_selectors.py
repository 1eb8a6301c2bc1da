from __future__ import annotations

import pytest

from ledger.chart.selectors import (
    Heir,
    account_named,
    accounts_by_id,
    accounts_categories,
    accounts_money,
    heirs_of,
)
from ledger.chart.starter_india import STARTER_CHART
from ledger.merges.services import account_merge
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import account_make


class TestAccountsMoney:
    def test_lists_what_holds_and_owes(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(1):
            found = accounts_money(book=asha.book)

        wanted = {starter.name for starter in STARTER_CHART if starter.type in {"asset", "liability"}}
        assert {account.name for account in found} == wanted
        assert [account.type for account in found] == sorted(account.type for account in found)


class TestAccountsCategories:
    def test_lists_income_first_by_name(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(1):
            found = accounts_categories(book=asha.book)

        income = [account.name for account in found if account.type == "income"]
        spending = [account.name for account in found if account.type == "expense"]
        assert [account.name for account in found] == income + spending
        assert income == sorted(income)
        assert spending == sorted(spending)


class TestAccountsById:
    def test_finds_by_id_and_purpose_and_leaves_out_the_rest(self, asha, chitra, django_assert_num_queries):
        fuel, foreign = asha.account("Fuel"), chitra.account("Fuel")

        with acting_as(asha.actor), django_assert_num_queries(1):
            found = accounts_by_id(
                book=asha.book, ids=[fuel.pk, foreign.pk, uuid7()], purposes=["everyday", "x"]
            )

        cash = asha.account("Cash")
        assert found == {fuel.pk: fuel, cash.pk: cash, "everyday": cash}


class TestHeirsOf:
    def test_are_none_where_nothing_was_merged(self, asha):
        with acting_as(asha.actor):
            assert heirs_of(book=asha.book) == {}

    def test_are_the_last_of_a_chain_in_one_query(self, asha, chitra, django_assert_num_queries):
        fuel, travel, shopping = (asha.account(name) for name in ("Fuel", "Travel", "Shopping"))
        with acting_as(asha.actor):
            account_merge(book=asha.book, account=fuel, into_id=travel.pk)
            account_merge(book=asha.book, account=travel, into_id=shopping.pk)

            with django_assert_num_queries(1):
                found = heirs_of(book=asha.book)

        assert found == {
            fuel.pk: Heir("Fuel", shopping.pk, "Shopping"),
            travel.pk: Heir("Travel", shopping.pk, "Shopping"),
        }
        assert found[fuel.pk].sentence == "“Fuel” was merged into “Shopping”"
        with acting_as(chitra.actor):
            assert heirs_of(book=asha.book) == {}

    def test_are_told_without_a_name_where_they_are_hidden(self):
        assert Heir("Fuel", None, "").sentence == "“Fuel” was merged into another account"


class TestAccountNamed:
    def test_finds_money_accounts_alone(self, asha):
        with acting_as(asha.actor):
            card = account_named(book=asha.book, name="CREDIT card")
            assert card is not None
            assert card.name == "Credit card"
            assert account_named(book=asha.book, name="Fuel") is None
            assert account_named(book=asha.book, name="%") is None

    @pytest.mark.parametrize("kept", ["Café", "Cafe\u0301"], ids=["as it is kept", "as it was typed before"])
    def test_finds_a_name_in_either_spelling(self, asha, kept):
        account_id = account_make(asha, "INR", kept)

        with acting_as(asha.actor):
            found = [account_named(book=asha.book, name=name) for name in ("CAFÉ", "cafe\u0301")]

        assert [str(account.pk) for account in found if account] == [account_id] * 2
