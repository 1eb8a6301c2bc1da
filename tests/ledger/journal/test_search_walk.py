"""A search's pages are the same whichever way they were found: walking the list, or asking an index."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal import selectors
from ledger.journal.filters import Filters
from ledger.journal.selectors import transaction_page
from rupaya.core.db import acting_as
from tests.ledger.desk import TODAY, record
from tests.support.cast import person_make

TEXT = "(t.description || ' ' || t.payee || ' ' || t.notes) ILIKE %(q)s"
TEA = Filters(where=TEXT, where_parameters={"q": "%tea%"})
NOT_TEA = Filters(where=f"(({TEXT}) IS NOT TRUE)", where_parameters={"q": "%tea%"})


@pytest.fixture
def short_sight(monkeypatch):
    """Three rows are looked at first, and two of them are enough to go on."""
    monkeypatch.setattr(selectors, "NEAR_ROWS", 3)
    monkeypatch.setattr(selectors, "NEAR_ENOUGH", 2)


def pages_of(person, limit, filters):
    """Every page forwards, then the same backwards from the last, as ids."""
    with acting_as(person.actor):

        def page(cursor=None):
            return transaction_page(book=person.book, limit=limit, filters=filters, cursor=cursor)

        pages = [page()]
        while pages[-1].next:
            pages.append(page(pages[-1].next))
        back = [pages[-1]]
        while back[0].previous:
            back.insert(0, page(back[0].previous))
    return [[row.id for row in page.rows] for page in pages], [[row.id for row in page.rows] for page in back]


class TestTransactionPage:
    @given(
        st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=16),
        st.integers(1, 3),
        st.sampled_from([TEA, NOT_TEA]),
    )
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_gives_every_row_once_in_order_both_ways(self, db, short_sight, rows, limit, filters):
        person = person_make("Asha")
        made = []
        for ago, is_tea in rows:
            on = TODAY - dt.timedelta(days=ago)
            made.append((on, record(person, on=on, description="Tea stall" if is_tea else "Rent"), is_tea))

        pages, back = pages_of(person, limit, filters)

        wanted = [
            identity for _, identity, is_tea in sorted(made, reverse=True) if is_tea == (filters is TEA)
        ]
        assert [identity for page in pages for identity in page] == wanted
        assert all(len(page) == limit for page in pages[:-1])
        assert back == pages

    @pytest.mark.parametrize(
        ("words", "queries"),
        [
            ("ttttr", 2),  # enough among the first: the walk fills the page
            ("rrrrt", 3),  # none among the first: an index is asked
            ("ttrrrrrrrrrrt", 3),  # enough among the first and then no more: the walk ends, an index is asked
        ],
    )
    def test_asks_an_index_only_when_the_list_does_not_fill_the_page(
        self, asha, short_sight, django_assert_num_queries, words, queries
    ):
        for ago, letter in enumerate(words):
            description = "Tea stall" if letter == "t" else "Rent"
            record(asha, on=TODAY - dt.timedelta(days=ago), description=description)

        with acting_as(asha.actor), django_assert_num_queries(queries, connection=connection):
            page = transaction_page(book=asha.book, limit=2, filters=TEA)

        assert len(page.rows) == min(2, words.count("t"))
        assert bool(page.next) == (words.count("t") > 2)

    def test_finds_what_is_frequent_in_old_years_alone(self, asha, short_sight):
        old = [
            record(asha, on=TODAY - dt.timedelta(days=1000 + ago), description="Tea stall")
            for ago in range(4)
        ]
        for ago in range(5):
            record(asha, on=TODAY - dt.timedelta(days=ago), description="Rent")

        assert pages_of(asha, 2, TEA)[0] == [old[:2], old[2:]]
