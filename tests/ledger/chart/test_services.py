from __future__ import annotations

import pytest

from ledger.chart.models import Account
from ledger.chart.rules import MONEY_KINDS, TYPE_OF_KIND
from ledger.chart.selectors import AccountUnknown
from ledger.chart.services import (
    AccountMerged,
    AccountNameInvalid,
    AccountNameTaken,
    AccountNeeded,
    AccountNotEmpty,
    AccountTermsUnfit,
    ChildrenOpen,
    ParentBelow,
    ParentClosed,
    ParentUnfit,
    TreeTooDeep,
    account_change,
    account_close,
    account_for,
    account_open,
    account_reopen,
    category_open,
)
from ledger.merges.services import account_merge
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import AmountInvalid
from tests.ledger.desk import record


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

    @pytest.mark.parametrize("institution", ["B" * 81, "\u200d", "SBI\x00", " "])
    def test_refuses_an_institution_that_it_would_have_to_cut_or_could_not_show(self, asha, institution):
        with pytest.raises(AccountNameInvalid, match="at most 80 characters") as refused:
            opened(asha, "SBI", institution=institution)

        assert [error.field for error in refused.value.errors] == ["institution"]
        assert opened(asha, "SBI", institution="B" * 80).institution == "B" * 80
        assert opened(asha, "HDFC", institution="").institution == ""

    def test_lets_two_books_use_one_name(self, asha, chitra):
        assert opened(asha, "SBI").book_id != opened(chitra, "SBI").book_id

    @pytest.mark.parametrize("kind", MONEY_KINDS)
    def test_knows_what_each_kind_is(self, asha, kind):
        made = opened(asha, "New", kind=kind)

        assert (made.type, made.kind) == (TYPE_OF_KIND[kind], kind)
        assert made.icon

    def test_keeps_an_account_in_the_currency_it_is_given(self, asha):
        made = opened(
            asha, "Wise", currency="KWD", kind="credit_card", credit_limit="1000.125", statement_day=31
        )

        assert (made.currency, made.credit_limit_minor, made.statement_day) == ("KWD", 1000125, 31)

    def test_stands_below_another_and_shares_its_name_with_cousins(self, asha):
        bank = opened(asha, "HDFC")

        with acting_as(asha.actor):
            made = account_open(book=asha.book, name="Cash", kind="wallet", parent_id=bank.pk)
            with pytest.raises(AccountNameTaken):
                account_open(book=asha.book, name="CASH", parent_id=bank.pk)
        assert made.parent_id == bank.pk

    def test_refuses_a_limit_that_an_account_does_not_have(self, asha):
        with pytest.raises(AccountTermsUnfit) as raised:
            opened(asha, "SBI", statement_day=3)

        assert raised.value.errors[0].field == "statement_day"

    @pytest.mark.parametrize("limit", ["-1", "1.234", "many"])
    def test_refuses_a_limit_that_is_none(self, asha, limit):
        with pytest.raises(AmountInvalid) as raised:
            opened(asha, "Card", kind="credit_card", credit_limit=limit)

        assert raised.value.errors[0].field == "credit_limit"

    def test_refuses_a_parent_that_is_none(self, asha, chitra):
        for parent_id in (uuid7(), chitra.account("Cash").pk):
            with acting_as(asha.actor), pytest.raises(AccountUnknown):
                account_open(book=asha.book, name="New", parent_id=parent_id)

    def test_takes_a_name_in_any_script_joiners_too(self, asha):
        assert opened(asha, "क्‍षत्रिय बैंक").name == "क्‍षत्रिय बैंक"

    @pytest.mark.parametrize(
        "name", ["", " \t", "x" * 81, "a\x00b", "a\x07b", "\udcff", "\u200d", "\u3164", "a\u202eb"]
    )
    def test_refuses_a_name_that_is_none(self, asha, name):
        with pytest.raises(AccountNameInvalid) as raised:
            opened(asha, name)

        assert [error.field for error in raised.value.errors] == ["name"]

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

    def test_leaves_a_merged_accounts_name_to_a_new_one(self, asha):
        with acting_as(asha.actor):
            old = account_open(book=asha.book, name="HDFC")
            account_merge(book=asha.book, account=old, into_id=asha.account("Savings account").pk)

            assert account_for(book=asha.book, account_id=None, name="HDFC") != old


