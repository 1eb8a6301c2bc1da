"""Nothing is missed that is committed late, and a page costs the same whatever is in it."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time

import psycopg
import pytest
from django.db import connections

from ledger.sync.selectors import sync_page
from rupaya.core.db import acting_as
from tests.accounts.phone import at_once
from tests.ledger.amendments.asking import Phone
from tests.ledger.attachments.papers import attached
from tests.ledger.books.sharing import share
from tests.ledger.desk import guest_make, record
from tests.ledger.sync.copying import Copy, differences
from tests.support.cast import Person, person_make

QUERIES_MAX = 6
EARLIER = dt.date(2026, 5, 5)


def kept(copy):
    return {identity for kind, identity in copy.things if kind == "transaction"}


class Late:
    """A transaction that is recorded in a thread of its own, and committed when it is told to be."""

    def __init__(self, person) -> None:
        self._written, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=[person])
        self._thread.start()
        assert self._written.wait(10)

    def commit(self):
        self._go.set()
        self._thread.join(10)
        return self.id

    def _run(self, person):
        try:
            with acting_as(person.actor):
                # In a month of its own: two who post to one month of an account wait for each other.
                self.id = str(record(person, on=EARLIER))
                self._written.set()
                self._go.wait(20)
        finally:
            connections.close_all()


@pytest.mark.usefixtures("committed")
class TestLateCommits:
    def test_are_told_although_later_ones_were_told_before(self, asha):
        copy = Copy(asha)
        copy.settle()
        late = Late(asha)
        early = str(record(asha))

        copy.pull()
        before = kept(copy)
        identity = late.commit()
        copy.pull()

        assert before == {early}
        assert kept(copy) == {early, identity}

    def test_are_told_when_they_end_between_two_pages(self, asha):
        copy = Copy(asha)
        late = Late(asha)
        for _ in range(5):
            record(asha)
        while "transaction" not in {kind for kind, _ in copy.things}:
            copy.page(limit=3)

        late.commit()
        copy.pull(limit=3)

        assert len(kept(copy)) == 6
        assert differences(copy) == []

    def test_do_not_keep_back_what_was_committed_meanwhile(self, asha):
        copy = Copy(asha)
        copy.settle()
        late = Late(asha)
        own = str(record(asha))

        told = copy.pull()
        again = copy.page()["changes"]
        late.commit()

        assert [change["id"] for change in told] == [own]
        assert own in [change["id"] for change in again]  # until the other has ended
        copy.pull()
        assert differences(copy) == []

    def test_of_somebody_else_keep_nothing_alive_in_a_book_that_is_told_anew(self, asha):
        late = Late(asha)
        newcomer = person_make("Chitra")
        copy, phone = Copy(newcomer), Phone(newcomer)
        made = phone.record()
        copy.pull()

        phone.void(made)
        copy.pull()
        left = differences(copy)
        late.commit()

        assert left == []

    @pytest.mark.slow
    def test_of_many_writers_are_all_told(self, asha, bala):
        share(asha, bala)
        copies = [Copy(asha), Copy(bala)]
        writers = [asha, bala, asha, Person(bala.user, asha.book)]

        def work(number):
            if number == len(writers):
                for _ in range(60):
                    for copy in copies:
                        copy.page(limit=3)
                return
            dice, writer = random.Random(number), writers[number]
            for _ in range(12):
                with acting_as(writer.actor):
                    record(writer, minor=dice.randrange(1, 10**6))
                    time.sleep(dice.random() / 20)

        at_once(len(writers) + 1, work)

        for copy, own in zip(copies, (36, 48), strict=True):
            copy.pull()
            assert differences(copy) == []
            assert len(kept(copy)) == own


@pytest.mark.usefixtures("committed")
class TestSyncPage:
    def test_asks_the_same_few_queries_whatever_a_page_holds(self, asha, bala, django_assert_max_num_queries):
        share(asha, bala)
        for _ in range(30):
            record(asha)
            record(bala)
        attached(asha)

        cursor, has_more, pages = "", True, 0
        while has_more:
            with acting_as(bala.actor), django_assert_max_num_queries(QUERIES_MAX):
                page = sync_page(user_id=bala.id, cursor=cursor, limit=40)
            cursor, has_more, pages = page.cursor, page.has_more, pages + 1

        assert pages >= 4

    def test_asks_two_queries_when_there_is_nothing(self, admin_url, django_assert_num_queries):
        nobody = guest_make(admin_url, book=person_make("Asha").book, role="viewer")
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("DELETE FROM ledger_member WHERE user_id = %s", [nobody.id])

        with acting_as(nobody.actor), django_assert_num_queries(2):
            page = sync_page(user_id=nobody.id, cursor="", limit=500)

        assert page.changes == []

    def test_tells_the_transactions_of_one_book_a_page(self, asha, bala):
        share(asha, bala)
        record(asha)
        record(bala)
        copy = Copy(bala)

        pages = []
        for _ in range(2):
            changes = copy.page()["changes"]
            pages.append({change["book_id"] for change in changes if change["kind"] == "transaction"})

        assert [len(books) for books in pages] == [1, 1]
        assert pages[0] != pages[1]
        assert differences(copy) == []
