from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from zoneinfo import ZoneInfo

import orjson
import pytest
import time_machine

from ledger.books.services import period_close
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.desk import TOMORROW, Api, balance, counts, guest_make, record, refused

IST = ZoneInfo("Asia/Kolkata")
SMALLEST = {"type": "expense", "amount": 500, "description": "Groceries"}
ITEM = {
    "id", "book_id", "type", "origin", "status", "is_reconciled", "amount", "amount_minor", "currency",
    "base_amount", "base_amount_minor", "base_currency", "description", "payee", "notes", "tags", "date",
    "account_id", "account", "to_account_id", "to_account", "to_amount", "to_amount_minor", "to_currency", "rate",
    "category_id", "category", "splits", "external_id", "version", "undo_token", "created_at",
    "changed_at", "changed_by",
}  # fmt: skip


@pytest.fixture
def api(asha):
    return Api(asha)


def post(api, **fields):
    """The smallest transaction with other fields; None leaves one out."""
    body = SMALLEST | fields
    return api.post("transactions", {name: value for name, value in body.items() if value is not None})


def made(response):
    body = response.json()
    assert response.status_code == 201, body
    return body


class TestTransactionPost:
    def test_takes_the_smallest(self, api, asha):
        body = made(post(api))

        assert set(body) == ITEM
        assert (body["type"], body["amount"], body["amount_minor"], body["currency"]) == (
            "expense",
            500,
            50000,
            "INR",
        )
        assert (body["account"], body["category"], body["description"]) == (
            "Cash",
            "Uncategorised",
            "Groceries",
        )
        assert (body["origin"], body["book_id"], body["splits"]) == ("manual", str(asha.book.pk), [])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["created_at"])
        assert api.get("transactions").json()["results"] == [body]

    @pytest.mark.parametrize(
        ("at", "today"),
        [("2096-03-31T23:59:59", "2096-03-31"), ("2096-04-01T00:00:01", "2096-04-01"),
         ("2096-04-01T05:29:00", "2096-04-01"), ("2096-12-31T23:59:59", "2096-12-31")],
    )  # fmt: skip
    def test_dates_it_today_in_india(self, asha, at, today):
        # A year to come: the database, whose clock stands still for nobody, must find the session alive.
        with time_machine.travel(dt.datetime.fromisoformat(at).replace(tzinfo=IST), tick=False):
            assert made(post(Api(asha)))["date"] == today

    def test_records_income(self, api, asha):
        salary = str(asha.account("Salary").pk)

        body = made(post(api, type="income", amount="85000.50", category_id=salary, date="2026-11-01"))

        assert (body["amount"], body["category_id"], body["category"]) == (85000.5, salary, "Salary")
        assert balance(asha, "Cash", dt.date(2026, 11, 1)) == 8500050

    def test_records_a_transfer(self, api, asha):
        cash, bank = (str(asha.account(name).pk) for name in ("Cash", "Savings account"))

        body = made(post(api, type="transfer", account_id=bank, to_account_id=cash, date="2026-11-01"))

        assert (body["account_id"], body["to_account_id"], body["category_id"]) == (bank, cash, None)
        assert (body["account"], body["to_account"], body["category"]) == (
            "Savings account",
            "Cash",
            "Transfer",
        )
        assert balance(asha, "Cash", dt.date(2026, 11, 1)) == 50000

    def test_gives_back_whatever_people_write(self, api, asha):
        said = '"}],{\\" \\u0000 \\ / </b> 😀 %s %(id)s {id} null'
        own = made(api.post("accounts", {"name": f"{said} own", "kind": "cash"}))["id"]
        category = made(api.post("categories", {"name": said, "type": "expense"}))["id"]
        fuel = str(asha.account("Fuel").pk)
        words = {
            "description": said,
            "payee": said,
            "notes": f"{said}\nx",
            "tags": ['"}\\{"', "b"],
            "external_id": '"}\\{"',
        }
        splits = [{"category_id": category, "amount": 1}, {"category_id": fuel, "amount": 2}]

        paid = made(post(api, amount=3, account_id=own, splits=splits, **words))
        moved = made(post(api, type="transfer", amount=3, to_account_id=own))

        assert {name: paid[name] for name in words} == words
        assert (paid["account"], moved["to_account"]) == (f"{said} own", f"{said} own")
        assert [part["category"] for part in paid["splits"]] == [said, "Fuel"]

    def test_records_a_split(self, api, asha):
        fuel, travel = (str(asha.account(name).pk) for name in ("Fuel", "Travel"))
        splits = [{"category_id": fuel, "amount": 100.1}, {"category_id": travel, "amount": "0.2"}]

        body = made(post(api, amount=100.3, splits=splits))

        assert [(part["category_id"], part["amount"], part["amount_minor"]) for part in body["splits"]] == [
            (fuel, 100.1, 10010),
            (travel, 0.2, 20),
        ]
        assert (body["amount_minor"], body["category_id"]) == (10030, None)

    @pytest.mark.parametrize(
        ("text", "minor"),
        [("500", 50000), ("500.00", 50000), ("0.01", 1), ("0.1", 10), ("0.30000000000", 30), ("1234.5", 123450),
         ("9999999999999.99", 999999999999999), ("4503599627370.49", 450359962737049), ("1.15", 115), ("8.2", 820)],
    )  # fmt: skip
    def test_reads_a_number_and_a_string_alike_and_exactly(self, api, text, minor):
        number = api.post("transactions", raw=f'{{"type":"income","description":"x","amount":{text}}}')
        string = post(api, type="income", amount=text)

        assert made(number)["amount_minor"] == made(string)["amount_minor"] == minor
        plain = text.rstrip("0").rstrip(".") if "." in text else text
        assert re.findall(rb'"amount":([^,]+),', number.content) == [plain.encode()]

    @pytest.mark.parametrize(
        "raw",
        ["0", "0.00", "-1", "-0.01", "1.005", "0.001", "1e-3", "1." + "0" * 34 + "1", "1e15",
         "10000000000000.00", "1e400", "true", "null",
         "[]", "{}", '""', '" "', '"abc"', '"1e3"', '"1,000"', '"₹500"', '"0x10"', '"NaN"', '"Infinity"', '"-5"',
         '"1_000"', '"१००"', '"1.005"', '"9999999999999999"', '"1 000"', '"--1"', '"0"', "9" * 400],
    )  # fmt: skip
    def test_refuses_an_amount_that_is_none(self, api, asha, raw):
        before = counts(asha)

        response = api.post("transactions", raw=f'{{"type":"expense","description":"x","amount":{raw}}}')

        refused(response, 400, "invalid", "amount")
        assert counts(asha) == before

    @pytest.mark.parametrize("raw", ["NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+5", "1_000", "0x1F"])
    def test_refuses_what_is_no_json(self, api, asha, raw):
        before = counts(asha)

        response = api.post("transactions", raw=f'{{"type":"expense","description":"x","amount":{raw}}}')

        refused(response, 400, "body_unreadable")
        assert counts(asha) == before

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"type": None}, "type"),
            ({"type": "gift"}, "type"),
            ({"type": ["expense"]}, "type"),
            ({"amount": None}, "amount"),
            ({"description": None}, "description"),
            ({"description": ""}, "description"),
            ({"description": " \t\n"}, "description"),
            ({"description": "x" * 201}, "description"),
            ({"description": "bell\u0007"}, "description"),
            ({"description": "turned \u202egnp.exe"}, "description"),
            ({"description": "\u200d\u200b"}, "description"),
            ({"description": ["x"]}, "description"),
            ({"date": "2026-02-30"}, "date"),
            ({"date": "yesterday"}, "date"),
            ({"date": 20261120}, "date"),
            ({"date": "1949-12-31"}, "date"),
            ({"date": "2151-01-01"}, "date"),
            ({"date": "0000-00-00"}, "date"),
            ({"date": "2026-W01-1"}, "date"),
            ({"date": "20261123"}, "date"),
            ({"date": "2026-1-5"}, "date"),
            ({"date": "\u0662\u0660\u0662\u0666-11-23"}, "date"),
            ({"currency": "RUPEE"}, "currency"),
            ({"currency": 356}, "currency"),
            ({"payee": "x" * 121}, "payee"),
            ({"payee": "bell\u0007"}, "payee"),
            ({"notes": "x" * 2001}, "notes"),
            ({"notes": "turned \u202egnp.exe"}, "notes"),
            ({"tags": "food"}, "tags"),
            ({"tags": [f"t{number}" for number in range(21)]}, "tags"),
            ({"tags": ["x" * 41]}, "tags.0"),
            ({"tags": ["ok", "\u200b"]}, "tags"),
            ({"tags": [None]}, "tags.0"),
            ({"status": "void"}, "status"),
            ({"status": "done"}, "status"),
            ({"is_reconciled": "yes"}, "is_reconciled"),
            ({"external_id": ""}, "external_id"),
            ({"external_id": "x" * 121}, "external_id"),
            ({"base_amount": 0}, "base_amount"),
            ({"to_amount": 5}, "to_amount"),
            ({"version": 2}, "version"),
            ({"origin": "statement"}, "origin"),
            ({"account_id": "x"}, "account_id"),
            ({"category_id": [7]}, "category_id"),
            ({"amount_minor": 50000}, "amount_minor"),
            ({"catgory_id": str(uuid7())}, "catgory_id"),
            ({"splits": []}, "splits"),
            ({"splits": "x"}, "splits"),
            ({"splits": [{"category_id": str(uuid7()), "amount": 1}] * 21}, "splits"),
            ({"splits": [{"category_id": str(uuid7())}]}, "splits.0.amount"),
            ({"splits": [{"amount": 500}]}, "splits.0.category_id"),
            ({"splits": [{"category_id": str(uuid7()), "amount": 500, "note": "x"}]}, "splits.0.note"),
            ({"splits": [{"category_id": str(uuid7()), "amount": 499}]}, "splits"),
            ({"splits": [{"category_id": str(uuid7()), "amount": 500}], "category_id": str(uuid7())}, "category_id"),
            ({"type": "transfer"}, "to_account_id"),
            ({"to_account_id": str(uuid7())}, "to_account_id"),
            ({"type": "transfer", "to_account_id": str(uuid7()), "category_id": str(uuid7())}, "category_id"),
            ({"type": "transfer", "to_account_id": str(uuid7()),
              "splits": [{"category_id": str(uuid7()), "amount": 500}]},
             "splits"),
        ],
    )  # fmt: skip
    def test_names_the_wrong_field_and_writes_nothing(self, api, asha, fields, field):
        before = counts(asha)

        refused(post(api, **fields), 400, "invalid", field)

        assert counts(asha) == before

    @pytest.mark.parametrize(
        ("fields", "status", "code", "field"),
        [
            ({"account_id": "?"}, 400, "account_unknown", "account_id"),
            ({"category_id": "?"}, 400, "account_unknown", "category_id"),
            ({"category_id": "Salary"}, 400, "account_unfit", "category_id"),
            ({"account_id": "Fuel"}, 400, "account_unfit", "account_id"),
            ({"type": "transfer", "to_account_id": "Fuel"}, 400, "account_unfit", "to_account_id"),
            ({"type": "transfer", "to_account_id": "Cash"}, 422, "transfer_to_itself", None),
            ({"currency": "USD"}, 400, "account_unfit", "currency"),
        ],
    )
    def test_refuses_accounts_that_do_not_fit(self, api, asha, fields, status, code, field):
        before = counts(asha)
        named = {
            name: value
            if name in {"type", "currency"}
            else str(uuid7() if value == "?" else asha.account(value).pk)
            for name, value in fields.items()
        }

        refused(post(api, **named), status, code, field)

        assert counts(asha) == before

    def test_keeps_what_else_there_is_to_say(self, api, asha):
        said = {
            "payee": "Sri Krishna Stores", "notes": "two bags\nof rice", "tags": ["food", "ಮನೆ"], "status": "pending",
            "is_reconciled": True, "external_id": "upi-421",
        }  # fmt: skip

        body = made(post(api, **said | {"tags": [" Food", "food", "ಮನೆ"], "payee": " Sri  Krishna Stores "}))

        assert {name: body[name] for name in said} == said
        assert (body["version"], body["base_amount"], body["base_currency"]) == (1, 500, "INR")
        assert (body["to_amount"], body["to_currency"], body["rate"]) == (None, None, None)
        assert (body["changed_at"], body["changed_by"]) == (body["created_at"], str(asha.id))
        assert api.get("transactions", status="pending", tag="Food").json()["results"] == [body]

    def test_refuses_a_closed_period(self, api, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
        before = counts(asha)

        refused(post(api, date="2026-03-31"), 422, "period_closed")

        assert counts(asha) == before
        made(post(api, date="2026-04-01"))

    @pytest.mark.parametrize(
        "raw", ["", "[]", "null", '"x"', "{", '{"type":"expense","type":"income"}', "\xff"]
    )
    def test_refuses_a_body_that_is_no_object(self, api, raw):
        response = api.post("transactions", raw=raw.encode("latin-1"))

        assert response.status_code == 400
        assert response.json()["error"]

    @pytest.mark.parametrize(
        ("given", "kept"),
        [("  Idli \n  dosa ", "Idli dosa"), ("दूध और दही", "दूध और दही"), ("क्\u200dष", "क्\u200dष"),
         ("👩\u200d👧 day out", "👩\u200d👧 day out"), ("x" * 200, "x" * 200), ("<b>&amp;", "<b>&amp;")],
    )  # fmt: skip
    def test_keeps_words_of_every_script(self, api, given, kept):
        assert made(post(api, description=given))["description"] == kept

    def test_takes_the_books_currency_in_any_case(self, api):
        assert made(post(api, currency="inr"))["currency"] == "INR"

    def test_refuses_a_viewer_and_hides_the_book_from_a_stranger(self, committed, asha, chitra, admin_url):
        guest, stranger = Api(guest_make(admin_url, book=asha.book, role="viewer")), Api(chitra)
        before = counts(asha)

        refused(post(guest), 403, "book_read_only")
        refused(stranger.post(f"transactions?book_id={asha.book.pk}", SMALLEST), 404, "book_not_found")
        refused(stranger.post(f"transactions?book_id={uuid7()}", SMALLEST), 404, "book_not_found")
        refused(stranger.post("transactions?book_id=x", SMALLEST), 400, "invalid", "book_id")
        assert counts(asha) == before

    def test_lets_an_editor_write(self, committed, asha, bala, admin_url):
        from tests.support.cast import member_add

        member_add(admin_url, book=asha.book, person=bala, role="editor")

        body = made(Api(bala).post(f"transactions?book_id={asha.book.pk}", SMALLEST))

        assert body["book_id"] == str(asha.book.pk)

    def test_wants_somebody_signed_in(self, api, client):
        refused(client.post("/v1/transactions", json.dumps(SMALLEST), content_type="application/json"),
                401, "not_authenticated")  # fmt: skip
        refused(client.get("/v1/transactions"), 401, "not_authenticated")

    def test_states_its_queries(self, api, django_assert_num_queries):
        # Begin, actor, book, accounts, write, what was made, and the end; begin and end are savepoints here.
        with django_assert_num_queries(9) as queries:
            made(post(api))

        assert len([query for query in queries.captured_queries if query["sql"].startswith("SELECT")]) <= 6


class TestTransactionGet:
    def pages(self, api, **query):
        body = api.get("transactions", **query).json()
        found = [body]
        while body["next"]:
            body = api.follow(body["next"]).json()
            found.append(body)
        return found

    def test_is_empty_for_a_new_book(self, api):
        assert api.get("transactions").json() == {"results": [], "next": None, "previous": None}

    def test_gives_every_row_once_newest_first_and_leads_back(self, api, asha):
        days = [dt.date(2026, 11, day) for day in (3, 1, 2, 2, 2, 1, 3)]
        wanted = [
            str(identity) for _, identity in sorted(((on, record(asha, on=on)) for on in days), reverse=True)
        ]

        pages = self.pages(api, limit=3)

        assert [item["id"] for body in pages for item in body["results"]] == wanted
        assert [len(body["results"]) for body in pages] == [3, 3, 1]
        for earlier, later in itertools.pairwise(pages):
            assert api.follow(later["previous"]).json()["results"] == earlier["results"]
        assert pages[0]["previous"] is None
        assert pages[0]["next"].startswith("http://testserver/v1/transactions?")

    def test_filters_by_type_through_all_pages(self, api, asha):
        for kind in ["income", "expense"] * 3:
            record(asha, kind)

        pages = self.pages(api, limit=2, type="income")

        assert [item["type"] for body in pages for item in body["results"]] == ["income"] * 3
        assert "type=income" in pages[0]["next"]

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ({"limit": "0"}, "page_invalid", "limit"),
            ({"limit": "201"}, "page_invalid", "limit"),
            ({"limit": "-1"}, "page_invalid", "limit"),
            ({"limit": "ten"}, "page_invalid", "limit"),
            ({"limit": "१"}, "page_invalid", "limit"),
            ({"limit": "0000000019999"}, "page_invalid", "limit"),
            ({"limit": "000000001" + "9" * 5000}, "page_invalid", "limit"),
            ({"cursor": "x"}, "page_invalid", "cursor"),
            ({"cursor": "é"}, "page_invalid", "cursor"),
            ({"cursor": "W10"}, "page_invalid", "cursor"),
            ({"cursor": "WzAsIjIwMjYtMTEtMjAiLCJ4Il0"}, "page_invalid", "cursor"),
            ({"cursor": "[" * 5000}, "page_invalid", "cursor"),
            ({"type": "gift"}, "filter_invalid", "type"),
            ({"book_id": "x"}, "invalid", "book_id"),
            ({"book_id": "\x00"}, "invalid", "book_id"),
        ],
    )
    def test_refuses_a_page_that_is_none(self, api, query, code, field):
        refused(api.get("transactions", **query), 400, code, field)

    def test_takes_the_largest_page(self, api):
        assert api.get("transactions", limit="200").status_code == 200

    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url):
        record(asha)
        guest = Api(guest_make(admin_url, book=asha.book, role="viewer"))

        assert len(guest.get("transactions").json()["results"]) == 1
        assert Api(chitra).get("transactions").json()["results"] == []
        refused(Api(chitra).get("transactions", book_id=asha.book.pk), 404, "book_not_found")

    def test_takes_the_same_queries_for_one_row_and_for_many(self, api, asha, django_assert_num_queries):
        for _ in range(9):
            record(asha)

        for limit in (1, 9):
            with django_assert_num_queries(7):  # the test's transaction makes two savepoints of them
                assert len(orjson.loads(api.get("transactions", limit=limit).content)["results"]) == limit

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_takes_no_other_method(self, api, method):
        response = getattr(api.client, method)("/v1/transactions", "{}", content_type="application/json")

        refused(response, 405, "method_not_allowed")
