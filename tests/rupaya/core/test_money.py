"""Amounts: read exactly or refused, split without loss, and written as India writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rupaya.core.money import (
    CURRENCY_PLACES,
    DIGITS_MAX,
    AmountInvalid,
    Money,
    allocate,
    money_format,
    money_parse,
    money_short,
    percent,
)

MINOR = st.integers(-(10**DIGITS_MAX) + 1, 10**DIGITS_MAX - 1)
CURRENCY = st.sampled_from(sorted(CURRENCY_PLACES))


class TestMoney:
    def test_adds_and_subtracts_in_one_currency(self):
        assert Money(150, "INR") + Money(50, "INR") == Money(200, "INR")
        assert Money(150, "INR") - Money(50, "INR") == Money(100, "INR")

    @pytest.mark.parametrize("work", [lambda a, b: a + b, lambda a, b: a - b])
    def test_refuses_to_mix_currencies(self, work):
        with pytest.raises(ValueError, match="INR"):
            work(Money(1, "INR"), Money(1, "USD"))

    def test_turns_and_drops_its_sign(self):
        assert -Money(5, "INR") == Money(-5, "INR")
        assert abs(Money(-5, "INR")) == Money(5, "INR")

    @pytest.mark.parametrize(("currency", "text"), [("INR", "12.34"), ("JPY", "1234"), ("KWD", "1.234")])
    def test_has_the_places_of_its_currency(self, currency, text):
        assert str(Money(1234, currency).major) == text


class TestMoneyParse:
    @given(minor=MINOR, currency=CURRENCY)
    def test_reads_back_every_amount_exactly(self, minor, currency):
        money = Money(minor, currency)

        assert money_parse(f"{money.major:f}", currency=currency) == money
        assert money_parse(money.major, currency=currency) == money

    @pytest.mark.parametrize(
        ("value", "minor"),
        [("500", 50000), (500, 50000), ("1234.5", 123450), (".5", 50), ("5.", 500), ("+5", 500), ("-5", -500),
         (" 5 ", 500), ("007", 700), ("5.10000", 510), (Decimal("1E+3"), 100000),
         (Decimal("5.0000000000000000000000000000000"), 500)],
    )  # fmt: skip
    def test_takes_plain_numbers(self, value, minor):
        assert money_parse(value, currency="INR").minor == minor

    @pytest.mark.parametrize(
        "value",
        ["", " ", "abc", "1,000", "₹500", "1e3", "0x10", "1_000", "१२", "5 0", "--5", "NaN", "Infinity", "-",
         ".",
         True, False, Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999999"), Decimal("1E-999999"),
         "9" * 5000, 10**400],
    )  # fmt: skip
    def test_refuses_everything_else(self, value):
        with pytest.raises(AmountInvalid) as raised:
            money_parse(value, currency="INR", field="splits.0.amount")

        assert raised.value.errors[0].field == "splits.0.amount"
        assert len(raised.value.message) < 200

    @given(minor=st.integers(-(10**12), 10**12), currency=CURRENCY, tail=st.integers(1, 10**35))
    def test_refuses_more_decimals_than_the_currency_has(self, minor, currency, tail):
        places = CURRENCY_PLACES[currency]
        text = f"{Money(minor, currency).major:f}{'' if places else '.'}{tail:036d}"

        with pytest.raises(AmountInvalid):
            money_parse(Decimal(text), currency=currency)

    def test_never_rounds_away_what_ordinary_arithmetic_would(self):
        with pytest.raises(AmountInvalid):
            money_parse(Decimal("500.000000000000000000000000000001"), currency="INR")

    def test_takes_fifteen_digits_and_refuses_sixteen(self):
        assert money_parse("9999999999999.99", currency="INR").minor == 10**15 - 1
        with pytest.raises(AmountInvalid, match="15 digits"):
            money_parse("10000000000000.00", currency="INR")

    def test_refuses_a_currency_that_it_does_not_know(self):
        with pytest.raises(AmountInvalid, match="XXX"):
            money_parse("1", currency="XXX")

    @given(text=st.text(max_size=60))
    def test_answers_any_text_with_an_amount_or_a_refusal(self, text):
        try:
            money = money_parse(text, currency="INR")
        except AmountInvalid:
            return

        assert Decimal(text) == money.major


class TestAllocate:
    @given(minor=MINOR, weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
    def test_loses_and_invents_nothing(self, minor, weights):
        money = Money(minor, "INR")

        parts = allocate(money, weights=weights)

        assert sum(part.minor for part in parts) == minor
        assert len(parts) == len(weights)

    @given(minor=MINOR, weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
    def test_keeps_each_part_within_one_minor_unit_of_its_share(self, minor, weights):
        parts = allocate(Money(minor, "INR"), weights=weights)

        for part, weight in zip(parts, weights, strict=True):
            assert abs(part.minor * sum(weights) - minor * weight) < sum(weights)
            assert weight or part.minor == 0

    def test_gives_what_is_left_to_the_first_parts(self):
        assert [part.minor for part in allocate(Money(100, "INR"), weights=[1, 1, 1])] == [34, 33, 33]
        assert [part.minor for part in allocate(Money(-100, "INR"), weights=[0, 1, 1, 1])] == [
            0,
            -34,
            -33,
            -33,
        ]

    @pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [3, -1]])
    def test_refuses_weights_that_split_nothing(self, weights):
        with pytest.raises(ValueError, match="weights"):
            allocate(Money(100, "INR"), weights=weights)


class TestMoneyFormat:
    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [(0, "INR", "₹0"), (50000, "INR", "₹500"), (100000, "INR", "₹1,000"),
         (12345678, "INR", "₹1,23,456.78"),
         (10**15, "INR", "₹1,00,00,00,00,00,000"), (-50050, "INR", "-₹500.50"),
         (123456789, "USD", "$1,234,567.89"),
         (1234567, "JPY", "¥1,234,567"), (1234567, "KWD", "KWD 1,234.567"), (5, "INR", "₹0.05")],
    )  # fmt: skip
    def test_groups_as_the_currencys_home_does(self, minor, currency, text):
        assert money_format(Money(minor, currency)) == text

    @pytest.mark.parametrize(
        ("minor", "text"), [(100000, "+₹1000"), (-50000, "-₹500"), (1234500, "+₹12,345"), (0, "₹0")]
    )
    def test_writes_the_lists_signed_amounts(self, minor, text):
        assert money_format(Money(minor, "INR"), sign=True, grouped_from=5) == text

    @pytest.mark.parametrize(
        ("minor", "text"), [(50, "₹0"), (150, "₹2"), (250, "₹2"), (-50, "₹0"), (-151, "-₹2")]
    )
    def test_rounds_half_to_even_and_knows_no_minus_zero(self, minor, text):
        assert money_format(Money(minor, "INR"), places=0) == text

    @given(minor=MINOR, currency=CURRENCY)
    def test_loses_no_digit(self, minor, currency):
        text = money_format(Money(minor, currency), places=CURRENCY_PLACES[currency])

        digits = "".join(character for character in text if character in "-0123456789")
        assert int(digits) == minor


class TestPercent:
    @pytest.mark.parametrize(
        ("part", "whole", "places", "text"),
        [(1, 3, 0, "33"), (1, 3, 1, "33.3"), (1146, 10000, 0, "11"), (125, 1000, 0, "12"), (135, 1000, 0, "14"),
         (-50, 200, 0, "-25"), (50, -200, 0, "25"), (0, 7, 0, "0")],
    )  # fmt: skip
    def test_rounds_once_half_to_even(self, part, whole, places, text):
        assert str(percent(part, whole, places=places)) == text

    def test_of_nothing_is_none(self):
        assert percent(5, 0) is None


class TestMoneyShort:
    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [(0, "INR", "₹0"), (50000, "INR", "₹500"), (5000000, "INR", "₹50k"), (18600000, "INR", "₹1.86L"),
         (2500000000, "INR", "₹2.5Cr"), (-5000000, "INR", "-₹50k"), (1234500, "INR", "₹12.34k"),
         (12345600, "INR", "₹1.23L"), (250000000, "USD", "$2.5M"),
         (123, "JPY", "¥123")],
    )  # fmt: skip
    def test_writes_the_units_of_the_currencys_home(self, minor, currency, text):
        assert money_short(Money(minor, currency)) == text
