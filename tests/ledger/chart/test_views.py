from __future__ import annotations

import pytest

from ledger.chart.starter_india import STARTER_CHART
from rupaya.core.ids import uuid7
from tests.ledger.desk import Api, guest_make, refused


class TestCategoryCollection:
    def test_gives_every_category(self, asha):
        body = Api(asha).get("categories").json()

        wanted = {starter.name for starter in STARTER_CHART if starter.type in {"income", "expense"}}
        assert {item["name"] for item in body["results"]} == wanted
        assert set(body["results"][0]) == {
            "id", "name", "path", "type", "icon", "parent_id", "is_uncategorised", "is_closed", "merged_into_id",
        }  # fmt: skip
        assert {item["name"] for item in body["results"] if item["is_uncategorised"]} == {
            "Other income",
            "Uncategorised",
        }
        assert (body["next"], body["previous"]) == (None, None)

    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url):
        own = Api(asha).get("categories").json()

        assert Api(guest_make(admin_url, book=asha.book, role="viewer")).get("categories").json() == own
        refused(Api(chitra).get("categories", book_id=asha.book.pk), 404, "book_not_found")

    @pytest.mark.parametrize("book_id", ["x", "\x00"])
    def test_refuses_a_book_that_is_none(self, asha, book_id):
        refused(Api(asha).get("categories", book_id=book_id), 400, "invalid", "book_id")

    def test_opens_one_and_shows_its_path(self, asha):
        api = Api(asha)
        food = api.post("categories", {"name": "Food", "type": "expense"}).json()

        made = api.post(
            "categories", {"name": "Chai", "type": "expense", "parent_id": food["id"], "icon": "food"}
        )

        assert made.status_code == 201
        assert made.json() | {"id": ""} == {
            "id": "", "name": "Chai", "path": ["Food", "Chai"], "type": "expense", "icon": "food",
            "parent_id": food["id"], "is_uncategorised": False, "is_closed": False, "merged_into_id": None,
        }  # fmt: skip
        assert made.json() in api.get("categories").json()["results"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"name": "X"}, "type"), ({"type": "expense"}, "name"), ({"name": "", "type": "expense"}, "name"),
         ({"name": "x" * 81, "type": "expense"}, "name"), ({"name": "a\u202eb", "type": "expense"}, "name"),
         ({"name": "X", "type": "asset"}, "type"), ({"name": "X", "type": "income", "icon": "<b>"}, "icon"),
         ({"name": "X", "type": "income", "parent_id": "7"}, "parent_id"),
         ({"name": "X", "type": "income", "currency": "USD"}, "currency")],
    )  # fmt: skip
    def test_names_what_is_wrong(self, asha, body, field):
        refused(Api(asha).post("categories", body), 400, "invalid", field)

    def test_leaves_out_the_closed_unless_asked_and_the_merged_always(self, asha):
        api = Api(asha)
        fuel, travel, taxes = (asha.account(name).pk for name in ("Fuel", "Travel", "Taxes"))
        assert api.post(f"categories/{fuel}/close").status_code == 200
        assert api.post(f"categories/{travel}/merge", {"into_id": str(taxes)}).status_code == 200

        def names(**query):
            return {item["name"] for item in api.get("categories", limit=200, **query).json()["results"]}

        assert names() & {"Fuel", "Travel", "Taxes"} == {"Taxes"}
        assert names(include_closed="true") & {"Fuel", "Travel", "Taxes"} == {"Fuel", "Taxes"}
        refused(api.get("categories", include_closed="maybe"), 400, "filter_invalid", "include_closed")


