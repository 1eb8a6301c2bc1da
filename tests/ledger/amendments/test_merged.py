"""What was said of an account that another took over: it goes where the account went."""

from __future__ import annotations

import pytest

from tests.ledger.amendments.asking import SMALLEST, Phone, account_make, ids, legs, said, steady, unsound
from tests.ledger.books.sharing import restrict
from tests.ledger.desk import counts, guest_make, refused

GONE = "“Old bank” was merged into “New bank”"


@pytest.fixture
def phone(committed, asha):
    return Phone(asha)


@pytest.fixture
def old(phone, asha):
    return account_make(asha, "INR", "Old bank")


@pytest.fixture
def new(phone, asha):
    return account_make(asha, "INR", "New bank")


def merge(phone, source, into, what="accounts"):
    return said(phone.post(f"{what}/{source}/merge", {"into_id": into}))


class TestRestore:
    def test_brings_a_void_one_to_the_account_that_took_over(self, phone, asha, old, new):
        made = phone.record(account_id=old)
        phone.void(made)
        merge(phone, old, new)

        restored = phone.restore(made)

        assert steady(restored) == steady(made) | {"account_id": new, "account": "New bank"}
        assert legs(asha, made)[-1][:2] == ("New bank", -50000)
        assert unsound(asha) == []

    def test_follows_from_one_to_the_next(self, phone, asha, old, new):
        made = phone.record(account_id=old)
        phone.void(made)
        merge(phone, old, new)
        last = account_make(asha, "INR", "Last bank")
        merge(phone, new, last)

        assert phone.restore(made)["account_id"] == last

    def test_of_a_version_of_before_follows_too(self, phone, asha, old, new):
        made = phone.record(account_id=old)
        phone.change(made, amount=700)
        merge(phone, old, new)

        assert steady(phone.restore(made, 1)) == steady(made) | {"account_id": new, "account": "New bank"}
        assert unsound(asha) == []

    def test_brings_a_category_along(self, phone, asha):
        fuel, travel = ids(asha, "Fuel", "Travel")
        made = phone.record(category_id=fuel)
        phone.void(made)
        merge(phone, fuel, travel, "categories")

        assert phone.restore(made)["category_id"] == travel

    def test_refuses_a_transfer_between_two_that_are_one(self, phone, asha, old, new):
        made = phone.record(type="transfer", account_id=old, to_account_id=new)
        phone.void(made)
        merge(phone, old, new)
        before = counts(asha)

        body = refused(phone.post(f"transactions/{made['id']}/restore"), 422, "transfer_to_itself")

        assert body["error"] == f"{GONE}, so this would go from an account to itself."
        assert counts(asha) == before

    def test_goes_nowhere_that_is_hidden(self, phone, asha, old, new, admin_url):
        made = phone.record(account_id=old)
        phone.void(made)
        merge(phone, old, new)
        guest = guest_make(admin_url, book=asha.book, role="editor")
        restrict(asha, guest, "New bank", "hidden")
        before = counts(asha)

        refused(Phone(guest).post(f"transactions/{made['id']}/restore"), 403, "book_veiled")

        assert counts(asha) == before


class TestUndo:
    def test_of_a_voiding_brings_it_to_the_account_that_took_over(self, phone, asha, old, new):
        made = phone.record(account_id=old)
        void = phone.void(made)
        merge(phone, old, new)

        (back,) = said(phone.undo(void["undo_token"]))["results"]

        assert (back["account_id"], back["status"], back["amount"]) == (new, "posted", 500)
        (dead,) = said(phone.undo(back["undo_token"]))["results"]
        assert dead["status"] == "void"
        assert unsound(asha) == []

    def test_does_not_take_a_merge_back(self, phone, asha, old, new):
        made = phone.record(account_id=old)
        merge(phone, old, new)
        before = counts(asha)

        body = refused(phone.undo(phone.read(made)["undo_token"]), 409, "account_merged")

        assert body["error"] == f"{GONE}, which can't be undone."
        assert counts(asha) == before


class TestRecording:
    @pytest.mark.parametrize("way", ["record", "change", "transfer"])
    def test_on_a_merged_account_is_told_which_took_over(self, phone, asha, old, new, way):
        made = phone.record()
        merge(phone, old, new)
        body = {"type": "expense", "amount": 5, "description": "x", "account_id": old}
        before = counts(asha)

        answer = {
            "record": lambda: phone.post("transactions", body),
            "change": lambda: phone.patch(f"transactions/{made['id']}", {"account_id": old}),
            "transfer": lambda: phone.post(
                "transactions", body | {"type": "transfer", "account_id": new, "to_account_id": old}
            ),
        }[way]()

        field = "to_account_id" if way == "transfer" else "account_id"
        assert refused(answer, 409, "account_merged", field)["error"] == f"{GONE}; use that one."
        assert counts(asha) == before

    def test_of_an_external_id_that_is_known_gives_what_is_there(self, phone, old, new):
        said_before = {"account_id": old, "external_id": "a-1"}
        made = phone.record(**said_before)
        merge(phone, old, new)
        body = SMALLEST | said_before
        batch = [body, body | {"external_id": "a-2"}]

        again = said(phone.post("transactions", body))
        refusal = refused(phone.post("transactions/batch", {"transactions": batch}), 422, "entries_refused")

        assert (again["id"], again["account_id"]) == (made["id"], new)
        assert [error["field"] for error in refusal["errors"]] == ["transactions.1.account_id"]

    def test_of_a_batch_names_the_place(self, phone, asha, old, new):
        merge(phone, old, new)
        rows = [
            {"type": "expense", "amount": 5, "description": "x", "account_id": account}
            for account in (new, old)
        ]

        body = refused(phone.post("transactions/batch", {"transactions": rows}), 422, "entries_refused")

        assert [(error["field"], error["code"]) for error in body["errors"]] == [
            ("transactions.1.account_id", "account_merged")
        ]
