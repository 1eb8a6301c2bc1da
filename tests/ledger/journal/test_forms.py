from __future__ import annotations

import datetime as dt

import pytest

from ledger.chart.selectors import accounts_categories, accounts_money
from ledger.journal.forms import AmountField, TransactionForm, split_forms
from rupaya.core.db import acting_as
from rupaya.core.money import Money

FILLED = {"type": "expense", "amount": "500", "description": "Groceries", "date": "2026-11-20"}
MANAGEMENT = {"splits-TOTAL_FORMS": "3", "splits-INITIAL_FORMS": "0"}


@pytest.fixture
def fill(asha):
    """Will bind both forms to what a person typed."""
    with acting_as(asha.actor):
        money, categories = accounts_money(book=asha.book), accounts_categories(book=asha.book)

    def bind(**fields):
        data = FILLED | MANAGEMENT | fields
        return (
            TransactionForm(data, money=money, categories=categories, currency="INR"),
            split_forms(data, categories=categories, currency="INR"),
        )

    return bind


def errors_of(form):
    return {field: list(errors) for field, errors in form.errors.items()}


class TestAmountField:
    @pytest.mark.parametrize(
        ("typed", "minor"),
        [("500", 50000), (" ₹ 1,23,456.78 ", 12345678), ("1,250.50", 125050), ("₹500", 50000), ("0.01", 1),
         ("1,000,000", 100000000), ("9999999999999.99", 999999999999999), ("12,345", 1234500)],
    )  # fmt: skip
    def test_reads_what_people_type(self, typed, minor):
        assert AmountField().clean(typed) == Money(minor, "INR")

    @pytest.mark.parametrize(
        "typed",
        ["", " ", "₹", "0", "-5", "1.005", "1e3", "NaN", "abc", "1,5", "12,50", "1,2,3", ",5", "5,", "1,2345",
         "99999999999999999", "१००", "5-", "0x10", "1 000"],
    )  # fmt: skip
    def test_refuses_what_is_no_amount(self, typed):
        from django.core.exceptions import ValidationError

        with pytest.raises(ValidationError):
            AmountField().clean(typed)


class TestTransactionForm:
    def test_needs_type_amount_words_and_a_day(self, fill):
        form, _ = fill(type="", amount="", description="", date="")

        assert set(errors_of(form)) == {"type", "amount", "description", "date"}

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"type": "gift"}, "type"),
            ({"amount": "1.005"}, "amount"),
            ({"description": "x" * 201}, "description"),
            ({"description": "a\u0007b"}, "description"),
            ({"description": "\u200b"}, "description"),
            ({"date": "2026-02-30"}, "date"),
            ({"date": "1949-12-31"}, "date"),
            ({"date": "2151-01-01"}, "date"),
            ({"account": "x"}, "account"),
            ({"category": "x"}, "category"),
            ({"type": "transfer"}, "to_account"),
        ],
    )
    def test_names_the_wrong_field(self, fill, fields, wrong):
        form, _ = fill(**fields)

        assert list(errors_of(form)) == [wrong]

    def test_makes_an_entry(self, fill, asha):
        form, splits = fill(category=str(asha.account("Fuel").pk), account=str(asha.account("Cash").pk))

        assert (form.is_valid(), splits.is_valid()) == (True, True)
        entry = form.entry(splits)
        assert (entry.type, entry.date, entry.description) == ("expense", dt.date(2026, 11, 20), "Groceries")
        assert list(entry.parts) == [(asha.account("Fuel").pk, Money(50000, "INR"))]
        assert (entry.account_id, entry.to_account_id) == (asha.account("Cash").pk, None)

    def test_makes_a_transfer_and_forgets_its_category(self, fill, asha):
        bank = asha.account("Savings account").pk
        form, splits = fill(type="transfer", to_account=str(bank), category=str(asha.account("Fuel").pk))

        assert (form.is_valid(), splits.is_valid()) == (True, True)
        entry = form.entry(splits)
        assert (entry.to_account_id, list(entry.parts)) == (bank, [(None, Money(50000, "INR"))])

    def test_makes_a_split(self, fill, asha):
        fuel = asha.account("Fuel").pk
        form, splits = fill(
            **{"splits-0-amount": "300", "splits-0-category": str(fuel), "splits-2-amount": "200"}
        )

        assert (form.is_valid(), splits.is_valid()) == (True, True)
        assert list(form.entry(splits).parts) == [(fuel, Money(30000, "INR")), (None, Money(20000, "INR"))]

    def test_says_that_a_split_does_not_add_up(self, fill):
        form, splits = fill(**{"splits-0-amount": "300", "splits-1-amount": "199.99"})

        assert (form.is_valid(), splits.is_valid()) == (True, True)
        assert form.entry(splits) is None
        assert list(errors_of(form)) == ["amount"]

    def test_offers_no_account_of_another_book(self, fill, chitra):
        form, _ = fill(account=str(chitra.account("Cash").pk), category=str(chitra.account("Fuel").pk))

        assert set(errors_of(form)) == {"account", "category"}


class TestSplitForm:
    def test_wants_an_amount_beside_a_category(self, fill, asha):
        _, splits = fill(**{"splits-1-category": str(asha.account("Fuel").pk)})

        assert not splits.is_valid()
        assert [errors_of(form) for form in splits.forms] == [
            {},
            {"amount": ["Write how much of the amount goes here."]},
            {},
        ]

    @pytest.mark.parametrize("total", ["11", "1000000", "x", ""])
    def test_takes_ten_parts_at_most(self, fill, total):
        _, splits = fill(**{"splits-TOTAL_FORMS": total})

        assert not splits.is_valid()
        assert len(splits.forms) <= 10
