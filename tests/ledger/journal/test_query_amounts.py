from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journal.query.amounts import ALIKE, Scales, amount_sql, scales_of
from rupaya.core.money import CURRENCY_PLACES
from tests.ledger.amendments.asking import Phone, account_make, said
from tests.ledger.desk import refused

YEN, DINARS, DOLLARS = (UUID(int=number) for number in range(3))
CURRENCIES = st.sampled_from(sorted(CURRENCY_PLACES))


def compiled(scales, first, behind):
    values = []

    def bind(value):
        values.append(value)
        return f"${len(values)}"

    return amount_sql(scales, first, behind, bind=bind), values


class TestScalesOf:
    def test_is_plain_where_all_have_the_decimals_of_the_book(self):
        assert scales_of(base_currency="INR", accounts=[(DOLLARS, "USD")]) == ALIKE

    def test_names_the_accounts_that_have_others(self):
        accounts = [(YEN, "JPY"), (DINARS, "KWD"), (DOLLARS, "USD")]

        assert scales_of(base_currency="INR", accounts=accounts) == Scales(
            "KWD", 10, {1000: [YEN], 1: [DINARS]}
        )


class TestAmountSql:
    def test_is_one_range_where_all_are_alike(self):
        assert compiled(ALIKE, 50, 61) == ("(t.amount_minor >= $1 AND t.amount_minor < $2)", [50, 61])

    def test_asks_each_account_in_its_own_minor_units(self):
        sql, values = compiled(Scales("INR", 1, {100: [YEN]}), 50001, None)

        assert sql == (
            "((t.account_id <> ALL($2) AND (t.amount_minor >= $1))"
            " OR (t.account_id = ANY($3) AND (t.amount_minor >= $4)))"
        )
        assert values == [50001, [YEN], [YEN], 501]

    @given(CURRENCIES, CURRENCIES, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
    def test_lets_the_amounts_pass_that_lie_between(self, base, other, first, behind, minor):
        scales = scales_of(base_currency=base, accounts=[(YEN, other)])
        units = next(iter(scales.others), scales.units)

        _, (low, high) = compiled(Scales(scales.currency, units), first, behind)

        typed = [Decimal(bound).scaleb(-CURRENCY_PLACES[scales.currency]) for bound in (first, behind)]
        amount = Decimal(minor).scaleb(-CURRENCY_PLACES[other])
        assert (low <= minor < high) == (typed[0] <= amount < typed[1])


@pytest.fixture
def phone(asha):
    """Expenses of 500 and of 501 in rupees, yen, dinars and dollars."""
    phone = Phone(asha)
    for currency in ("INR", "JPY", "KWD", "USD"):
        where = {} if currency == "INR" else {"account_id": account_make(asha, currency), "base_amount": 9}
        for amount in (500, 501):
            phone.record(amount=amount, currency=currency, description=f"{currency} {amount}", **where)
    return phone


def found(phone, **query):
    return {row["description"] for row in said(phone.get("transactions", **query))["results"]}


def every(*amounts):
    return {f"{currency} {amount}" for currency in ("INR", "JPY", "KWD", "USD") for amount in amounts}


class TestAList:
    @pytest.mark.parametrize(
        ("query", "amounts"),
        [("amount:500", [500]), ("amount:>500", [501]), ("amount:<501", [500]), ("amount:<=500", [500]),
         ("amount:500..501", [500, 501]), ("amount:>500.125", [501]), ("amount:500.125", []),
         ("-amount:500", [501]), ("amount:<500", []), ("amount:500.5..", [501])],
    )  # fmt: skip
    def test_compares_what_was_typed_with_each_currency(self, phone, query, amounts):
        assert found(phone, q=query) == every(*amounts)

    @pytest.mark.parametrize(
        ("query", "amounts"),
        [({"amount_min": "500"}, [500, 501]), ({"amount_min": "500.001"}, [501]), ({"amount_max": "500"}, [500]),
         ({"amount_max": "500.999"}, [500]), ({"amount_min": "500.5", "amount_max": "501"}, [501])],
    )  # fmt: skip
    def test_filters_by_it_too(self, phone, query, amounts):
        assert found(phone, **query) == every(*amounts)

    def test_takes_no_more_decimals_than_the_finest_currency_has(self, phone, chitra):
        refused(phone.get("transactions", q="amount:0.0001"), 400, "query_invalid", "q")
        refused(phone.get("transactions", amount_min="0.0001"), 400, "filter_invalid", "amount_min")
        refused(Phone(chitra).get("transactions", q="amount:0.001"), 400, "query_invalid", "q")
