from __future__ import annotations

import datetime as dt
import itertools

import pytest

from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import Phone, ids, legs, said, steady, unsound
from tests.ledger.desk import balance, counts, refused

ON = "2026-11-20"
DAY = dt.date(2026, 11, 20)


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture
def made(phone, asha):
    """An expense of ₹500 on fuel, from Cash."""
    return phone.record(category_id=ids(asha, "Fuel")[0], date=ON, tags=["car"])


def path_of(transaction, *more):
    return "/".join(["transactions", transaction["id"], *more])


class TestVoid:
    @pytest.mark.parametrize("way", ["post", "delete"])
    def test_makes_it_count_no_more_and_forgets_nothing(self, phone, asha, made, way):
        response = phone.delete(path_of(made)) if way == "delete" else phone.post(path_of(made, "void"))

        void = said(response)
        assert steady(void) == steady(made) | {"status": "void"}
        assert void["version"] == 2
        assert response["ETag"] == phone.get(path_of(made))["ETag"]
        assert phone.read(made) == void
        assert (balance(asha, "Cash", DAY), balance(asha, "Fuel", DAY)) == (0, 0)
        assert phone.get("transactions").json()["results"] == []
        assert phone.get("transactions", status="void").json()["results"] == [void]
        assert unsound(asha) == []

    def test_leaves_a_void_one_as_it_is(self, phone, asha, made):
        void = phone.void(made)
        before = counts(asha)

        assert phone.void(made) == void == said(phone.delete(path_of(made)))
        assert counts(asha) == before

    def test_finds_nothing_that_is_not_in_the_book(self, phone, asha, chitra, made):
        before = counts(asha)

        for one in (phone.post(f"transactions/{uuid7()}/void"), phone.delete(f"transactions/{uuid7()}"),
                    Phone(chitra).post(path_of(made, "void")), Phone(chitra).delete(path_of(made))):  # fmt: skip
            refused(one, 404, "transaction_not_found")
        assert counts(asha) == before


class TestRestore:
    def test_makes_a_void_one_count_as_before(self, phone, asha, made):
        changed = phone.change(made, amount=700, payee="Indian Oil")
        phone.void(made)

        restored = phone.restore(made)

        assert steady(restored) == steady(changed)
        assert restored["version"] == 4
        assert balance(asha, "Fuel", DAY) == 70000
        assert unsound(asha) == []

    @pytest.mark.parametrize("is_void", [False, True])
    @pytest.mark.parametrize(
        "fields",
        [
            {"description": "x", "payee": "y", "notes": "z", "tags": ["a", "b"], "status": "pending"},
            {"amount": 700},
            {"date": "2026-03-31"},
            {"type": "income"},
            {"type": "transfer", "to_account_id": "Savings account"},
            {"account_id": "Credit card"},
            {"category_id": None},
            {"is_reconciled": True},
        ],
    )
    def test_goes_back_to_every_kind_of_version(self, phone, asha, made, fields, is_void):
        given = {
            name: ids(asha, value)[0] if name.endswith("account_id") else value
            for name, value in fields.items()
        }
        first_legs = legs(asha, made)
        changed = phone.change(made, **given)
        phone.change(made, is_reconciled=False, description="Last")
        if is_void:
            phone.void(made)

        restored = phone.restore(made, 1)

        assert steady(restored) == steady(made)
        assert legs(asha, made) == first_legs
        assert steady(phone.restore(made, 2)) == steady(changed)
        assert unsound(asha) == []

    def test_leaves_what_stands_as_it_is(self, phone, asha, made):
        changed = phone.change(made, amount=1)
        before = counts(asha)

        assert phone.restore(made) == changed == phone.restore(made, 2)
        assert counts(asha) == before

    def test_does_not_go_back_to_void(self, phone, asha, made):
        phone.void(made)
        refused(phone.post(path_of(made, "restore?version=2")), 409, "version_void")
        phone.restore(made)
        before = counts(asha)

        refused(phone.post(path_of(made, "restore?version=2")), 409, "version_void")

        assert counts(asha) == before

    @pytest.mark.parametrize("version", [2, 3, 1000, 9999])
    def test_refuses_a_version_that_never_was(self, phone, asha, made, version):
        before = counts(asha)

        refused(phone.post(path_of(made, f"restore?version={version}")), 404, "version_not_found")

        assert counts(asha) == before

    @pytest.mark.parametrize("version", ["0", "-1", "1.0", "x", "+1", "१", "10000", "9" * 5000, "1 ", "\x00"])
    def test_names_a_version_that_is_no_number(self, phone, made, version):
        response = phone.client.post(
            f"/v1/{path_of(made, 'restore')}",
            query_params={"version": version},
            content_type="application/json",
        )

        refused(response, 400, "invalid", "version")

    def test_finds_nothing_that_is_not_in_the_book(self, phone, asha, chitra, made):
        phone.void(made)
        before = counts(asha)

        refused(phone.post(f"transactions/{uuid7()}/restore"), 404, "transaction_not_found")
        refused(Phone(chitra).post(path_of(made, "restore?version=1")), 404, "transaction_not_found")
        assert counts(asha) == before


