from __future__ import annotations

import pytest
from django.db import connection

from ledger.amendments.selectors import UndoNotFound, VersionNotFound, state_of
from ledger.amendments.services import (
    change_undo,
    transaction_change,
    transaction_restore,
    transaction_void,
    transactions_change,
    transactions_post,
)
from ledger.books.locks import book_lock
from ledger.journal.drafts import EntriesRefused, Entry
from ledger.journal.models import VERSIONS_LIVE_MAX, VERSIONS_MAX
from ledger.journal.selectors import TransactionNotFound
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.amendments.asking import Phone, said, unsound
from tests.ledger.desk import TODAY, counts, record, refused

# What the database itself does for a change: a version kept, a header moved on. Here again and again.
_AGE = """
DO $$
DECLARE
  one ledger_transaction;
BEGIN
  FOR number IN 1 .. {times} LOOP
    SELECT * INTO one FROM ledger_transaction WHERE id = '{id}';
    PERFORM ledger_amend(one.book_id, gen_random_uuid(), jsonb_build_array(jsonb_build_object(
      'id', one.id, 'date', one.date, 'type', one.type, 'description', 'Version ' || one.version + 1,
      'payee', one.payee, 'notes', one.notes, 'tags', to_jsonb(one.tags),
      'status', one.status, 'is_reconciled', one.is_reconciled, 'account_id', one.account_id,
      'to_account_id', one.to_account_id, 'amount_minor', one.amount_minor)));
  END LOOP;
END $$"""


def looked(shown):
    """Whoever does not care which version it is."""


def placed(index, state):
    """The same, of one of a batch."""


def age(person, identity, times):
    """Will change a transaction so many times."""
    with acting_as(person.actor), connection.cursor() as cursor:
        cursor.execute(_AGE.format(times=times, id=identity))


class TestAll:
    def test_are_called_inside_acting_as_alone(self, committed, asha):
        book, one = asha.book, uuid7()

        for call in (
            lambda: book_lock(book=book),
            lambda: transaction_change(book=book, transaction_id=one, changes={}, check=looked),
            lambda: transactions_change(book=book, changes=[(one, {})], check=placed),
            lambda: transaction_void(book=book, transaction_id=one, check=looked),
            lambda: transaction_restore(book=book, transaction_id=one, version=None, check=looked),
            lambda: change_undo(book=book, change_id=one),
            lambda: transactions_post(
                book=book, entries=[Entry("expense", TODAY, "x", [(None, Money(1, "INR"))])]
            ),
        ):
            with pytest.raises(RuntimeError, match="acting_as"):
                call()

    def test_find_nothing_of_another_book(self, asha, chitra):
        made, before = record(asha), counts(asha)
        book = chitra.book

        for call, refusal in (
            (
                lambda: transaction_change(book=book, transaction_id=made, changes={}, check=looked),
                TransactionNotFound,
            ),
            (lambda: transactions_change(book=book, changes=[(made, {})], check=placed), EntriesRefused),
            (lambda: transaction_void(book=book, transaction_id=made, check=looked), TransactionNotFound),
            (
                lambda: transaction_restore(book=book, transaction_id=made, version=1, check=looked),
                TransactionNotFound,
            ),
            (lambda: change_undo(book=book, change_id=made), UndoNotFound),
        ):
            with acting_as(chitra.actor), pytest.raises(refusal):
                call()
        assert counts(asha) == before

    @pytest.mark.parametrize("way", ["change", "void", "restore"])
    def test_check_what_stands_before_they_write(self, asha, way):
        class LookedAway(Exception):
            pass

        def refuse(shown):
            assert shown.id == made
            raise LookedAway

        made = record(asha)
        before = counts(asha)
        named = {"book": asha.book, "transaction_id": made, "check": refuse}
        call = {
            "change": lambda: transaction_change(**named, changes={"payee": "x"}),
            "void": lambda: transaction_void(**named),
            "restore": lambda: transaction_restore(**named, version=None),
        }[way]

        with acting_as(asha.actor), pytest.raises(LookedAway):
            call()

        assert counts(asha) == before


