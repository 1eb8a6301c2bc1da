"""`GET /v1/audit`, as phones read it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from ledger.chart.models import Account
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7
from rupaya.core.pagination import Cursor
from tests.accounts.test_admin import staff_new
from tests.ledger.desk import Api, browser_of, guest_make, record, refused
from tests.rupaya.core.asking import bearer_of
from tests.support.cast import Person, member_add

ADDRESS, AGENT = "203.0.113.77", "Mozilla/5.0 (Phone; ₹)"


def listed(person, **query):
    response = Api(person).get("audit", **query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def ids_of(entries):
    return [entry["id"] for entry in entries]


def renamed(person, name, was="Cash", **actor):
    """Will rename an account of the person's book; the actor is the person, from an address of their own."""
    account = person.account(was)
    who = {
        "user_id": person.id,
        "kind": "user",
        "address": ADDRESS,
        "user_agent": AGENT,
        "request_id": "request-77",
    }
    with acting_as(Actor(**(who | actor))):
        Account.objects.filter(pk=account.pk).update(name=name)
    return account


class TestEntryCollection:
    def test_says_who_did_what_in_a_sentence(self, asha):
        record(asha)

        found = listed(asha, resource_type="ledger_transaction")

        assert [entry["summary"] for entry in found] == [
            "Asha Rao added Groceries, ₹500 (Uncategorised · Cash · 20 November 2026)"
        ]

    def test_gives_each_entry_whole(self, asha):
        account = renamed(asha, "Purse")

        (entry,) = listed(asha, request_id="request-77")

        assert UUID(entry["id"]).version == 7
        assert dt.datetime.fromisoformat(entry["created_at"]).tzinfo is not None
        assert entry | {"id": "", "created_at": ""} == {
            "id": "",
            "created_at": "",
            "action": "UPDATE",
            "resource_type": "ledger_account",
            "resource_id": str(account.pk),
            "book_id": str(asha.book.pk),
            "actor": {"id": str(asha.id), "name": "Asha Rao", "kind": "user"},
            "changes": {"name": ["Cash", "Purse"]},
            "ip_address": ADDRESS,
            "user_agent": AGENT,
            "request_id": "request-77",
            "summary": "Asha Rao renamed Cash to Purse",
        }

    def test_gives_what_one_did_what_was_done_to_one_and_what_was_done_in_ones_books(
        self, committed, asha, bala, admin_url
    ):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        renamed(asha, "Purse")
        with acting_as(Actor(user_id=staff_new().pk, kind="staff")):
            User.objects.filter(pk=bala.id).update(full_name="Bala Iyer")

        found = listed(bala, limit=200)
        summaries = [entry["summary"] for entry in found]

        assert "Asha Rao renamed Cash to Purse" in summaries
        assert "RUPAYA’s staff changed the name from Bala Rao to Bala Iyer" in summaries
        assert "Bala Iyer opened the book Rao household" in summaries
        assert len(found) == len(set(ids_of(found)))

    def test_keeps_address_and_browser_to_whom_they_belong(self, committed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="owner")
        renamed(asha, "Purse")

        (own,) = listed(asha, request_id="request-77")
        (fellows,) = listed(bala, request_id="request-77")

        assert (own["ip_address"], own["user_agent"]) == (ADDRESS, AGENT)
        assert (fellows["ip_address"], fellows["user_agent"]) == (None, None)
        assert fellows["id"] == own["id"]

    def test_tells_nothing_of_what_is_hidden_in_a_row(self, asha):
        text = Api(asha).get("audit", limit=200).content.decode()

        for column in ("password", "refresh_hash", "token_hash", "storage_key"):
            assert column not in text

    def test_gives_a_stranger_nothing_of_a_book(self, asha, chitra):
        record(asha)

        assert listed(chitra, book_id=asha.book.pk) == []
        assert listed(chitra, user=asha.id) == []
        assert listed(chitra, resource_type="ledger_book", resource_id=asha.book.pk) == []
        assert listed(chitra, request_id="test-request") == []
        assert str(asha.book.pk) not in str(listed(chitra, limit=200))

    def test_gives_staff_no_more_than_their_own(self, committed, asha):
        renamed(asha, "Purse")
        staff = staff_new()

        response = Client().get(
            "/v1/audit", {"book_id": asha.book.pk}, headers=bearer_of(Person(staff, asha.book))
        )

        assert response.json()["results"] == []

    def test_hides_an_account_with_its_entries(self, committed, asha, admin_url):
        bala = guest_make(admin_url, book=asha.book, role="viewer")
        account = renamed(asha, "Purse")
        assert listed(bala, resource_type="ledger_account", resource_id=account.pk) != []

        answer = Api(asha).put(
            f"books/{asha.book.pk}/members/{bala.id}/accounts/{account.pk}", {"visibility": "hidden"}
        )

        assert answer.status_code == 200
        assert listed(bala, resource_type="ledger_account", resource_id=account.pk) == []
        assert listed(bala, book_id=asha.book.pk) == []


