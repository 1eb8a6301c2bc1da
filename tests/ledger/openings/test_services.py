from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.amendments.services import transaction_void
from ledger.books.services import period_close
from ledger.chart.models import Account
from ledger.chart.services import account_close, account_open
from ledger.journal.drafts import AmountUnfit
from ledger.journal.models import Posting, Transaction
from ledger.journal.services import AccountClosed, PeriodClosed
from ledger.openings.services import Opening, OpeningFromStatement, account_begin, opening_set
from rupaya.core.db import acting_as
from rupaya.core.money import AmountInvalid
from tests.ledger.desk import TODAY, TOMORROW, balance, bank_import
from tests.ledger.statements.may import history
from tests.ledger.statements.writers import hdfc_file
from tests.support.cast import person_make

MARCH = dt.date(2026, 3, 31)


def begun(person, name, amount, *, kind="bank", currency="", base_amount=None, on=MARCH):
    with acting_as(person.actor):
        return account_begin(
            book=person.book,
            name=name,
            kind=kind,
            currency=currency,
            opening=Opening(amount, on, base_amount),
        )


def said(person, name, amount, *, on=MARCH, base_amount=None):
    with acting_as(person.actor):
        return opening_set(
            book=person.book, account=person.account(name), opening=Opening(amount, on, base_amount)
        )


def equity(person):
    """What stands against the opening balances, in the book's minor units."""
    with acting_as(person.actor):
        legs = Posting.objects.filter(
            book=person.book, account=person.account("Opening balances"), retired_at=None
        )
        return sum(legs.values_list("base_minor", flat=True))


class TestAccountBegin:
    def test_records_what_is_held_as_a_transfer_from_equity(self, asha):
        account, made = begun(asha, "SBI", "1234.50")

        assert balance(asha, "SBI", MARCH - dt.timedelta(days=1)) == 0
        assert balance(asha, "SBI", MARCH) == 123450
        with acting_as(asha.actor):
            found = Transaction.objects.get(pk=made)
        assert (found.type, found.origin, found.to_account_id) == ("transfer", "opening", account.pk)
        assert found.description == "Opening balance, SBI"
        assert equity(asha) == -123450

    def test_records_what_is_owed(self, asha):
        begun(asha, "Car loan", -500000, kind="loan")

        assert balance(asha, "Car loan", MARCH) == -50000000
        assert equity(asha) == 50000000

    @pytest.mark.parametrize(
        ("amount", "cents", "base", "paise"),
        [("100.5", 10050, "8400", 840000), (-20, -2000, "-1700.25", -170025)],
    )
    def test_keeps_both_amounts_of_another_currency(self, asha, amount, cents, base, paise):
        begun(asha, "Wise", amount, currency="USD", base_amount=base)

        assert balance(asha, "Wise", MARCH) == cents
        assert equity(asha) == -paise

    @pytest.mark.parametrize("amount", [0, "0.00", "-0"])
    def test_records_nothing_for_zero(self, asha, amount):
        assert begun(asha, "SBI", amount)[1] is None

    @pytest.mark.parametrize(
        ("currency", "amount", "base"),
        [("USD", 5, None), ("USD", 5, -400), ("USD", 0, 3), ("USD", 5, 0), ("INR", 5, 6)],
    )
    def test_refuses_amounts_that_do_not_fit_and_opens_nothing(self, asha, currency, amount, base):
        with pytest.raises(AmountUnfit):
            begun(asha, "Wise", amount, currency=currency, base_amount=base)

        with acting_as(asha.actor):
            assert not Account.objects.filter(book=asha.book, name="Wise").exists()

    def test_refuses_an_amount_that_is_none(self, asha):
        with pytest.raises(AmountInvalid):
            begun(asha, "SBI", "1.234")

    def test_refuses_a_closed_period_and_opens_nothing(self, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=MARCH, today=TOMORROW)

        with pytest.raises(PeriodClosed):
            begun(asha, "SBI", 5)
        with acting_as(asha.actor):
            assert not Account.objects.filter(book=asha.book, name="SBI").exists()


class TestOpeningSet:
    def test_says_it_for_the_first_time_and_again_as_the_next_version(self, asha):
        first = said(asha, "Cash", 500)

        again = said(asha, "Cash", 700, on=TODAY)

        assert again == first
        assert (balance(asha, "Cash", MARCH), balance(asha, "Cash", TODAY)) == (0, 70000)
        with acting_as(asha.actor):
            assert Transaction.objects.get(pk=first).version == 2

    def test_turns_what_is_held_into_what_is_owed_and_back(self, asha):
        first = said(asha, "Credit card", -500)

        assert said(asha, "Credit card", 20) == first
        assert balance(asha, "Credit card", MARCH) == 2000
        assert said(asha, "Credit card", "-0.50") == first
        assert balance(asha, "Credit card", MARCH) == -50
        assert equity(asha) == 50

    def test_takes_it_back_for_zero(self, asha):
        said(asha, "Cash", 500)

        assert said(asha, "Cash", 0) is None
        assert said(asha, "Cash", 0) is None
        assert balance(asha, "Cash", TODAY) == 0
        assert said(asha, "Cash", 5) is not None

    def test_starts_anew_where_the_one_before_was_made_void(self, asha):
        first = said(asha, "Cash", 500)
        with acting_as(asha.actor):
            transaction_void(book=asha.book, transaction_id=first, check=lambda shown: None)

        assert said(asha, "Cash", 300) != first
        assert balance(asha, "Cash", TODAY) == 30000

    def test_keeps_another_currency(self, asha):
        with acting_as(asha.actor):
            account_open(book=asha.book, name="Wise", currency="JPY")

        said(asha, "Wise", 1000, base_amount="560.25")
        said(asha, "Wise", -2000, base_amount="-1100")

        assert balance(asha, "Wise", MARCH) == -2000
        assert equity(asha) == 110000

    def test_leaves_the_last_word_to_the_banks_statements(self, asha):
        bank_import(asha, hdfc_file(history((3, -5000))), account="HDFC")

        with pytest.raises(OpeningFromStatement):
            said(asha, "HDFC", 5)

    def test_is_taken_into_account_by_an_import_that_comes_later(self, asha):
        with acting_as(asha.actor):
            account_open(book=asha.book, name="HDFC")
        said(asha, "HDFC", 400)

        bank_import(asha, hdfc_file(history((3, -5000))), account="HDFC", adjust=True)

        assert balance(asha, "HDFC", TODAY) == 95000

    def test_refuses_a_closed_account(self, asha):
        with acting_as(asha.actor):
            account_close(book=asha.book, account=asha.account("Savings account"))

        with pytest.raises(AccountClosed):
            said(asha, "Savings account", 5)

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(amounts=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=4))
    def test_ends_at_what_was_said_last(self, db, amounts):
        person = person_make("Asha")
        for amount in amounts:
            said(person, "Cash", amount)

        assert balance(person, "Cash", MARCH) == amounts[-1] * 100
        assert equity(person) == -amounts[-1] * 100
        with acting_as(person.actor):
            standing = Transaction.objects.filter(book=person.book, origin="opening").exclude(status="void")
            assert standing.count() == (amounts[-1] != 0)