class TestHistory:
    def test_tells_every_version_newest_first(self, phone, asha, made):
        savings = ids(asha, "Savings account")[0]
        said_then = [
            made,
            phone.change(made, amount=700),
            phone.change(made, payee="Indian Oil"),
            phone.void(made),
            phone.restore(made, 1),
            phone.change(made, type="transfer", to_account_id=savings),
        ]

        found = phone.history(made)

        assert [version["transaction"] for version in found] == said_then[::-1]
        assert [version["version"] for version in found] == [6, 5, 4, 3, 2, 1]
        assert {(version["changed_by"], version["changed_by_name"]) for version in found} == {
            (str(asha.id), asha.user.full_name)
        }
        instants = [version["changed_at"] for version in found]
        assert instants == sorted(instants, reverse=True)
        assert found[-1]["changed_at"] == made["created_at"]

    def test_gives_every_version_once_over_pages_and_leads_back(self, phone, made):
        for number in range(6):
            phone.change(made, description=f"Version {number + 2}")
        pages = [phone.get(path_of(made, "history"), limit=3).json()]
        while pages[-1]["next"]:
            pages.append(phone.follow(pages[-1]["next"]).json())

        assert [[row["version"] for row in page["results"]] for page in pages] == [[7, 6, 5], [4, 3, 2], [1]]
        assert pages[0]["previous"] is None
        for earlier, later in itertools.pairwise(pages):
            assert phone.follow(later["previous"]).json()["results"] == earlier["results"]

    def test_stays_right_while_versions_are_added(self, phone, made):
        for number in range(3):
            phone.change(made, description=f"Version {number + 2}")
        first = phone.get(path_of(made, "history"), limit=2).json()

        phone.change(made, description="Meanwhile")

        rest = phone.follow(first["next"]).json()["results"]
        assert [row["version"] for row in first["results"] + rest] == [4, 3, 2, 1]

    def test_takes_the_same_queries_for_few_and_many(self, phone, made, django_assert_num_queries):
        for number in range(5):
            phone.change(made, description=f"Version {number + 2}")

        for limit in (1, 6):
            with django_assert_num_queries(8):  # the test's transaction makes two savepoints of them
                assert len(phone.get(path_of(made, "history"), limit=limit).json()["results"]) == limit

    @pytest.mark.parametrize(
        ("query", "field"),
        [({"limit": "0"}, "limit"), ({"limit": "201"}, "limit"), ({"cursor": "x"}, "cursor"),
         ({"cursor": "WzAsIngiXQ"}, "cursor"), ({"cursor": "WzAsIi0xIl0"}, "cursor"),
         ({"cursor": "WzAsIjk5OTk5OTk5OTk5OTkiXQ"}, "cursor"), ({"cursor": "WzAsIjIwMjYtMTEtMjAiLCJ4Il0"}, "cursor")],
    )  # fmt: skip
    def test_refuses_a_page_that_is_none(self, phone, made, query, field):
        refused(phone.get(path_of(made, "history"), **query), 400, "page_invalid", field)

    def test_finds_nothing_that_is_not_in_the_book(self, phone, chitra, made):
        refused(phone.get(f"transactions/{uuid7()}/history"), 404, "transaction_not_found")
        refused(Phone(chitra).get(path_of(made, "history")), 404, "transaction_not_found")