class TestPages:
    def test_have_every_entry_once_newest_first(self, asha):
        for number in range(7):
            record(asha, description=f"Tea {number}")
        api = Api(asha)
        whole = api.get("audit", limit=200).json()["results"]

        found, body = [], api.get("audit", limit=9).json()
        while True:
            found += body["results"]
            if body["next"] is None:
                break
            body = api.follow(body["next"]).json()

        assert ids_of(found) == ids_of(whole)
        stamps = [(entry["created_at"], entry["id"]) for entry in found]
        assert stamps == sorted(stamps, reverse=True)
        assert len(found) > 45  # a household's chart came in one statement, so at one instant

    def test_stay_where_they_are_while_entries_come(self, asha):
        for number in range(4):
            record(asha, description=f"Tea {number}")
        api = Api(asha)
        first = api.get("audit", limit=2, book_id=asha.book.pk).json()
        second = api.follow(first["next"]).json()["results"]

        record(asha, description="Coffee")

        again = api.follow(first["next"]).json()
        assert ids_of(again["results"]) == ids_of(second)
        assert ids_of(api.follow(again["previous"]).json()["results"]) == ids_of(first["results"])

    def test_cost_the_same_number_of_queries_whatever_they_hold(self, asha, django_assert_max_num_queries):
        api = Api(asha)
        for number in range(12):
            record(asha, description=f"Tea {number}", category_id=asha.account("Groceries").pk)

        for limit in (1, 100):
            with django_assert_max_num_queries(9):  # five of the edge in a test, page, people, names, headers
                api.get("audit", limit=limit)

    @pytest.mark.parametrize("cursor", ["what", "WzAsImEiLCJiIl0", "WzAsIjIwMjYtMDEtMDEiLCIxIl0"])
    def test_refuse_a_cursor_of_another_list(self, asha, cursor):
        refused(Api(asha).get("audit", cursor=cursor), 400, "page_invalid", "cursor")

    @pytest.mark.parametrize(
        "at",
        [
            "2026-11-23T00:00:00+23:59",
            "0001-01-01T00:00:00+23:59",
            "2026-11-23T00:00:00+05:30",
            "0001-01-01T00:00:00+00:00",
            "9999-12-31T23:59:59+00:00",
        ],
    )
    def test_refuse_a_cursor_at_an_instant_that_none_of_ours_has(self, asha, at):
        cursor = str(Cursor((at, str(uuid7()))))

        refused(Api(asha).get("audit", cursor=cursor), 400, "page_invalid", "cursor")
        assert browser_of(asha).get("/activity", {"cursor": cursor}).status_code == 400


class TestFilters:
    def test_narrow_by_action_thing_person_and_time(self, committed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        record(asha)
        renamed(asha, "Purse")
        renamed(asha, "Wallet", was="Purse", user_id=bala.id, request_id="request-78")

        def summaries(**query):
            found = listed(asha, book_id=asha.book.pk, **query)
            return [entry["summary"] for entry in found]

        assert summaries(action="UPDATE") == [
            "Bala Rao renamed Purse to Wallet",
            "Asha Rao renamed Cash to Purse",
        ]
        assert summaries(user=bala.id) == ["Bala Rao renamed Purse to Wallet"]
        assert summaries(request_id="request-78") == ["Bala Rao renamed Purse to Wallet"]
        assert len(summaries(resource_type="ledger_transaction")) == 1
        (first, second) = listed(asha, book_id=asha.book.pk, action="UPDATE")
        assert summaries(**{"from": first["created_at"]}) == ["Bala Rao renamed Purse to Wallet"]
        assert "Bala Rao renamed Purse to Wallet" not in summaries(to=first["created_at"])
        assert summaries(**{"from": second["created_at"], "to": first["created_at"]}) == [
            "Asha Rao renamed Cash to Purse"
        ]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("book_id", "mine"),
            ("user", "asha"),
            ("action", "update"),
            ("action", "X" * 31),
            ("resource_type", "Ledger Account"),
            ("resource_id", "x" * 121),
            ("request_id", "x" * 65),
            ("request_id", "' OR 1=1"),
            ("from", "2026-11-23"),
            ("from", "2026-11-23T00:00:00"),
            ("from", "0001-01-01T00:00:00+05:30"),
            ("to", "tomorrow"),
            ("to", "2" * 1000),
        ],
    )
    def test_refuse_what_is_none(self, asha, name, value):
        body = refused(Api(asha).get("audit", **{name: value}), 400, "invalid", name)

        assert name in body["error"]

    def test_refuse_an_id_without_its_table(self, asha):
        refused(Api(asha).get("audit", resource_id=str(uuid7())), 400, "invalid", "resource_type")

    def test_refuse_an_end_before_the_beginning(self, asha):
        day = "2026-11-23T00:00:00Z"

        refused(Api(asha).get("audit", **{"from": day, "to": day}), 400, "invalid", "to")
