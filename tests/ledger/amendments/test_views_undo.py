from __future__ import annotations

import pytest

from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import Phone, ids, legs, said, steady, unsound
from tests.ledger.desk import counts, guest_make, record, refused
from tests.support.cast import member_add

ON = "2026-11-20"


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture
def made(phone, asha):
    """An expense of ₹500 on fuel, from Cash."""
    return phone.record(category_id=ids(asha, "Fuel")[0], date=ON)


def undone(phone, token):
    """The only transaction of a change that was undone, and the token that takes this back."""
    body = said(phone.undo(token))
    (transaction,) = body["results"]
    assert transaction["undo_token"] == body["undo_token"]
    return transaction


class TestUndo:
    def test_takes_a_recording_back_and_that_back_too(self, phone, asha, made):
        void = undone(phone, made["undo_token"])
        again = undone(phone, void["undo_token"])

        assert steady(void) == steady(made) | {"status": "void"}
        assert steady(again) == steady(made)
        assert unsound(asha) == []

    @pytest.mark.parametrize(
        "fields",
        [
            {"description": "x", "payee": "y", "notes": "z", "tags": ["a"], "status": "pending"},
            {"amount": 700, "date": "2026-03-31"},
            {"type": "income"},
            {"is_reconciled": True},
            {"category_id": None},
        ],
    )
    def test_takes_a_change_back(self, phone, asha, made, fields):
        before = legs(asha, made)
        changed = phone.change(made, **fields)

        back = undone(phone, changed["undo_token"])

        assert steady(back) == steady(made)
        assert back["version"] == 3
        assert legs(asha, made) == before
        assert steady(undone(phone, back["undo_token"])) == steady(changed)
        assert unsound(asha) == []

    def test_takes_a_void_and_a_restore_back(self, phone, asha, made):
        void = phone.void(made)
        alive = undone(phone, void["undo_token"])
        phone.void(made)
        restored = phone.restore(made)
        dead = undone(phone, restored["undo_token"])

        assert (steady(alive), dead["status"]) == (steady(made), "void")
        assert phone.restore(made)["amount"] == 500
        assert unsound(asha) == []

    def test_takes_a_restore_to_an_earlier_version_back(self, phone, asha, made):
        changed = phone.change(made, amount=700, payee="Indian Oil", date="2026-11-01")
        restored = phone.restore(made, 1)

        assert steady(undone(phone, restored["undo_token"])) == steady(changed)
        assert unsound(asha) == []

    def test_leaves_a_void_one_with_the_money_that_counted_last(self, phone, asha, made):
        changed = phone.change(made, amount=700, payee="Indian Oil")
        phone.void(made)
        restored = phone.restore(made, 1)

        dead = undone(phone, restored["undo_token"])

        assert (dead["status"], dead["payee"]) == ("void", changed["payee"])
        assert (dead["amount"], dead["base_amount"]) == (500, 500)
        assert steady(undone(phone, dead["undo_token"])) == steady(restored)
        assert phone.restore(made, 2)["amount"] == 700
        assert unsound(asha) == []

    def test_of_a_restore_leaves_it_as_void_as_it_was(self, phone, made):
        changed = phone.change(made, amount=700)
        phone.void(made)
        undone(phone, phone.restore(made, 1)["undo_token"])

        restored = phone.restore(made)

        assert steady(restored) == steady(changed)
        undone(phone, restored["undo_token"])
        assert steady(phone.restore(made)) == steady(changed)

    def test_is_not_a_void_that_somebody_asked_for(self, phone, made):
        phone.change(made, amount=700)
        phone.void(made)
        restored = phone.restore(made, 1)
        phone.void(made)

        assert steady(phone.restore(made)) == steady(restored)

    def test_takes_a_batch_back_whole(self, phone, asha, made):
        other = phone.record(description="Tea", amount=20)
        changes = [{"id": made["id"], "amount": 1}, {"id": other["id"], "tags": ["x"]}]
        batch = said(phone.patch("transactions/batch", {"transactions": changes}))

        back = said(phone.undo(batch["undo_token"]))

        assert [steady(row) for row in back["results"]] == [steady(made), steady(other)]
        forth = said(phone.undo(back["undo_token"]))
        assert [steady(row) for row in forth["results"]] == [steady(row) for row in batch["results"]]
        assert unsound(asha) == []

    def test_takes_a_recorded_batch_back_whole(self, phone, asha):
        rows = [{"type": "expense", "amount": number, "description": "Tea"} for number in (1, 2, 3)]
        batch = said(phone.post("transactions/batch", {"transactions": rows}), 201)

        back = said(phone.undo(batch["undo_token"]))

        assert {row["undo_token"] for row in batch["results"]} == {batch["undo_token"]}
        assert [row["status"] for row in back["results"]] == ["void"] * 3
        assert phone.get("transactions").json()["results"] == []
        assert unsound(asha) == []

    def test_comes_too_late_once_something_changed_again(self, phone, asha, made):
        changed = phone.change(made, amount=700)
        phone.change(made, payee="x")
        before = counts(asha)

        for token in (made["undo_token"], changed["undo_token"]):
            refused(phone.undo(token), 409, "undo_too_late")

        assert counts(asha) == before

    def test_comes_too_late_for_a_batch_of_which_one_changed_again(self, phone, asha, made):
        other = phone.record(description="Tea")
        changes = [{"id": row["id"], "amount": 1} for row in (made, other)]
        batch = said(phone.patch("transactions/batch", {"transactions": changes}))
        phone.change(other, amount=2)
        before = counts(asha)

        refused(phone.undo(batch["undo_token"]), 409, "undo_too_late")

        assert counts(asha) == before

    def test_is_done_once(self, phone, asha, made):
        undone(phone, made["undo_token"])
        before = counts(asha)

        refused(phone.undo(made["undo_token"]), 409, "undo_too_late")

        assert counts(asha) == before

    def test_does_not_take_back_what_agrees_with_the_bank(self, phone, asha, made):
        ticked = phone.record(is_reconciled=True)
        before = counts(asha)

        refused(phone.undo(ticked["undo_token"]), 409, "transaction_reconciled")

        assert counts(asha) == before

    def test_takes_an_imported_or_older_transaction_back_too(self, phone, asha):
        made = record(asha)
        (row,) = phone.get("transactions").json()["results"]

        assert undone(phone, row["undo_token"])["id"] == str(made)

    def test_may_be_asked_by_another_who_writes_in_the_book(self, committed, asha, bala, chitra, admin_url):
        made = Phone(asha).record()
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        viewer = Phone(guest_make(admin_url, book=asha.book, role="viewer"))
        where = f"transactions/undo?book_id={asha.book.pk}"
        token = {"undo_token": made["undo_token"]}

        refused(viewer.post("transactions/undo", token), 403, "book_read_only")
        refused(Phone(chitra).post(where, token), 404, "book_not_found")
        for outsider in (chitra, bala):  # in a book of their own
            refused(Phone(outsider).post("transactions/undo", token), 404, "undo_not_found")
        (row,) = said(Phone(bala).post(where, token))["results"]

        assert (row["status"], row["changed_by"]) == ("void", str(bala.id))

    @pytest.mark.parametrize(
        ("body", "field"),
        [({}, "undo_token"), ({"undo_token": "x"}, "undo_token"), ({"undo_token": None}, "undo_token"),
         ({"undo_token": str(uuid7()), "book_id": "x"}, "book_id"), ([], "")],
    )  # fmt: skip
    def test_names_what_is_wrong(self, phone, body, field):
        refused(phone.post("transactions/undo", body), 400, "invalid", field)

    def test_knows_no_change_that_never_was(self, phone, made):
        refused(phone.undo(str(uuid7())), 404, "undo_not_found")
