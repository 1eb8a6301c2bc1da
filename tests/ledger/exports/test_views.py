"""The file as a program takes it."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from psycopg import sql

from ledger.chart.models import Account
from ledger.exports.rules import COLUMNS
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import Phone, said
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import NOW, TODAY, Api, guest_make, record, refused
from tests.ledger.exports.taking import lines_taken, places_take, rows_taken, switched_on, take
from tests.support.flags import flag_set

PATH = "transactions/export"


def category_make(person, name, parent):
    """A category below another."""
    with acting_as(person.actor):
        account = Account(id=uuid7(), type="expense", kind="category", name=name, currency="INR")
        account.book, account.parent = person.book, person.account(parent)
        account.save(force_insert=True)
    return account.pk


class TestTheFlag:
    def test_refuses_where_there_is_none(self, asha):
        body = refused(Api(asha).get(PATH), 403, "feature_unavailable")

        assert body["error"] == "Feature not available"

    def test_refuses_whom_it_is_off_for_before_a_word_about_the_rest(self, on, asha, chitra):
        flag_set(everyone=None, users=[asha.user])

        assert take(asha)
        for query in ({}, {"format": "xlsx"}, {"type": "gift"}, {"q": "amount:"}):
            refused(Api(chitra).get(PATH, **query), 403, "feature_unavailable")

    def test_refuses_everybody_where_it_is_off_for_everyone(self, committed, asha):
        with switched_on(everyone=False, users=[asha.user]):
            refused(Api(asha).get(PATH), 403, "feature_unavailable")

    def test_can_not_be_turned_on_by_who_asks(self, asha):
        browser = Api(asha)
        browser.client.cookies["dwf_export_transactions"] = "True"

        refused(browser.get(PATH), 403, "feature_unavailable")
        refused(browser.get(PATH, dwft_export_transactions="1"), 400, "parameter_invalid")


class TestWhoMay:
    def test_is_nobody_who_is_not_signed_in(self, on):
        refused(Client().get(f"/v1/{PATH}"), 401, "not_authenticated")

    def test_is_no_stranger(self, on, asha, chitra):
        refused(Api(chitra).get(PATH, book_id=asha.book.pk), 404, "book_not_found")

    def test_is_a_viewer_too(self, on, asha, admin_url):
        made = record(asha)
        guest = guest_make(admin_url, book=asha.book, role="viewer")

        assert [row["id"] for row in lines_taken(guest)] == [str(made)]

    def test_sees_nothing_of_an_account_that_is_hidden(self, on, asha, bala):
        hidden = record(asha, account_id=asha.account("Savings account").pk)
        shown = record(asha)
        share(asha, bala)
        restrict(asha, bala, "Savings account", "hidden")

        found = take(bala, book_id=asha.book.pk).decode()

        assert str(shown) in found
        assert str(hidden) not in found
        assert "Savings account" not in found


class TestWhatIsRefused:
    def test_is_another_format(self, on, asha):
        body = refused(Api(asha).get(PATH, format="xlsx"), 400, "format_unknown", "format")

        assert body["error"] == "format must be csv or ndjson."

    @pytest.mark.parametrize(
        ("query", "code"),
        [({"type": "gift"}, "filter_invalid"), ({"since": "yesterday"}, "filter_invalid"),
         ({"q": "amount:"}, "query_invalid"), ({"amount_min": "x"}, "filter_invalid")],
    )  # fmt: skip
    def test_is_what_the_list_refuses(self, on, asha, query, code):
        refused(Api(asha).get(PATH, **query), 400, code)

    @pytest.mark.parametrize("name", ["from", "cursor", "limit", "Type", "book"])
    def test_is_a_parameter_that_narrows_nothing(self, on, asha, name):
        body = refused(Api(asha).get(PATH, **{name: "2026-11-01"}), 400, "parameter_invalid", name)

        assert body["error"].startswith(f"This address has no parameter “{name}”; it takes account_id, ")

    def test_is_a_filter_that_lost_its_value(self, on, asha):
        refused(Api(asha).get(PATH, since=""), 400, "parameter_invalid", "since")

    def test_is_another_method(self, on, asha):
        refused(Api(asha).post(PATH), 405, "method_not_allowed")

    def test_is_a_third_file_at_once(self, on, asha, raw):
        places_take(raw, asha)

        refused(Api(asha).get(PATH), 409, "exports_running")
        raw.rollback()
        assert take(asha)


class TestTheAnswer:
    @time_machine.travel(NOW, tick=False)
    def test_is_a_file_to_be_saved_and_not_to_be_kept_by_others(self, on, asha):
        response = Api(asha).get(PATH, since="2026-04-01")
        response.getvalue()

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response
        name = unquote(response["Content-Disposition"])
        assert name.startswith("attachment; filename")
        assert f"{asha.book.name} transactions from 2026-04-01, taken 2026-11-20.csv" in name

    def test_is_ndjson_where_that_is_asked_for(self, on, asha):
        response = Api(asha).get(PATH, format="ndjson")
        response.getvalue()

        assert response["Content-Type"] == "application/x-ndjson"
        assert ".ndjson" in response["Content-Disposition"]

    @pytest.mark.parametrize("accepted", ["text/csv", "*/*", "application/x-ndjson", "image/png"])
    def test_is_given_whatever_the_caller_accepts(self, on, asha, accepted):
        response = Api(asha).client.get(f"/v1/{PATH}", headers={"Accept": accepted})

        assert response.status_code == 200
        assert response.getvalue()

    def test_to_head_has_no_body_and_takes_no_place(self, on, asha, raw):
        places_take(raw, asha)

        response = Api(asha).client.head(f"/v1/{PATH}")

        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Type"] == "text/csv; charset=utf-8"

    def test_counts_as_one_call_of_transactions(self, on, asha, promised_limits):
        response = Api(asha).get(PATH)
        response.getvalue()

        assert response["RateLimit-Policy"].startswith('"transactions"')


class TestCsv:
    def test_of_an_empty_book_has_its_columns(self, on, asha):
        assert take(asha) == (",".join(COLUMNS) + "\r\n").encode()

    def test_holds_the_whole_list_newest_first(self, on, asha):
        days = [TODAY - dt.timedelta(days=ago) for ago in range(230)]
        made = [str(record(asha, on=day)) for day in days]

        assert [row["id"] for row in rows_taken(asha)] == made

    def test_says_of_a_split_which_part_went_where(self, on, asha):
        sweets = category_make(asha, "Sweets", "Groceries")
        body = {
            "type": "expense", "amount": 500, "description": "=Diwali", "tags": ["diwali", "gifts"],
            "notes": "one\ntwo", "splits": [
                {"category_id": str(asha.account("Fuel").pk), "amount": "499.50"},
                {"category_id": str(sweets), "amount": "0.50"},
            ],
        }  # fmt: skip
        split = said(Api(asha).post("transactions", body), 201)

        found = rows_taken(asha)

        assert {row["id"] for row in found} == {split["id"]}
        assert sorted((row["category"], row["amount"]) for row in found) == [
            ("Fuel", "499.50"),
            ("Groceries:Sweets", "0.50"),
        ]
        assert {(row["description"], row["tags"], row["notes"]) for row in found} == {
            ("'=Diwali", "diwali, gifts", "one\ntwo")
        }

    def test_says_of_a_transfer_where_it_went(self, on, asha):
        record(asha, "transfer", to_account_id=asha.account("Savings account").pk)

        (row,) = rows_taken(asha)

        assert (row["account"], row["to_account"], row["to_amount"], row["category"]) == (
            "Cash",
            "Savings account",
            "500.00",
            "",
        )


class TestNdjson:
    def test_is_what_the_list_gives_line_by_line(self, on, asha):
        phone = Phone(asha)
        fuel, food = asha.account("Fuel").pk, asha.account("Groceries").pk
        for number in range(5):
            phone.record(
                description=f"Tea {number}\n" if number % 2 else "चाय ₹", tags=["work"] * (number % 2)
            )
        phone.record(
            amount=3,
            splits=[{"category_id": str(fuel), "amount": 1}, {"category_id": str(food), "amount": 2}],
        )
        phone.record(type="transfer", to_account_id=str(asha.account("Savings account").pk))
        phone.void(phone.record(description="Void"))
        phone.record(type="income", amount="9999999999999.99", payee="@work", notes="a\nb")

        for query in ({}, {"status": "all"}, {"q": "tea"}, {"q": "-tea"}, {"tag": "work"}, {"type": "transfer"},
                      {"category_id": str(food)}, {"amount_min": "500"}, {"q": "category:fuel amount:<10"},
                      {"until": "2020-01-01"}, {"account_id": str(asha.account("Cash").pk)}):  # fmt: skip
            assert (
                lines_taken(asha, **query) == said(phone.get("transactions", limit=200, **query))["results"]
            )

    def test_of_an_empty_book_says_that_it_is_whole(self, on, asha):
        assert take(asha, format="ndjson") == b'{"end":true,"count":0}\n'


class TestOneMoment:
    def test_is_shown_though_the_book_changes_meanwhile(self, on, asha, raw):
        made = [str(record(asha, on=TODAY - dt.timedelta(days=ago))) for ago in range(150)]
        response = Api(asha).get(PATH, format="ndjson")
        pieces = iter(response.streaming_content)
        first = next(pieces)

        raw.execute("SELECT set_config('app.current_user_id', %s, false)", [str(asha.id)])
        raw.execute("SELECT set_config('app.actor_kind', 'user', false)")
        renamed = sql.SQL("UPDATE ledger_account SET name = 'Purse' WHERE book_id = %s AND name = 'Cash'")
        assert raw.execute(renamed, [asha.book.pk]).rowcount == 1
        raw.commit()

        rest = (first + b"".join(pieces)).decode()
        assert [made[0] in rest, made[-1] in rest] == [True, True]
        assert "Purse" not in rest
        assert "Purse" in take(asha).decode()
