from __future__ import annotations

import datetime as dt

import time_machine

from tests.ledger.amendments.asking import Phone, account_make
from tests.ledger.desk import Api, guest_make, record, refused

NOON = dt.datetime(
    2096, 11, 20, 12, 0, tzinfo=dt.UTC
)  # to come, so that sessions live by the database's clock


class TestAccountCollection:
    def test_gives_todays_balances_and_what_is_owed_is_negative(self, asha):
        card = asha.account("Credit card")
        record(asha, minor=12345, account_id=card.pk, on=dt.date(2096, 11, 20))
        record(asha, "income", minor=50000, on=dt.date(2096, 11, 21))

        with time_machine.travel(NOON, tick=False):
            body = Api(asha).get("accounts").json()

        by_name = {item["name"]: item for item in body["results"]}
        assert by_name["Credit card"] == {
            "id": str(card.pk), "name": "Credit card", "type": "liability", "kind": "credit_card", "institution": "",
            "number_last4": "", "balance": -123.45, "balance_minor": -12345, "currency": "INR",
            "base_balance": -123.45, "base_balance_minor": -12345, "base_currency": "INR",
        }  # fmt: skip
        assert by_name["Cash"]["balance_minor"] == 0
        assert (body["next"], body["previous"]) == (None, None)

    def test_gives_each_in_its_own_currency_as_the_account_itself_does(self, asha):
        dollars = account_make(asha, "USD", "Dollars")
        phone = Phone(asha)
        phone.record(type="income", account_id=dollars, currency="USD", amount=100, base_amount="8301.25")

        listed = {one["name"]: one for one in phone.get("accounts").json()["results"]}["Dollars"]

        assert (listed["balance"], listed["balance_minor"], listed["currency"]) == (100, 10000, "USD")
        assert (listed["base_balance"], listed["base_balance_minor"]) == (8301.25, 830125)
        assert listed["base_currency"] == "INR"
        assert phone.get(f"accounts/{dollars}").json()["currency"] == listed["currency"]

    def test_ends_the_day_at_midnight_in_india(self, asha):
        record(asha, "income", minor=50000, on=dt.date(2096, 11, 21))
        midnight = dt.datetime(2096, 11, 20, 18, 30, tzinfo=dt.UTC)

        seen = []
        for at in (midnight - dt.timedelta(seconds=1), midnight):
            with time_machine.travel(at, tick=False):
                results = Api(asha).get("accounts").json()["results"]
                seen.append(next(item["balance"] for item in results if item["name"] == "Cash"))

        assert seen == [0, 500]

    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url):
        own = Api(asha).get("accounts").json()

        assert Api(guest_make(admin_url, book=asha.book, role="viewer")).get("accounts").json() == own
        refused(Api(chitra).get("accounts", book_id=asha.book.pk), 404, "book_not_found")
        refused(Api(chitra).get("accounts", book_id="x"), 400, "invalid", "book_id")

    def test_refuses_to_be_replaced(self, asha):
        refused(Api(asha).delete("accounts"), 405, "method_not_allowed")
