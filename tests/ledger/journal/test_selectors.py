from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.amendments.services import transaction_void
from ledger.journal.filters import Filters
from ledger.journal.selectors import (
    TransactionNotFound,
    transaction_find,
    transaction_of,
    transaction_page,
    transactions_of,
    transactions_walk,
)
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.pagination import Cursor, PageInvalid
from tests.ledger.desk import TODAY, record
from tests.support.cast import person_make

PAGES_MAX = 50  # where a cursor leads in a circle, the comparison fails instead of the clock


def walk(person, limit, filters):
    """Every page forwards; then the same backwards from the last."""
    with acting_as(person.actor):

        def page(cursor=None):
            return transaction_page(book=person.book, limit=limit, filters=filters, cursor=cursor)

        pages = [page()]
        while pages[-1].next and len(pages) < PAGES_MAX:
            pages.append(page(pages[-1].next))
        back = [pages[-1]]
        while back[0].previous and len(back) < PAGES_MAX:
            back.insert(0, page(back[0].previous))
    return [[row.id for row in page.rows] for page in pages], [[row.id for row in page.rows] for page in back]


class TestTransactionPage:
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["income", "expense"])), max_size=12),
        st.integers(1, 5),
        st.sampled_from(["", "income", "expense", "transfer"]),
    )
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_gives_every_row_once_in_order_both_ways(self, db, rows, limit, entry_type):
        person = person_make("Asha")
        made = []
        for ago, kind in rows:
            on = TODAY - dt.timedelta(days=ago)
            made.append((on, record(person, kind, on=on), kind))

        pages, back = walk(person, limit, Filters(type=entry_type))

        wanted = [identity for _, identity, kind in sorted(made, reverse=True) if entry_type in {"", kind}]
        assert [identity for page in pages for identity in page] == wanted
        assert all(len(page) == limit for page in pages[:-1])
        assert back == pages

    def test_neither_repeats_nor_hides_a_row_while_others_are_added(self, asha):
        made = [record(asha, on=TODAY - dt.timedelta(days=ago)) for ago in range(6)]
        with acting_as(asha.actor):
            first = transaction_page(book=asha.book, limit=3)

        record(asha, on=TODAY + dt.timedelta(days=1))
        newest_of_its_day = record(asha, on=TODAY - dt.timedelta(days=2))
        with acting_as(asha.actor):
            second = transaction_page(book=asha.book, limit=3, cursor=first.next)
            again = transaction_page(book=asha.book, limit=9, cursor=second.previous)

        assert [row.id for row in first.rows] == made[:3]
        assert [row.id for row in second.rows] == made[3:]
        assert newest_of_its_day in [row.id for row in again.rows]

    def test_is_one_query(self, asha, django_assert_num_queries):
        for _ in range(5):
            record(asha)

        with acting_as(asha.actor), django_assert_num_queries(1):
            transaction_page(book=asha.book, limit=50)

    def test_shows_one_book(self, asha, chitra):
        record(asha)

        with acting_as(chitra.actor):
            assert transaction_page(book=chitra.book, limit=50).rows == ()
            assert transaction_page(book=asha.book, limit=50).rows == ()

    @pytest.mark.parametrize("key", [("2026-13-01", "x"), ("2026-11-20", "x"), ("x", str(TODAY))])
    def test_refuses_a_cursor_of_another_list(self, asha, key):
        with acting_as(asha.actor), pytest.raises(PageInvalid):
            transaction_page(book=asha.book, limit=50, cursor=Cursor(key))


class TestTransactionsOf:
    def test_keeps_the_order_of_the_ids_and_leaves_out_what_the_book_does_not_have(self, asha, chitra):
        made = [record(asha, minor=minor) for minor in (1, 2, 3)]
        foreign = record(chitra)

        with acting_as(asha.actor):
            found = transactions_of(book=asha.book, ids=[made[2], foreign, uuid7(), made[0]])

        assert [row.id for row in found] == [made[2], made[0]]

    def test_shows_void_ones_too(self, asha):
        made = record(asha)
        with acting_as(asha.actor):
            transaction_void(book=asha.book, transaction_id=made, check=lambda _: None)

            (shown,) = transactions_of(book=asha.book, ids=[made])
            assert transaction_page(book=asha.book, limit=50).rows == ()

        assert (shown.view.status, shown.view.amount.minor, shown.view.account) == ("void", 50000, "Cash")

    def test_is_one_query(self, asha, django_assert_num_queries):
        made = [record(asha) for _ in range(3)]

        with acting_as(asha.actor), django_assert_num_queries(1):
            transactions_of(book=asha.book, ids=made)


class TestTransactionsWalk:
    @pytest.mark.parametrize(
        "filters", [Filters(), Filters(tag="none"), Filters(type="expense", status="all")]
    )
    def test_gives_what_the_pages_give_a_lot_at_a_time(self, asha, django_assert_num_queries, filters):
        for ago in range(7):
            record(asha, on=TODAY - dt.timedelta(days=ago))
        with acting_as(asha.actor):
            page = transaction_page(book=asha.book, limit=50, filters=filters)

            with django_assert_num_queries(1):
                lots = list(transactions_walk(book=asha.book, filters=filters, rows=3))

        assert [len(lot) for lot in lots] == ([3, 3, 1] if page.rows else [])
        assert [shown for lot in lots for shown in lot] == list(page.rows)

    def test_shows_all_as_it_stood_when_it_began(self, asha):
        for _ in range(4):
            record(asha)
        with acting_as(asha.actor):
            walk = transactions_walk(book=asha.book, rows=2)
            first = next(walk)
            record(asha, on=TODAY - dt.timedelta(days=1))

            assert [len(lot) for lot in (first, *walk)] == [2, 2]


class TestTransactionOf:
    def test_is_one_query(self, asha, django_assert_num_queries):
        made = record(asha, minor=123)

        with acting_as(asha.actor), django_assert_num_queries(1):
            view = transaction_of(book=asha.book, transaction_id=made).view

        assert (view.id, view.amount.minor) == (made, 123)

    def test_says_that_there_is_none(self, asha, chitra):
        foreign = record(chitra)

        for identity in (foreign, uuid7()):
            with acting_as(asha.actor), pytest.raises(TransactionNotFound):
                transaction_of(book=asha.book, transaction_id=identity)
            with acting_as(asha.actor):
                assert transaction_find(book=asha.book, transaction_id=identity) is None

    def test_says_in_one_body_what_the_page_says(self, asha):
        made = record(asha, minor=123)

        with acting_as(asha.actor):
            (row,) = transaction_page(book=asha.book, limit=50).rows
            assert transaction_of(book=asha.book, transaction_id=made) == row
            assert transaction_find(book=asha.book, transaction_id=made) == row.view