class TestCategoryOpen:
    def test_opens_a_category_below_another(self, asha):
        with acting_as(asha.actor):
            food = category_open(book=asha.book, name="Food", category_type="expense")
            made = category_open(book=asha.book, name="Chai", category_type="expense", parent_id=food.pk)

        assert (made.type, made.kind, made.currency, made.parent_id) == (
            "expense",
            "category",
            "INR",
            food.pk,
        )

    def test_refuses_a_parent_of_the_other_type(self, asha):
        with acting_as(asha.actor), pytest.raises(ParentUnfit):
            category_open(
                book=asha.book, name="Chai", category_type="expense", parent_id=asha.account("Salary").pk
            )

    def test_goes_ten_levels_deep(self, asha):
        parent_id = None
        with acting_as(asha.actor):
            for level in range(10):
                made = category_open(
                    book=asha.book, name=f"L{level}", category_type="income", parent_id=parent_id
                )
                parent_id = made.pk

            with pytest.raises(TreeTooDeep):
                category_open(book=asha.book, name="L11", category_type="income", parent_id=parent_id)


class TestAccountChange:
    def test_renames_also_what_rupaya_reaches_for(self, asha):
        with acting_as(asha.actor):
            changed = account_change(book=asha.book, account=asha.account("Cash"), name="  Purse ")

        assert changed.name == "Purse"
        assert changed.purpose == "everyday"

    def test_leaves_what_is_not_said(self, asha):
        card = opened(asha, "Amex", kind="credit_card", credit_limit=500, due_day=5, institution="Amex")

        with acting_as(asha.actor):
            changed = account_change(book=asha.book, account=card, credit_limit=None, icon="gift")

        assert (changed.credit_limit_minor, changed.due_day, changed.institution) == (None, 5, "Amex")
        assert (changed.name, changed.icon) == ("Amex", "gift")

    def test_moves_down_and_up_again(self, asha):
        fuel, transport = asha.account("Fuel"), asha.account("Transport")

        with acting_as(asha.actor):
            fuel = account_change(book=asha.book, account=fuel, parent_id=transport.pk)
            assert fuel.parent_id == transport.pk
            with pytest.raises(ParentBelow):
                account_change(book=asha.book, account=transport, parent_id=fuel.pk)
            assert account_change(book=asha.book, account=fuel, parent_id=None).parent_id is None

    def test_refuses_a_name_that_a_sibling_has(self, asha):
        with acting_as(asha.actor), pytest.raises(AccountNameTaken):
            account_change(book=asha.book, account=asha.account("Fuel"), name="travel")


class TestAccountClose:
    def test_closes_and_reopens(self, asha):
        with acting_as(asha.actor):
            closed = account_close(book=asha.book, account=asha.account("Savings account"))
            since = closed.closed_at
            assert since is not None
            assert account_close(book=asha.book, account=closed).closed_at == since

            assert account_reopen(book=asha.book, account=closed).closed_at is None
            assert account_reopen(book=asha.book, account=closed).closed_at is None

    def test_refuses_what_is_not_at_zero(self, asha):
        savings = asha.account("Savings account")
        record(asha, account_id=savings.pk)

        with acting_as(asha.actor), pytest.raises(AccountNotEmpty):
            account_close(book=asha.book, account=savings)

    def test_refuses_what_is_needed_or_has_open_ones_below(self, asha):
        with acting_as(asha.actor):
            food = category_open(book=asha.book, name="Food", category_type="expense")
            category_open(book=asha.book, name="Chai", category_type="expense", parent_id=food.pk)

            with pytest.raises(AccountNeeded):
                account_close(book=asha.book, account=asha.account("Cash"))
            with pytest.raises(ChildrenOpen):
                account_close(book=asha.book, account=food)


class TestAccountReopen:
    def test_refuses_below_a_closed_one(self, asha):
        with acting_as(asha.actor):
            food = category_open(book=asha.book, name="Food", category_type="expense")
            chai = category_open(book=asha.book, name="Chai", category_type="expense", parent_id=food.pk)
            account_close(book=asha.book, account=chai)
            account_close(book=asha.book, account=food)

            with pytest.raises(ParentClosed):
                account_reopen(book=asha.book, account=chai)

    def test_refuses_what_was_merged(self, asha):
        fuel = asha.account("Fuel")
        with acting_as(asha.actor):
            account_merge(book=asha.book, account=fuel, into_id=asha.account("Transport").pk)
            fuel.refresh_from_db()

            with pytest.raises(AccountMerged):
                account_reopen(book=asha.book, account=fuel)
            with pytest.raises(AccountMerged):
                account_change(book=asha.book, account=fuel, name="Petrol")
