from __future__ import annotations

import pytest

from ledger.books.access import BookNotFound, BookReadOnly, book_for, book_id_read
from rupaya.core.db import acting_as
from rupaya.core.errors import Invalid
from rupaya.core.ids import uuid7
from tests.support.cast import member_add


def opened(person, right, book_id=None):
    with acting_as(person.actor):
        return book_for(user_id=person.id, book_id=book_id, right=right)


class TestBookFor:
    @pytest.mark.parametrize("right", ["read", "write", "own"])
    def test_gives_the_owner_their_first_book_and_any_by_id(self, asha, right):
        assert opened(asha, right) == asha.book
        assert opened(asha, right, asha.book.pk) == asha.book

    @pytest.mark.parametrize(
        ("role", "rights"),
        [("viewer", {"read"}), ("editor", {"read", "write"}), ("owner", {"read", "write", "own"})],
    )
    def test_gives_a_member_what_the_role_gives(self, committed, asha, bala, admin_url, role, rights):
        member_add(admin_url, book=asha.book, person=bala, role=role)

        for right in ("read", "write", "own"):
            if right in rights:
                assert opened(bala, right, asha.book.pk) == asha.book
            else:
                with pytest.raises(BookReadOnly):
                    opened(bala, right, asha.book.pk)
        assert opened(bala, "own") == bala.book

    @pytest.mark.parametrize("right", ["read", "write", "own"])
    def test_knows_no_book_for_a_stranger(self, asha, chitra, right):
        for book_id in (asha.book.pk, uuid7()):
            with pytest.raises(BookNotFound):
                opened(chitra, right, book_id)

    def test_believes_the_actor_and_not_the_argument(self, asha, chitra):
        with acting_as(chitra.actor), pytest.raises(BookNotFound):
            book_for(user_id=asha.id, book_id=asha.book.pk, right="read")

    def test_is_one_query(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(1):
            book_for(user_id=asha.id, book_id=None, right="own")


class TestBookIdRead:
    def test_reads_nothing_as_no_choice(self):
        assert book_id_read(None) is None

    @pytest.mark.parametrize("text", ["", "x", "1", "\x00", "0" * 33])
    def test_refuses_what_is_no_id(self, text):
        with pytest.raises(Invalid) as raised:
            book_id_read(text)

        assert [error.field for error in raised.value.errors] == ["book_id"]
