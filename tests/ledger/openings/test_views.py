from __future__ import annotations

import pytest

from tests.ledger.desk import Api, guest_make, refused


class TestAccountOpening:
    def test_opens_with_what_is_enough(self, asha):
        made = Api(asha).post("accounts", {"name": " HDFC  savings ", "kind": "bank"})

        body = made.json()
        assert made.status_code == 201
        assert (body["name"], body["type"], body["currency"], body["icon"]) == (
            "HDFC savings",
            "asset",
            "INR",
            "bank",
        )
        assert body["opening_balance"] is None

    def test_opens_with_everything(self, asha):
        body = {
            "name": "Amex", "kind": "credit_card", "currency": "usd", "institution": "American Express",
            "number_last4": "1004", "credit_limit": "5000", "statement_day": 28, "due_day": 15, "icon": "gift",
            "opening_balance": {"amount": -120.5, "date": "2026-04-01", "base_amount": -10242.5},
        }  # fmt: skip
        api = Api(asha)

        made = api.post("accounts", body).json()

        assert (made["type"], made["currency"], made["credit_limit"], made["due_day"]) == (
            "liability",
            "USD",
            5000,
            15,
        )
        opening = made["opening_balance"]
        assert (opening["date"], opening["amount"], opening["currency"]) == ("2026-04-01", 120.5, "USD")
        (shown,) = [row for row in api.get("accounts").json()["results"] if row["id"] == made["id"]]
        assert shown["name"] == "Amex"

    @pytest.mark.parametrize(
        ("body", "field"),
        [({}, "kind"), ({"kind": "category"}, "kind"), ({"kind": "equity"}, "kind"),
         ({"kind": "bank", "type": "asset"}, "type"),
         ({"kind": "bank", "currency": "XXX"}, "currency"),
         ({"kind": "bank", "number_last4": "123456789012"}, "number_last4"),
         ({"kind": "bank", "opening_balance": 5}, "opening_balance"),
         ({"kind": "bank", "opening_balance": {}}, "opening_balance.amount"),
         ({"kind": "bank", "opening_balance": {"amount": 5, "date": "1.4.26"}}, "opening_balance.date")],
    )  # fmt: skip
    def test_names_what_is_wrong(self, asha, body, field):
        refused(Api(asha).post("accounts", {"name": "X"} | body), 400, "invalid", field)

    @pytest.mark.parametrize(
        ("body", "status", "code", "field"),
        [({"kind": "bank", "due_day": 5}, 400, "account_terms_unfit", "due_day"),
         ({"kind": "bank", "opening_balance": {"amount": "1.234"}}, 400, "invalid", "opening_balance.amount"),
         ({"kind": "bank", "currency": "USD", "opening_balance": {"amount": 1}}, 400, "amount_unfit",
          "opening_balance.base_amount"),
         ({"kind": "bank", "name": "cash"}, 409, "account_name_taken", None)],
    )  # fmt: skip
    def test_says_why_not(self, asha, body, status, code, field):
        refused(Api(asha).post("accounts", {"name": "X"} | body), status, code, field)

    def test_is_not_for_viewers(self, committed, asha, admin_url):
        viewer = guest_make(admin_url, book=asha.book, role="viewer")

        refused(Api(viewer).post("accounts", {"name": "X", "kind": "bank"}), 403, "book_read_only")


class TestOpeningBalance:
    def test_says_it_anew(self, asha):
        api, cash = Api(asha), asha.account("Cash").pk

        first = api.post(f"accounts/{cash}/opening_balance", {"amount": 500, "date": "2026-04-01"}).json()
        again = api.post(
            f"accounts/{cash}/opening_balance", {"amount": "-20.25", "date": "2026-04-02"}
        ).json()
        none = api.post(f"accounts/{cash}/opening_balance", {"amount": 0}).json()

        assert first["opening_balance"]["amount_minor"] == 50000
        assert again["opening_balance"]["id"] == first["opening_balance"]["id"]
        assert (again["opening_balance"]["amount"], again["opening_balance"]["account_id"]) == (
            20.25,
            str(cash),
        )
        assert none["opening_balance"] is None

    def test_says_which_amount_to_leave_out(self, asha):
        path = f"accounts/{asha.account('Cash').pk}/opening_balance"

        told = refused(
            Api(asha).post(path, {"amount": 5, "base_amount": 6}), 400, "amount_unfit", "base_amount"
        )

        assert told["error"] == "The amount is in INR already; leave base_amount out."

    def test_is_not_for_categories_nor_equity(self, asha):
        for name in ("Fuel", "Opening balances"):
            path = f"accounts/{asha.account(name).pk}/opening_balance"
            refused(Api(asha).post(path, {"amount": 5}), 404, "account_not_found")

    @pytest.mark.parametrize("body", [{}, {"amount": None}, {"amount": True}, {"amount": []}])
    def test_names_what_is_wrong(self, asha, body):
        path = f"accounts/{asha.account('Cash').pk}/opening_balance"

        refused(Api(asha).post(path, body), 400, "invalid", "amount")
