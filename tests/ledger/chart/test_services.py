from __future__ import annotations

import pytest

from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown
from ledger.chart.services import AccountNameInvalid, AccountNameTaken, account_for, account_open
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7


def opened(person, name, **fields):
    with acting_as(person.actor):
        return account_open(book=person.book, name=name, **fields)


class TestAccountOpen:
    def test_opens_a_bank_account_in_the_books_currency(self, asha):
        made = opened(asha, "  SBI \t savings ", institution="State Bank of India", number_last4="4567")

        with acting_as(asha.actor):
            found = Account.objects.get(pk=made.pk)
        assert (found.name, found.type, found.kind, found.currency) == ("SBI savings", "asset", "bank", "INR")
        assert (found.institution, found.number_last4, found.purpose) == ("State Bank of India", "4567", None)

    @pytest.mark.parametrize("name", ["Cash", "cash", "CASH", " cAsH "])
    def test_refuses_a_name_that_is_taken_in_any_case_and_goes_on(self, asha, name):
        with acting_as(asha.actor):
            with pytest.raises(AccountNameTaken):
                account_open(book=asha.book, name=name)

            assert Account.objects.filter(book=asha.book, name__iexact="cash").count() == 1

    def test_lets_two_books_use_one_name(self, asha, chitra):
        assert opened(asha, "SBI").book_id != opened(chitra, "SBI").book_id

    @pytest.mark.parametrize("name", ["", " \t", "x" * 81, "a\x00b", "a\x07b", "\udcff"])
    def test_refuses_a_name_that_is_none(self, asha, name):
        with pytest.raises(AccountNameInvalid) as raised:
            opened(asha, name)

        assert [error.field for error in raised.value.errors] == ["account_name"]

    def test_takes_the_longest_name(self, asha):
        assert opened(asha, "x" * 80).name == "x" * 80


class TestAccountFor:
    def test_finds_by_id(self, asha):
        cash = asha.account("Cash")

        with acting_as(asha.actor):
            assert account_for(book=asha.book, account_id=cash.pk) == cash

    def test_knows_no_account_of_another_book(self, asha, chitra):
        foreign = chitra.account("Cash").pk

        for account_id in (foreign, uuid7()):
            with acting_as(asha.actor), pytest.raises(AccountUnknown):
                account_for(book=asha.book, account_id=account_id)

    @pytest.mark.parametrize("name", ["Savings account", "savings  ACCOUNT "])
    def test_finds_by_name_in_any_case(self, asha, name):
        with acting_as(asha.actor):
            found = account_for(book=asha.book, account_id=None, name=name)

        assert found == asha.account("Savings account")

    def test_opens_what_the_book_does_not_have_once(self, asha):
        with acting_as(asha.actor):
            made = account_for(book=asha.book, account_id=None, name="HDFC % savings_")
            again = account_for(book=asha.book, account_id=None, name="hdfc % SAVINGS_")

        assert (made, made.kind) == (again, "bank")

    def test_is_not_misled_by_a_category_of_that_name(self, asha):
        with acting_as(asha.actor):
            made = account_for(book=asha.book, account_id=None, name="Fuel")

        assert made.type == "asset"