class TestQueries:
    """Two of each write's are those of its savepoint."""

    def test_of_a_change_are_seven(self, asha, django_assert_num_queries):
        made = record(asha)

        with acting_as(asha.actor), django_assert_num_queries(7):
            transaction_change(book=asha.book, transaction_id=made, changes={"payee": "x"}, check=looked)

    def test_of_a_change_that_differs_in_nothing_are_four(self, asha, django_assert_num_queries):
        made = record(asha)

        with acting_as(asha.actor), django_assert_num_queries(4):
            transaction_change(book=asha.book, transaction_id=made, changes={}, check=looked)

    def test_of_a_void_are_six(self, asha, django_assert_num_queries):
        made = record(asha)

        with acting_as(asha.actor), django_assert_num_queries(6):
            transaction_void(book=asha.book, transaction_id=made, check=looked)

    @pytest.mark.parametrize(("version", "number"), [(1, 8), (None, 9)])
    def test_of_a_restore_are_eight_and_one_more_without_a_version(
        self, asha, django_assert_num_queries, version, number
    ):
        made = record(asha)
        with acting_as(asha.actor):
            transaction_void(book=asha.book, transaction_id=made, check=looked)

            with django_assert_num_queries(number):
                transaction_restore(book=asha.book, transaction_id=made, version=version, check=looked)

    def test_of_a_batch_of_changes_do_not_grow_with_it(self, asha, django_assert_num_queries):
        for count in (1, 30):
            changes = [(record(asha), {"payee": "x"}) for _ in range(count)]

            with acting_as(asha.actor), django_assert_num_queries(6):
                transactions_change(book=asha.book, changes=changes, check=placed)

    @pytest.mark.parametrize(("external", "number"), [(False, 4), (True, 7)])
    def test_of_a_new_batch_do_not_grow_with_it(self, asha, django_assert_num_queries, external, number):
        for count in (2, 30):
            entries = [
                Entry(
                    "expense",
                    TODAY,
                    "x",
                    [(None, Money(1, "INR"))],
                    external_id=str(uuid7()) if external else None,
                )
                for _ in range(count)
            ]

            with acting_as(asha.actor), django_assert_num_queries(number):
                transactions_post(book=asha.book, entries=entries)

    def test_of_an_undo_do_not_grow_with_the_change(self, asha, django_assert_num_queries):
        for count in (1, 30):
            made = [record(asha) for _ in range(count)]
            with acting_as(asha.actor):
                change = transactions_change(
                    book=asha.book, changes=[(one, {"payee": "x"}) for one in made], check=placed
                )
                assert change is not None

                with django_assert_num_queries(9):
                    change_undo(book=asha.book, change_id=change)


class TestVersions:
    def test_are_at_most_a_thousand(self, asha):
        phone, made = Phone(asha), record(asha)
        age(asha, made, VERSIONS_MAX - 2)
        one = {"id": str(made)}
        last = phone.change(one, amount=7)
        other, before = phone.record(), counts(asha)
        before = counts(asha)

        for answer in (
            phone.patch(f"transactions/{made}", {"payee": "x"}),
            phone.post(f"transactions/{made}/restore?version=1"),
            phone.undo(last["undo_token"]),
        ):
            told = refused(answer, 422, "versions_too_many")
            assert told["error"] == "This transaction was changed too often; void it and record it anew."
        items = [{"id": other["id"], "payee": "x"}, {"id": str(made), "payee": "x", "version": 1000}]
        body = refused(phone.patch("transactions/batch", {"transactions": items}), 422, "entries_refused")

        assert [error["field"] for error in body["errors"]] == ["transactions.1"]
        assert counts(asha) == before
        assert last["version"] == VERSIONS_MAX
        assert said(phone.patch(f"transactions/{made}", {"amount": 7})) == last
        assert unsound(asha) == []

    def test_beyond_those_of_edits_are_void_and_restored_in_turns_and_end_void(self, asha):
        phone, made = Phone(asha), record(asha)
        age(asha, made, VERSIONS_MAX - 1)
        one = {"id": str(made)}

        while (void := phone.void(one))["version"] <= VERSIONS_LIVE_MAX:
            assert phone.restore(one)["status"] == "posted"
            refused(phone.patch(f"transactions/{made}", {"payee": "x"}), 422, "versions_too_many")

        assert void["version"] == VERSIONS_LIVE_MAX + 1
        for answer in (phone.post(f"transactions/{made}/restore"), phone.undo(void["undo_token"])):
            told = refused(answer, 422, "versions_too_many")
            assert told["error"] == (
                "This transaction was changed too often; it can't be restored any more, so record it anew."
            )
        assert phone.void(one) == void
        assert unsound(asha) == []

    def test_are_all_in_the_history_and_can_be_gone_back_to(self, asha):
        phone, made = Phone(asha), record(asha)
        age(asha, made, 450)
        body = said(phone.get(f"transactions/{made}/history", limit=200))
        versions = [row["version"] for row in body["results"]]
        while body["next"]:
            body = said(phone.follow(body["next"]))
            versions += [row["version"] for row in body["results"]]

        assert versions == list(range(451, 0, -1))
        assert phone.restore({"id": str(made)}, 123)["description"] == "Version 123"


class TestTransactionRestore:
    def test_refuses_a_version_that_never_was(self, asha):
        made = record(asha)

        with acting_as(asha.actor):
            for version in (2, 32768, 10**9):
                with pytest.raises(VersionNotFound):
                    transaction_restore(book=asha.book, transaction_id=made, version=version, check=looked)

            assert state_of(book=asha.book, transaction_id=made).version == 1
