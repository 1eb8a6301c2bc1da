from __future__ import annotations

import datetime as dt

import pytest

from ledger.books.services import book_update
from ledger.journal.filters import NONE, Filters
from ledger.journal.search import filters_read
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.parameters import IDS_MAX, FilterInvalid
from tests.ledger.amendments.asking import account_make
from tests.ledger.desk import TODAY


def read(person, **query):
    with acting_as(person.actor):
        return filters_read(book=person.book, query=query, today=TODAY)


class TestFiltersRead:
    def test_reads_nothing_as_everything_that_counts(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(0):
            assert filters_read(book=asha.book, query={}, today=TODAY) == NONE

    def test_reads_nothing_as_that_in_a_book_of_another_currency_too(self, asha, django_assert_num_queries):
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, base_currency="USD")
            asha.book.refresh_from_db()

            with django_assert_num_queries(0):
                assert filters_read(book=asha.book, query={"q": "", "amount_min": ""}, today=TODAY) == NONE

    @pytest.mark.parametrize(
        ("text", "is_asked"),
        [("status:void", True), ("-(tea status:pending)", True), ("tea", False), ('"t.status" "status:void"', False)],
    )  # fmt: skip
    def test_knows_whether_a_search_says_which_statuses_it_wants(self, asha, text, is_asked):
        assert read(asha, q=text).is_status_asked is is_asked

    def test_reads_each(self, asha):
        one, two = uuid7(), uuid7()

        filters = read(
            asha, type="expense", status="all", since="2026-04-01", until="2027-03-31", account_id=f"{one},{two}",
            posting_account_id=str(two), payee=" Indian  Oil", tag="Car", amount_min="0.5", amount_max="1234.50",
            is_reconciled="false", has_attachment="true",
        )  # fmt: skip

        assert filters == Filters(
            type="expense", status="all", since=dt.date(2026, 4, 1), until=dt.date(2027, 3, 31), account_ids=(one, two),
            leg_account_ids=(two,), payee="Indian Oil", tag="car", amount_min=50, amount_max=123450,
            is_reconciled=False, has_attachment=True,
        )  # fmt: skip

    def test_asks_for_other_currencies_where_there_is_an_amount(self, asha, django_assert_num_queries):
        account_make(asha, "KWD")
        with acting_as(asha.actor), django_assert_num_queries(1):
            filters = filters_read(book=asha.book, query={"amount_min": "0.125"}, today=TODAY)

        assert (filters.amount_min, filters.scales.currency, filters.scales.units) == (125, "KWD", 10)

    def test_takes_a_category_with_its_children(self, asha, django_assert_num_queries):
        fuel = asha.account("Fuel").pk
        with acting_as(asha.actor), django_assert_num_queries(1):
            filters = filters_read(book=asha.book, query={"category_id": str(fuel)}, today=TODAY)

        assert filters.category_ids is not None
        assert fuel in filters.category_ids

    def test_finds_nothing_in_another_books_category(self, asha, chitra):
        filters = read(asha, category_id=str(chitra.account("Fuel").pk))

        assert chitra.account("Fuel").pk not in (filters.category_ids or ())
        assert filters.category_ids is not None

    def test_takes_an_account_with_what_is_below_it_for_a_category(self, asha):
        cash = asha.account("Cash").pk

        assert read(asha, category_id=str(cash)).category_ids == (cash,)

    def test_tells_a_day_that_is_none_from_one_written_otherwise(self, asha):
        with pytest.raises(FilterInvalid, match=r"^since: The calendar has no 2024-02-30\.$"):
            read(asha, since="2024-02-30")
        with pytest.raises(FilterInvalid, match=r"^since: Write the date as YYYY-MM-DD"):
            read(asha, since="30.2.2024")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("type", "gift"),
            ("status", "deleted"),
            ("since", "yesterday"),
            ("until", "2026-02-30"),
            ("account_id", "x"),
            ("account_id", "01a2074f-0618-790e-ae9b-8f95f47a1bf1,"),
            ("category_id", ",".join(["01a2074f-0618-790e-ae9b-8f95f47a1bf1"] * (IDS_MAX + 1))),
            ("posting_account_id", "\x00"),
            ("payee", "x" * 121),
            ("payee", "\x00"),
            ("tag", "x" * 41),
            ("amount_min", "1.005"),
            ("amount_max", "abc"),
            ("is_reconciled", "yes"),
            ("has_attachment", "1"),
        ],
    )
    def test_names_the_wrong_one(self, asha, name, text):
        with pytest.raises(FilterInvalid) as raised:
            read(asha, **{name: text})

        assert [error.field for error in raised.value.errors] == [name]
