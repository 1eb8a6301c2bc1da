"""Where in a batch it is that a guard refuses: it speaks of the whole."""

from __future__ import annotations

import pytest

from audit.models import AuditLog
from rupaya.core.db import acting_as
from tests.ledger.amendments.asking import SMALLEST, Phone, account_close, ids, said
from tests.ledger.books.sharing import restrict
from tests.ledger.desk import counts, guest_make, refused

BATCH = "transactions/batch"


@pytest.fixture
def phone(committed, asha):
    return Phone(asha)


@pytest.fixture
def savings(asha):
    return ids(asha, "Savings account")[0]


def guest_of(asha, admin_url, visibility):
    """An editor with so much of the savings account."""
    person = guest_make(admin_url, book=asha.book, role="editor")
    restrict(asha, person, "Savings account", visibility)
    return person


def places(response):
    """Which items of a batch were refused, and why."""
    body = refused(response, 422, "entries_refused")
    return [(error["field"], error["code"]) for error in body["errors"]]


class TestRecord:
    def test_names_what_is_on_a_closed_category(self, phone, asha, admin_url):
        fuel, travel = ids(asha, "Fuel", "Travel")
        account_close(admin_url, fuel)
        split = {"splits": [{"category_id": one, "amount": 250} for one in (travel, fuel)]}
        rows = [
            SMALLEST,
            SMALLEST | {"category_id": fuel},
            SMALLEST | {"category_id": travel},
            SMALLEST | split,
        ]

        found = places(phone.post(BATCH, {"transactions": rows}))

        assert found == [("transactions.1", "account_closed"), ("transactions.3", "account_closed")]

    @pytest.mark.parametrize("name", ["Savings account", "Cash"])
    def test_names_what_is_on_an_account_that_may_only_be_read(self, phone, asha, savings, admin_url, name):
        guest = guest_make(admin_url, book=asha.book, role="editor")
        restrict(asha, guest, name, "read")
        to_savings = {"type": "transfer", "to_account_id": savings, "account_id": ids(asha, "Cash")[0]}
        rows = [SMALLEST, SMALLEST | {"account_id": savings}, SMALLEST | to_savings]
        before = counts(asha)

        found = places(Phone(guest).post(BATCH, {"transactions": rows}))

        wanted = [1, 2] if name == "Savings account" else [0, 2]
        assert found == [(f"transactions.{place}", "account_read_only") for place in wanted]
        assert counts(asha) == before

    def test_names_the_external_id_of_what_moved_to_a_hidden_account(self, phone, asha, savings, admin_url):
        guest = guest_of(asha, admin_url, "hidden")
        (cash,) = ids(asha, "Cash")
        phone.change(phone.record(external_id="gone"), account_id=savings)
        phone.record(external_id="here")
        rows = [SMALLEST | {"external_id": name} for name in ("here", "new", "gone")] + [SMALLEST]
        before = counts(asha)

        for account in ({}, {"account_id": cash}):
            found = places(Phone(guest).post(BATCH, {"transactions": [row | account for row in rows]}))
            assert found == [("transactions.2", "external_id_taken")]
        assert counts(asha) == before


class TestChange:
    def test_names_what_would_leave_a_closed_account(self, phone, asha, savings, admin_url):
        fuel, travel = ids(asha, "Fuel", "Travel")
        made = phone.record(account_id=savings)
        phone.record(type="income", account_id=savings)  # an account closes at zero
        words = phone.record(account_id=savings, amount=5)
        phone.record(type="income", account_id=savings, amount=5)
        free = phone.record(category_id=fuel)
        account_close(admin_url, savings)
        account_close(admin_url, fuel)
        rows = [
            {"id": free["id"], "category_id": travel},  # money may leave a closed category
            {"id": words["id"], "payee": "x"},
            {"id": made["id"], "account_id": ids(asha, "Cash")[0]},
        ]

        found = places(phone.patch(BATCH, {"transactions": rows}))

        assert found == [("transactions.2", "account_closed")]
        said(phone.patch(BATCH, {"transactions": rows[:2]}))

    def test_names_what_is_on_an_account_that_may_only_be_read(self, phone, asha, savings, admin_url):
        guest = guest_of(asha, admin_url, "read")
        made = [
            phone.record(),
            phone.record(account_id=savings),
            phone.record(),
            phone.record(account_id=savings),
        ]
        fields = [{"payee": "x"}, {"payee": "x"}, {"account_id": savings}, {}]
        rows = [{"id": one["id"], **said} for one, said in zip(made, fields, strict=True)]
        before = counts(asha)

        found = places(Phone(guest).patch(BATCH, {"transactions": rows}))

        assert found == [("transactions.1", "account_read_only"), ("transactions.2", "account_read_only")]
        assert counts(asha) == before


class TestLog:
    def test_is_told_of_a_batch_that_was_refused_for_want_of_a_right(self, phone, asha, savings, admin_url):
        guest = guest_of(asha, admin_url, "read")

        places(Phone(guest).post(BATCH, {"transactions": [SMALLEST, SMALLEST | {"account_id": savings}]}))

        assert refusals(guest) == ["entries_refused"]


def refusals(person):
    """The codes of a person's requests that the log keeps as refused."""
    with acting_as(person.actor):
        found = AuditLog.objects.filter(action="REFUSED", user_id=person.id).order_by("pk")
        return [row.changes["code"] for row in found]
