from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal.selectors import FilterInvalid, transaction_page, transaction_view, type_read
from rupaya.core.db import acting_as
from rupaya.core.pagination import Cursor, PageInvalid
from tests.ledger.desk import TODAY, record
from tests.support.cast import person_make

PAGES_MAX = 50  # where a cursor leads in a circle, the comparison fails instead of the clock


def walk(person, limit, entry_type=""):
    """Every page forwards; then the same backwards from the last."""
    with acting_as(person.actor):
        pages = [transaction_page(book=person.book, limit=limit, entry_type=entry_type)]
        while pages[-1].next and len(pages) < PAGES_MAX:
            pages.append(
                transaction_page(book=person.book, limit=limit, entry_type=entry_type, cursor=pages[-1].next)
            )
        back = [pages[-1]]
        while back[0].previous and len(back) < PAGES_MAX:
            back.insert(
                0,
                transaction_page(
                    book=person.book, limit=limit, entry_type=entry_type, cursor=back[0].previous
                ),
            )
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

        pages, back = walk(person, limit, entry_type)

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


class TestTransactionView:
    def test_is_one_query(self, asha, django_assert_num_queries):
        made = record(asha, minor=123)

        with acting_as(asha.actor), django_assert_num_queries(1):
            view = transaction_view(book=asha.book, transaction_id=made)

        assert (view.id, view.amount.minor) == (made, 123)


class TestTypeRead:
    @pytest.mark.parametrize("text", [None, "", "income", "expense", "transfer"])
    def test_reads_a_type(self, text):
        assert type_read(text) == (text or "")

    @pytest.mark.parametrize("text", ["Income", "all", "income ", "\x00"])
    def test_refuses_another(self, text):
        with pytest.raises(FilterInvalid):
            type_read(text)
