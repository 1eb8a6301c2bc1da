"""What a member takes back or restores who does not see all of the book: the whole of it, or nothing."""

from __future__ import annotations

import psycopg
import pytest

from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import Phone, ids, said, steady, unsound
from tests.ledger.books.sharing import restrict
from tests.ledger.desk import counts, guest_make, refused


@pytest.fixture
def phone(committed, asha):
    return Phone(asha)


@pytest.fixture
def guest(phone, asha, admin_url):
    """An editor who sees Cash, and not the savings account."""
    person = guest_make(admin_url, book=asha.book, role="editor")
    restrict(asha, person, "Savings account", "hidden")
    return person


@pytest.fixture
def savings(asha):
    return ids(asha, "Savings account")[0]


def batch(phone, *accounts):
    """An expense on each account, recorded at once."""
    rows = [
        {"type": "expense", "amount": 10, "description": "Tea", "account_id": account} for account in accounts
    ]
    return said(phone.post("transactions/batch", {"transactions": rows}), 201)


class TestUndo:
    def test_does_not_void_what_came_from_a_hidden_account(self, phone, asha, guest, savings):
        made = phone.record(account_id=savings)
        moved = phone.change(made, account_id=ids(asha, "Cash")[0])
        before = counts(asha)

        refused(Phone(guest).undo(moved["undo_token"]), 403, "book_veiled")

        assert counts(asha) == before
        (back,) = said(phone.undo(moved["undo_token"]))["results"]
        assert steady(back) == steady(made)
        assert unsound(asha) == []

    def test_does_not_take_half_a_batch_back(self, phone, asha, guest, savings):
        made = batch(phone, ids(asha, "Cash")[0], savings)
        before = counts(asha)

        refused(Phone(guest).undo(made["undo_token"]), 403, "book_veiled")

        assert counts(asha) == before
        assert [row["status"] for row in said(phone.undo(made["undo_token"]))["results"]] == ["void", "void"]

    def test_comes_too_late_once_a_hidden_part_changed_again(self, phone, asha, guest, savings):
        cash = ids(asha, "Cash")[0]
        made = batch(phone, cash, cash)
        phone.change(made["results"][0], account_id=savings)
        before = counts(asha)

        for one in (Phone(guest), phone):
            refused(one.undo(made["undo_token"]), 409, "undo_too_late")

        assert counts(asha) == before

    def test_knows_nothing_of_a_change_that_is_hidden_whole(self, phone, asha, guest, savings):
        once = phone.record(account_id=savings)
        twice = phone.change(once, amount=7)

        for one in (once, twice):
            refused(Phone(guest).undo(one["undo_token"]), 404, "undo_not_found")

    def test_takes_back_what_is_seen_whole(self, phone, asha, guest):
        cash = ids(asha, "Cash")[0]
        made = batch(Phone(guest), cash, cash)
        changed = phone.change(made["results"][0], amount=7)

        (back,) = said(Phone(guest).undo(changed["undo_token"]))["results"]

        assert steady(back) == steady(made["results"][0])
        assert unsound(asha) == []


class TestRestore:
    def test_brings_the_version_before_the_void_where_older_ones_are_hidden(
        self, phone, asha, guest, savings
    ):
        cash = ids(asha, "Cash")[0]
        made = phone.record(account_id=cash, amount=10)
        phone.change(made, account_id=savings, amount=15)
        phone.change(made, account_id=cash, amount=20)
        last = phone.change(made, amount=30)
        phone.void(made)

        assert steady(Phone(guest).restore(made)) == steady(last)
        assert unsound(asha) == []

    def test_brings_it_where_the_first_is_hidden(self, phone, asha, guest, savings):
        made = phone.record(account_id=savings)
        moved = phone.change(made, account_id=ids(asha, "Cash")[0])
        phone.void(made)

        assert steady(Phone(guest).restore(made)) == steady(moved)

    def test_is_not_guessed_where_what_counted_is_hidden(self, phone, asha, guest, savings):
        made = phone.record(account_id=ids(asha, "Cash")[0])
        moved = phone.change(made, account_id=savings)
        phone.void(made)
        said(phone.undo(phone.restore(made, 1)["undo_token"]))
        path = f"transactions/{made['id']}/restore"
        before = counts(asha)

        refused(Phone(guest).post(path), 403, "book_veiled")
        refused(Phone(guest).post(f"{path}?version=2"), 404, "version_not_found")

        assert counts(asha) == before
        assert steady(phone.restore(made)) == steady(moved)


class TestChangeReach:
    """`ledger_change_reach`, asked in raw SQL."""

    @pytest.mark.parametrize(
        ("who", "reach"),
        [("owner", (2, False)), ("guest", (2, False)), ("viewer", (0, False)), ("stranger", (0, False))],
    )
    def test_tells_numbers_to_those_who_write(
        self, phone, asha, chitra, guest, savings, raw, admin_url, who, reach
    ):
        made = batch(phone, ids(asha, "Cash")[0], savings)
        viewer = guest_make(admin_url, book=asha.book, role="viewer")
        person = {"owner": asha, "guest": guest, "viewer": viewer, "stranger": chitra}[who]

        found = ask(
            raw, person, "SELECT * FROM ledger_change_reach(%s, %s)", asha.book.pk, made["undo_token"]
        )
        elsewhere = ask(
            raw, person, "SELECT * FROM ledger_change_reach(%s, %s)", chitra.book.pk, made["undo_token"]
        )

        assert (found, elsewhere) == ([reach], [(0, False)])


class TestExternalIdsVeiled:
    """`ledger_external_ids_veiled`, asked in raw SQL."""

    @pytest.mark.parametrize("who", ["owner", "guest", "viewer", "stranger"])
    def test_are_told_to_those_who_write_of_accounts_that_they_see(
        self, phone, asha, chitra, guest, savings, raw, admin_url, who
    ):
        (cash,) = ids(asha, "Cash")
        phone.change(phone.record(account_id=cash, external_id="gone"), account_id=savings)
        phone.record(account_id=cash, external_id="here")
        phone.record(account_id=savings, external_id="never seen")
        viewer = guest_make(admin_url, book=asha.book, role="viewer")
        restrict(asha, viewer, "Savings account", "hidden")
        person = {"owner": asha, "guest": guest, "viewer": viewer, "stranger": chitra}[who]

        found = ask(
            raw,
            person,
            "SELECT external_id FROM ledger_external_ids_veiled(%s, %s::uuid[], %s)",
            asha.book.pk,
            [cash, cash, savings, str(uuid7())],
            ["gone", "here", "never seen", "gone"],
        )

        assert found == ([("gone",)] if who == "guest" else [])


def ask(raw: psycopg.Connection, person, sql, *values):
    with raw.transaction():
        raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])
        return raw.execute(sql, values).fetchall()
