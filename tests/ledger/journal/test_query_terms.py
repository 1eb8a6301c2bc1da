"""What stands behind a key and its colon."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.journal.query.nodes import Amount, Dates, Field, Payee, QueryInvalid
from ledger.journal.query.terms import _CHOICES, _KEYS
from rupaya.core.fiscal import fiscal_year_label, fiscal_year_of
from tests.ledger.journal.queries import DAYS, TODAY, read


def sentence_of(text, **frame):
    with pytest.raises(QueryInvalid) as caught:
        read("a " + text, **frame)
    assert caught.value.position == 2
    return caught.value.message.removeprefix("At character 3: ")


def day(text):
    return dt.date.fromisoformat(text) if text else None


class TestAmount:
    @pytest.mark.parametrize(
        ("value", "starts_at", "ends_before"),
        [
            ("500", 50000, 50001),
            ("=500", 50000, 50001),
            (">500", 50001, None),
            (">=500", 50000, None),
            ("<500", None, 50000),
            ("<=500", None, 50001),
            ("100..500", 10000, 50001),
            ("500..500", 50000, 50001),
            ("100..", 10000, None),
            ("..500", None, 50001),
            ("1,00,000", 10000000, 10000001),
            ("1,23,45,678.90..", 1234567890, None),
            ("100,000", 10000000, 10000001),
            ("1,234,567.89", 123456789, 123456790),
            ("0.5", 50, 51),
            ("1.5000", 150, 151),
            (">9999999999999.99", 10**15, None),
            ('">500"', 50001, None),
        ],
    )
    def test_is_read_in_whole_paise(self, value, starts_at, ends_before):
        assert read(f"amount:{value}") == Amount(starts_at, ends_before)

    @pytest.mark.parametrize(
        "value",
        ["", ">", "..", "x", "5x", "-5", "+5", "1e3", "₹5", "1,0", "1,00,00", "1,,000", ".5", "5.", ">>5", "=>5", "><5",
         ">1..5", "1..5..9", "1...5", "५००", "NaN", "1..x"],
    )  # fmt: skip
    def test_needs_a_number(self, value):
        assert sentence_of(f"amount:{value}") == f"“amount:{value}” needs a number, for example amount:>500."

    def test_has_no_more_decimals_than_the_currency(self):
        said = sentence_of("amount:>1.005")

        assert said == "INR has 2 decimals; 1.005 has more. Amounts are never rounded."
        assert read("amount:1.005", currency="KWD") == Amount(1005, 1006)
        assert "JPY has 0 decimals" in sentence_of("amount:5.5", currency="JPY")

    @pytest.mark.parametrize("value", ["99999999999999", "9" * 400, "0." + "0" * 400 + "1"])
    def test_has_no_more_digits_than_are_counted(self, value):
        assert sentence_of(f"amount:{value}")

    def test_never_ends_before_it_begins(self):
        assert sentence_of("amount:500..100") == "“amount:500..100” ends before it begins."


class TestDate:
    @pytest.mark.parametrize(
        ("value", "starts_on", "ends_before"),
        [
            ("2026-11-23", "2026-11-23", "2026-11-24"),
            ("2024-02-29", "2024-02-29", "2024-03-01"),
            ("2026-04", "2026-04-01", "2026-05-01"),
            ("2026-12", "2026-12-01", "2027-01-01"),
            ("2026", "2026-01-01", "2027-01-01"),
            ("=2026", "2026-01-01", "2027-01-01"),
            ("2026-04..2026-09", "2026-04-01", "2026-10-01"),
            ("2025..2026-02-14", "2025-01-01", "2026-02-15"),
            ("2026-04..", "2026-04-01", None),
            ("..2026-04", None, "2026-05-01"),
            (">2026-04", "2026-05-01", None),
            (">=2026-04", "2026-04-01", None),
            ("<2026-04", None, "2026-04-01"),
            ("<=2026-04", None, "2026-05-01"),
            ("today", "2026-11-23", "2026-11-24"),
            ("Yesterday", "2026-11-22", "2026-11-23"),
            ("this-month", "2026-11-01", "2026-12-01"),
            ("last-month", "2026-10-01", "2026-11-01"),
            ("last-month..today", "2026-10-01", "2026-11-24"),
            (">=this-month", "2026-11-01", None),
            ("1950", "1950-01-01", "1951-01-01"),
            (">2150", "2151-01-01", None),
        ],
    )
    def test_is_read_as_whole_days(self, value, starts_on, ends_before):
        assert read(f"date:{value}") == Dates(day(starts_on), day(ends_before))

    def test_looks_back_over_the_years_end(self):
        assert read("date:last-month", today=day("2026-01-31")) == Dates(day("2025-12-01"), day("2026-01-01"))
        assert read("date:yesterday", today=day("2026-01-01")) == Dates(day("2025-12-31"), day("2026-01-01"))

    @pytest.mark.parametrize(
        ("start_day", "today", "value", "starts_on", "ends_before"),
        [
            (25, "2026-11-23", "this-month", "2026-10-25", "2026-11-25"),
            (25, "2026-11-25", "this-month", "2026-11-25", "2026-12-25"),
            (25, "2026-11-23", "last-month", "2026-09-25", "2026-10-25"),
            (31, "2026-03-01", "this-month", "2026-02-28", "2026-03-31"),
            (31, "2026-03-01", "last-month", "2026-01-31", "2026-02-28"),
            (25, "2026-11-23", "2026-11", "2026-11-01", "2026-12-01"),
            (25, "2026-11-23", "<this-month", None, "2026-10-25"),
        ],
    )
    def test_counts_months_as_the_household_does_unless_they_are_named(
        self, start_day, today, value, starts_on, ends_before
    ):
        found = read(f"date:{value}", today=day(today), month_start_day=start_day)

        assert found == Dates(day(starts_on), day(ends_before))

    @pytest.mark.parametrize(
        "value",
        ["", ">", "..", "x", "23-11-2026", "23/11/2026", "2026-1", "26", "2026-11-23T10", "tomorrow", "２０２６",
         "2026..x", "<>2026"],
    )  # fmt: skip
    def test_needs_a_day_month_or_year(self, value):
        assert sentence_of(f"date:{value}") == (
            f"“date:{value}” needs a day, month or year, for example date:2026-04..2026-09."
        )

    @pytest.mark.parametrize(
        "value", ["2026-13", "2026-00", "2026-02-30", "2025-02-29", "2026-01-00", "2026..2027-13"]
    )
    def test_stands_in_the_calendar(self, value):
        assert sentence_of(f"date:{value}") == f"“date:{value}” is not in the calendar."

    @pytest.mark.parametrize("value", ["1949", "2151-01-01", "0000", "9999-12-31"])
    def test_stands_where_transactions_may(self, value):
        assert sentence_of(f"date:{value}") == f"“date:{value}”: years go from 1950 to 2150."

    def test_never_ends_before_it_begins(self):
        assert sentence_of("date:2026-05..2026-04") == "“date:2026-05..2026-04” ends before it begins."


class TestFiscalYear:
    @pytest.mark.parametrize(
        ("value", "start_month", "starts_on", "ends_before"),
        [
            ("2026-27", 4, "2026-04-01", "2027-04-01"),
            ("1999-00", 4, "1999-04-01", "2000-04-01"),
            ("2026-27", 7, "2026-07-01", "2027-07-01"),
            ("2026", 1, "2026-01-01", "2027-01-01"),
        ],
    )
    def test_is_the_books(self, value, start_month, starts_on, ends_before):
        assert read(f"fy:{value}", fiscal_year_start_month=start_month) == Dates(
            day(starts_on), day(ends_before)
        )

    @given(DAYS, st.integers(1, 12))
    def test_is_written_as_reports_write_it(self, date, start_month):
        year = fiscal_year_of(date, start_month=start_month)
        label = fiscal_year_label(date, start_month=start_month).removeprefix("FY ")

        if year.starts_on.year >= 1950:
            node = read(f"fy:{label}", fiscal_year_start_month=start_month)
            assert node == Dates(year.starts_on, year.ends_before)

    @pytest.mark.parametrize(
        "value", ["2026", "2026-28", "2026-2027", "26-27", "x", ">2026-27", "2026-27..2027-28"]
    )
    def test_needs_the_books_own_way_of_writing_it(self, value):
        assert sentence_of(f"fy:{value}") == (
            f"“fy:{value}” needs a financial year of this book, for example fy:2026-27."
        )

    def test_is_one_number_where_it_is_the_calendars(self):
        said = sentence_of("fy:2026-27", fiscal_year_start_month=1)

        assert said == "“fy:2026-27” needs a financial year of this book, for example fy:2026."


class TestTermRead:
    @pytest.mark.parametrize(
        ("text", "node"),
        [
            ("type:Income", Field("type", "income")),
            ("STATUS:pending", Field("status", "pending")),
            ("is:reconciled", Field("is", "reconciled")),
            ("has:receipt", Field("has", "receipt")),
            ("currency:usd", Field("currency", "USD")),
            ("id:UPI-1", Field("id", "UPI-1")),
            ("payee:Swiggy", Payee("Swiggy", is_whole=False)),
            ('payee:"Swiggy"', Payee("Swiggy", is_whole=True)),
        ],
    )
    def test_reads(self, text, node):
        assert read(text) == node

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("foo:bar", "there is no “foo:” to search by; in quotes it is text."),
            ("catgory:food", "there is no “catgory:” to search by; did you mean category:?"),
            ("amonut:", "there is no “amonut:” to search by; did you mean amount:?"),
            ('Paye:"x"', "there is no “paye:” to search by; did you mean payee:?"),
            ("http://x", "there is no “http:” to search by; in quotes it is text."),
            ("श्रेणी:x", "there is no “श्रेणी:” to search by; in quotes it is text."),
            ("x" * 60 + ":", f"there is no “{'x' * 39}…” to search by; in quotes it is text."),
        ],
    )
    def test_suggests_the_nearest_key(self, text, said):
        assert sentence_of(text) == said

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("type:spent", "“type:spent” needs income, expense or transfer, for example type:expense."),
            ("status:x", "“status:x” needs pending, posted or void, for example status:pending."),
            ("is:pending", "“is:pending” needs reconciled, for example is:reconciled."),
            ("has:payee", "“has:payee” needs receipt, tag or notes, for example has:receipt."),
            ("currency:XYZ", "“currency:XYZ” needs a currency that RUPAYA knows, for example currency:USD."),
            ("category:", '“category:” needs a category, for example category:"Eating out".'),
            ("payee:(a)", "“payee:” needs a payee, for example payee:swiggy."),
        ],
    )
    def test_says_what_a_key_needs(self, text, said):
        assert sentence_of(text) == said

    @pytest.mark.parametrize("key", _KEYS)
    def test_gives_examples_that_can_be_read(self, key):
        assert read(f"{key}:{_KEYS[key].example}", today=TODAY) is not None
        assert f"for example {key}:{_KEYS[key].example}." in sentence_of(f"{key}:")

    @pytest.mark.parametrize(("start_month", "year"), [(4, "2026-27"), (1, "2026"), (12, "2025-26")])
    def test_gives_a_year_of_this_book_for_an_example(self, start_month, year):
        said = sentence_of("fy:", fiscal_year_start_month=start_month)

        assert said == f"“fy:” needs a financial year of this book, for example fy:{year}."
        assert read(f"fy:{year}", fiscal_year_start_month=start_month) is not None

    @pytest.mark.parametrize("key", _CHOICES)
    def test_names_every_choice_in_its_sentence(self, key):
        assert all(choice in _KEYS[key].needs for choice in _CHOICES[key])