class TestAccountResource:
    def test_gives_the_structure(self, asha):
        cash = asha.account("Cash")

        assert Api(asha).get(f"accounts/{cash.pk}").json() == {
            "id": str(cash.pk), "name": "Cash", "path": ["Cash"], "type": "asset", "kind": "cash", "currency": "INR",
            "parent_id": None, "icon": "wallet", "institution": "", "number_last4": "", "credit_limit": None,
            "credit_limit_minor": None, "statement_day": None, "due_day": None, "is_everyday": True,
            "is_closed": False, "merged_into_id": None,
        }  # fmt: skip

    def test_changes_what_is_said(self, asha):
        card = asha.account("Credit card").pk
        body = {
            "name": "Amex",
            "number_last4": "12a4",
            "credit_limit": 50000.5,
            "statement_day": 31,
            "due_day": 18,
        }

        changed = Api(asha).patch(f"accounts/{card}", body).json()

        assert {name: changed[name] for name in body} == body | {"number_last4": "12A4"}
        assert changed["credit_limit_minor"] == 5000050
        assert Api(asha).patch(f"accounts/{card}", {"credit_limit": None}).json()["credit_limit"] is None

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"kind": "bank"}, "kind"), ({"type": "asset"}, "type"), ({"currency": "INR"}, "currency"),
         ({"number_last4": "12345"}, "number_last4"), ({"statement_day": 32}, "statement_day"),
         ({"due_day": True}, "due_day"), ({"due_day": "5"}, "due_day"), ({"credit_limit": True}, "credit_limit"),
         ({"balance": 5}, "balance"), ({"name": None}, "name"), ({"name": "\u200d"}, "name"),
         ({"name": "\u2800"}, "name")],
    )  # fmt: skip
    def test_names_what_is_wrong(self, asha, body, field):
        refused(Api(asha).patch(f"accounts/{asha.account('Credit card').pk}", body), 400, "invalid", field)

    @pytest.mark.parametrize(
        ("name", "body", "status", "code"),
        [("Cash", {"statement_day": 4}, 400, "account_terms_unfit"),
         ("Cash", {"name": "savings ACCOUNT"}, 409, "account_name_taken"),
         ("Cash", {"parent_id": str(uuid7())}, 400, "account_unknown"),
         ("Credit card", {"credit_limit": "1.234"}, 400, "invalid")],
    )  # fmt: skip
    def test_says_why_not(self, asha, name, body, status, code):
        refused(Api(asha).patch(f"accounts/{asha.account(name).pk}", body), status, code)

    def test_moves_an_account(self, asha):
        cash, savings, card = (asha.account(name).pk for name in ("Cash", "Savings account", "Credit card"))
        api = Api(asha)

        moved = api.patch(f"accounts/{cash}", {"parent_id": str(savings)}).json()

        assert moved["path"] == ["Savings account", "Cash"]
        refused(api.patch(f"accounts/{savings}", {"parent_id": str(cash)}), 422, "parent_below")
        refused(api.patch(f"accounts/{card}", {"parent_id": str(cash)}), 400, "parent_unfit", "parent_id")

    def test_knows_no_category_and_the_other_way_round(self, asha):
        api = Api(asha)

        refused(api.get(f"accounts/{asha.account('Fuel').pk}"), 404, "account_not_found")
        refused(api.get(f"categories/{asha.account('Cash').pk}"), 404, "account_not_found")
        refused(api.get(f"accounts/{uuid7()}"), 404, "account_not_found")

    def test_takes_three_queries_beside_who_acts(self, asha, django_assert_num_queries):
        api, cash = Api(asha), asha.account("Cash").pk

        with django_assert_num_queries(8):  # book, account, path; the rest is the nested transaction
            api.get(f"accounts/{cash}")


class TestAccountClosing:
    def test_closes_and_reopens(self, asha):
        api, savings = Api(asha), asha.account("Savings account").pk

        assert api.post(f"accounts/{savings}/close").json()["is_closed"] is True
        body = {"type": "expense", "amount": 5, "description": "Tea", "account_id": str(savings)}
        refused(api.post("transactions", body), 422, "account_closed")
        assert api.post(f"accounts/{savings}/reopen").json()["is_closed"] is False
        assert api.post("transactions", body).status_code == 201
        refused(api.post(f"accounts/{savings}/close"), 422, "account_not_empty")

    def test_refuses_what_is_needed(self, asha):
        refused(Api(asha).post(f"accounts/{asha.account('Cash').pk}/close"), 422, "account_needed")
        name = "Uncategorised"
        refused(Api(asha).post(f"categories/{asha.account(name).pk}/close"), 422, "account_needed")
