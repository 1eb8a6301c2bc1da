"""Batches over HTTP: up to 500 recorded or changed, all or none."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.books.services import period_close
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import SMALLEST, Phone, account_close, ids, said, steady, unsound
from tests.ledger.desk import TOMORROW, counts, refused

ON = "2026-11-20"
SOME = str(uuid7())
BATCH = "transactions/batch"


@pytest.fixture
def phone(asha):
    return Phone(asha)


def rows(count, **fields):
    """So many transactions that tell themselves apart."""
    return [SMALLEST | {"description": f"Row {number}", "date": ON, **fields} for number in range(count)]


def record(phone, items):
    return phone.post(BATCH, {"transactions": items})


def change(phone, items):
    return phone.patch(BATCH, {"transactions": items})


def fields_of(body):
    return [(error["field"], error["code"]) for error in body["errors"]]


class TestShape:
    @pytest.mark.parametrize("way", [record, change])
    @pytest.mark.parametrize(
        "body",
        [{}, [], {"transactions": []}, {"transactions": {}}, {"transactions": "x"}, {"transactions": None},
         {"transactions": [SMALLEST], "dry_run": True}, {"transactions": [SMALLEST] * 501}],
    )  # fmt: skip
    def test_is_a_list_of_one_to_500(self, phone, asha, way, body):
        before = counts(asha)
        ask = phone.post if way is record else phone.patch

        refused(ask(BATCH, body), 400, "invalid", "transactions")

        assert counts(asha) == before


class TestRecord:
    def test_gives_them_in_their_order_with_one_token(self, phone, asha):
        fuel, savings = ids(asha, "Fuel", "Savings account")
        items = [
            *rows(2),
            SMALLEST | {"type": "income", "amount": "0.01", "payee": "Bank", "tags": ["Interest"]},
            SMALLEST | {"type": "transfer", "to_account_id": savings},
            SMALLEST
            | {"splits": [{"category_id": fuel, "amount": 499.5}, {"category_id": fuel, "amount": 0.5}]},
        ]

        body = said(record(phone, items), 201)

        assert [row["description"] for row in body["results"]] == [item["description"] for item in items]
        assert [row["type"] for row in body["results"]] == [item["type"] for item in items]
        assert {row["undo_token"] for row in body["results"]} == {body["undo_token"]}
        assert body["results"] == [phone.read(row) for row in body["results"]]
        assert unsound(asha) == []

    def test_takes_500_in_the_queries_of_one(self, phone, asha, django_assert_num_queries):
        for count in (1, 500):
            with django_assert_num_queries(11):
                assert len(said(record(phone, rows(count)), 201)["results"]) == count

        assert unsound(asha) == []

    def test_names_every_wrong_field_by_its_place_and_keeps_none(self, phone, asha):
        before, items = counts(asha), rows(9)
        items[1]["amount"] = 0
        items[4] = SMALLEST | {"tags": ["x" * 41], "memo": "x"}
        items[8] = "Groceries"

        body = refused(record(phone, items), 400, "invalid")

        assert fields_of(body)[0] == ("transactions.1.amount", "amount_not_positive")
        assert {field.split(".")[1] for field, _ in fields_of(body)} == {"1", "4", "8"}
        assert body["detail"].startswith("transactions.1.amount: ")
        assert counts(asha) == before

    @pytest.mark.parametrize("item", [None, 5, "tea", []])
    def test_names_what_is_no_object_by_its_place(self, phone, item):
        body = refused(record(phone, [*rows(1), item]), 400, "invalid")

        assert body["detail"] == "transactions.1: Each transaction is a JSON object."

    def test_names_every_account_that_does_not_fit_by_its_place(self, phone, asha):
        before, items = counts(asha), rows(9)
        items[0]["account_id"] = SOME
        items[5]["category_id"] = ids(asha, "Salary")[0]
        items[7] |= {"type": "transfer", "to_account_id": ids(asha, "Cash")[0]}

        body = refused(record(phone, items), 422, "entries_refused")

        assert fields_of(body) == [
            ("transactions.0.account_id", "account_unknown"),
            ("transactions.5.category_id", "account_unfit"),
            ("transactions.7", "transfer_to_itself"),
        ]
        assert body["detail"].startswith(f"{body['errors'][0]['field']}: ")
        assert counts(asha) == before

    def test_names_the_days_of_a_closed_period_by_their_place(self, phone, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
        before, items = counts(asha), rows(5)
        items[1]["date"], items[3]["date"], items[4]["date"] = "2026-03-31", "2025-01-01", "2026-04-01"

        body = refused(record(phone, items), 422, "entries_refused")

        assert fields_of(body) == [("transactions.1", "period_closed"), ("transactions.3", "period_closed")]
        assert counts(asha) == before

    def test_names_closed_accounts_by_their_place(self, committed, asha, admin_url):
        phone, (savings,) = Phone(asha), ids(asha, "Savings account")
        account_close(admin_url, savings)
        before, items = counts(asha), rows(4)
        items[2]["account_id"] = savings
        items[3] |= {"type": "transfer", "to_account_id": savings}

        body = refused(record(phone, items), 422, "entries_refused")

        assert fields_of(body) == [("transactions.2", "account_closed"), ("transactions.3", "account_closed")]
        assert counts(asha) == before

    def test_names_the_place_in_a_batch_of_one_too(self, phone, asha):
        before = counts(asha)

        body = refused(record(phone, rows(1, account_id=SOME)), 422, "entries_refused")

        assert fields_of(body) == [("transactions.0.account_id", "account_unknown")]
        assert counts(asha) == before


class TestChange:
    @pytest.fixture
    def made(self, phone):
        return said(record(phone, rows(9)), 201)["results"]

    def test_gives_them_in_their_order_with_one_token(self, phone, asha, made):
        items = [
            {"id": made[3]["id"], "amount": 7},
            {"id": made[0]["id"], "payee": "x", "version": 1},
            {"id": made[8]["id"], "category_id": ids(asha, "Travel")[0]},
        ]

        body = said(change(phone, items))

        assert [row["id"] for row in body["results"]] == [item["id"] for item in items]
        assert [row["version"] for row in body["results"]] == [2, 2, 2]
        assert {row["undo_token"] for row in body["results"]} == {body["undo_token"]}
        assert [body["results"][0]["amount"], body["results"][2]["category"]] == [7, "Travel"]
        assert body["results"] == [phone.read(row) for row in body["results"]]
        assert unsound(asha) == []

    def test_takes_500_in_the_queries_of_one(self, phone, asha, django_assert_num_queries):
        many = said(record(phone, rows(500)), 201)["results"]
        for items in (many[:1], many):
            with django_assert_num_queries(14):
                changed = said(
                    change(phone, [{"id": row["id"], "amount": 9, "notes": str(len(items))} for row in items])
                )
            assert len(changed["results"]) == len(items)

        assert unsound(asha) == []

    def test_leaves_what_does_not_differ(self, phone, asha, made):
        items = [
            {"id": made[0]["id"], "payee": "x"},
            {"id": made[1]["id"], "amount": 500},
            {"id": made[2]["id"]},
        ]

        body = said(change(phone, items))

        assert [row["version"] for row in body["results"]] == [2, 1, 1]
        assert len(said(phone.undo(body["undo_token"]))["results"]) == 1

    def test_has_no_token_where_nothing_differs(self, phone, asha, made):
        before = counts(asha)

        body = said(change(phone, [{"id": row["id"], "amount": 500} for row in made]))

        assert (body["results"], body["undo_token"]) == (made, None)
        assert counts(asha) == before

    def test_names_every_wrong_field_by_its_place_and_changes_none(self, phone, asha, made):
        before = counts(asha)
        items = [{"id": row["id"], "payee": "x"} for row in made]
        items[0]["amount"] = -1
        items[3]["status"] = "void"
        items[8]["version"] = "x"

        body = refused(change(phone, items), 400, "invalid")

        assert [field for field, _ in fields_of(body)] == [
            "transactions.0.amount",
            "transactions.3.status",
            "transactions.8.version",
        ]
        assert counts(asha) == before

    def test_names_every_item_without_an_id_of_its_own(self, phone, asha, made):
        before = counts(asha)
        items = [{"id": made[0]["id"]}, {"payee": "x"}, {"id": made[0]["id"].upper()}, {"id": 7}, "x"]

        body = refused(change(phone, items), 400, "invalid")

        assert fields_of(body) == [
            ("transactions.1.id", "invalid"),
            ("transactions.2.id", "id_twice"),
            ("transactions.3.id", "invalid"),
            ("transactions.4.id", "invalid"),
        ]
        assert counts(asha) == before

    def test_names_what_is_gone_or_was_changed_meanwhile(self, phone, asha, chitra, made):
        phone.change(made[4], payee="x")
        strange = Phone(chitra).record()
        before = counts(asha)
        items = [
            {"id": made[0]["id"], "payee": "y", "version": 1},
            {"id": SOME, "payee": "y"},
            {"id": strange["id"], "payee": "y"},
            {"id": made[4]["id"], "payee": "y", "version": 1},
        ]

        body = refused(change(phone, items), 422, "entries_refused")

        assert fields_of(body) == [
            ("transactions.1", "transaction_not_found"),
            ("transactions.2", "transaction_not_found"),
            ("transactions.3.version", "version_stale"),
        ]
        assert counts(asha) == before
        assert Phone(chitra).read(strange) == strange

    def test_names_what_does_not_fit_or_may_not_change(self, phone, asha, made):
        phone.void(made[2])
        phone.change(made[5], is_reconciled=True)
        before = counts(asha)
        items = [{"id": row["id"], "category_id": None, "amount": 1} for row in made]
        items[1]["category_id"] = ids(asha, "Salary")[0]

        body = refused(change(phone, items), 422, "entries_refused")

        assert fields_of(body) == [("transactions.2", "transaction_void")]
        del items[2]
        body = refused(change(phone, items), 422, "entries_refused")
        assert fields_of(body) == [("transactions.1.category_id", "account_unfit")]
        del items[1]["category_id"]
        body = refused(change(phone, items), 422, "entries_refused")
        assert fields_of(body) == [("transactions.4", "transaction_reconciled")]
        assert counts(asha) == before

    def test_names_what_lies_in_a_closed_period_by_its_place(self, phone, asha, made):
        phone.change(made[2], date="2026-03-31")
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
        before = counts(asha)
        items = [{"id": row["id"], "payee": "x"} for row in made]
        items[7]["date"] = "2026-03-01"

        body = refused(change(phone, items), 422, "entries_refused")

        assert fields_of(body) == [("transactions.2", "period_closed"), ("transactions.7", "period_closed")]
        assert counts(asha) == before

    def test_names_closed_accounts_by_their_place(self, committed, asha, admin_url):
        phone, (savings,) = Phone(asha), ids(asha, "Savings account")
        made = [
            phone.record(),
            phone.record(account_id=savings),
            phone.record(account_id=savings),
            phone.record(),
        ]
        phone.record(type="income", amount=1000, account_id=savings)  # an account closes at zero
        account_close(admin_url, savings)
        before = counts(asha)
        items = [{"id": row["id"], "amount": 1} for row in made]
        items[1] = {"id": made[1]["id"], "payee": "words may change"}
        items[3]["account_id"] = savings

        body = refused(change(phone, items), 422, "entries_refused")

        assert fields_of(body) == [("transactions.2", "account_closed"), ("transactions.3", "account_closed")]
        assert counts(asha) == before

    def test_names_the_place_in_a_batch_of_one_too(self, phone, asha, made):
        before = counts(asha)

        body = refused(change(phone, [{"id": made[0]["id"], "account_id": SOME}]), 422, "entries_refused")

        assert fields_of(body) == [("transactions.0.account_id", "account_unknown")]
        assert counts(asha) == before
        assert steady(phone.read(made[0])) == steady(made[0])
