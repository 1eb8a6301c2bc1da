from __future__ import annotations

import datetime as dt

import orjson
import pytest
import time_machine
from django.db import connections
from django.test import Client

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.journal.drafts import Entry
from ledger.journal.services import transaction_post
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from rupaya.core.replica import Standing
from tests.ledger.desk import Api, guest_make, inr, record, refused
from tests.support.replica import replica_named

REPORTS = (
    "balances", "trial_balance", "balance_sheet", "income_statement", "cash_flow", "category_trend", "net_worth",
    "payees", "tags",
)  # fmt: skip
# To come, so that sessions live by the database's clock.
NOON = dt.datetime(2096, 11, 20, 6, 30, tzinfo=dt.UTC)
TODAY = dt.date(2096, 11, 20)


@pytest.fixture
def api(asha):
    with time_machine.travel(NOON, tick=False):
        yield Api(asha)


@pytest.fixture
def household(asha):
    """Salary in October, groceries by cash and by card in November, a bill paid."""
    card, cash = asha.account("Credit card").pk, asha.account("Cash").pk
    groceries, salary = asha.account("Groceries").pk, asha.account("Salary").pk
    record(asha, "income", minor=500000, on=dt.date(2096, 10, 1), category_id=salary)
    for own, minor, payee in ((cash, 20000, "BigBasket"), (card, 30000, "Nature's Basket")):
        parts = [(groceries, Money(minor, "INR"))]
        with acting_as(asha.actor):
            entry = Entry(
                "expense", TODAY, "Vegetables", parts, account_id=own, payee=payee, tags=("food", "home")
            )
            transaction_post(book=asha.book, entry=entry)
    record(asha, "transfer", minor=10000, on=TODAY, account_id=cash, to_account_id=card)
    return asha


def get(api, report, **query):
    response = api.get(f"reports/{report}", **query)
    assert response.status_code == 200, response.content
    return response.json()


def figure(minor, **query):
    return {"amount": minor / 100, "amount_minor": minor, "currency": "INR", "filter": query or None}


class TestReportView:
    @pytest.mark.parametrize("report", REPORTS)
    def test_is_read_in_two_queries(self, api, household, report, django_assert_num_queries):
        get(api, report)

        with django_assert_num_queries(7):  # the book and the report; the rest is the actor, within the test
            get(api, report)

    @pytest.mark.parametrize("report", REPORTS)
    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url, report):
        record(asha)
        own = Api(asha).get(f"reports/{report}").json()

        assert (
            Api(guest_make(admin_url, book=asha.book, role="viewer")).get(f"reports/{report}").json() == own
        )
        refused(Api(chitra).get(f"reports/{report}", book_id=asha.book.pk), 404, "book_not_found")

    @pytest.mark.parametrize("report", REPORTS)
    def test_shows_an_empty_book(self, api, report):
        (result,) = get(api, report)["results"]

        assert result["currency"] == "INR"

    @pytest.mark.parametrize(
        ("report", "query", "field"),
        [
            ("balances", {"as_of": "20961120x"}, "as_of"),
            ("balances", {"as_of": "1900-01-01"}, "as_of"),
            ("balances", {"as_of": "2151-01-01"}, "as_of"),
            ("balances", {"depth": "0"}, "depth"),
            ("balances", {"depth": "11"}, "depth"),
            ("balances", {"depth": "²"}, "depth"),
            ("balances", {"currency": "USD"}, "currency"),
            ("balances", {"account_id": "x"}, "account_id"),
            ("balances", {"known_at": "2096-11-20"}, "known_at"),
            ("balances", {"known_at": "2096-11-20T12:00:00"}, "known_at"),
            ("balances", {"known_at": "2096-13-20T12:00:00Z"}, "known_at"),
            ("balances", {"known_at": "0001-01-01T00:00:00+23:59"}, "known_at"),
            ("income_statement", {"since": "2096-11-21"}, "since"),
            ("income_statement", {"since": "2096-11-02", "until": "2096-11-01"}, "since"),
            ("income_statement", {"by": "decade"}, "by"),
            ("income_statement", {"by": "day", "since": "2095-01-01"}, "by"),
            ("income_statement", {"compare": "future"}, "compare"),
            ("income_statement", {"compare": "previous", "by": "month"}, "compare"),
            ("category_trend", {"type": "transfer"}, "type"),
        ],
    )
    def test_refuses_a_value_that_it_does_not_take(self, api, report, query, field):
        refused(api.get(f"reports/{report}", **query), 400, "filter_invalid", field)

    @pytest.mark.parametrize(
        ("report", "name"),
        [("balances", "as_off"), ("balances", "since"), ("cash_flow", "currency"), ("payees", "by")],
    )
    def test_refuses_a_parameter_of_another_report(self, api, report, name):
        refused(api.get(f"reports/{report}", **{name: "2096-11-20"}), 400, "parameter_invalid", name)

    @pytest.mark.parametrize(
        ("known_at", "sentence"),
        [("0001-01-01T00:00:00Z", "known_at must lie between 1950-01-01 and 2150-12-31."),
         ("yesterday", "known_at must be an instant as RFC 3339, for example 2026-11-23T18:30:00Z.")],
    )  # fmt: skip
    def test_tells_an_instant_too_far_away_from_what_is_none(self, api, known_at, sentence):
        body = refused(api.get("reports/balances", known_at=known_at), 400, "filter_invalid", "known_at")

        assert body["error"] == sentence

    def test_refuses_a_limit_that_is_none(self, api):
        refused(api.get("reports/payees", limit="201"), 400, "page_invalid", "limit")

    @pytest.mark.parametrize(
        ("report", "parameter", "wrong"),
        [("balances", "account_id", "Groceries"), ("net_worth", "account_id", "Opening balances"),
         ("cash_flow", "account_id", "Groceries"), ("income_statement", "category_id", "Cash"),
         ("category_trend", "category_id", "Cash"), ("payees", "category_id", "Cash"),
         ("tags", "account_id", "Groceries")],
    )  # fmt: skip
    def test_refuses_an_account_of_another_kind_or_book(
        self, committed, api, asha, chitra, report, parameter, wrong
    ):
        refused(
            api.get(f"reports/{report}", **{parameter: asha.account(wrong).pk}),
            400,
            "filter_invalid",
            parameter,
        )
        for stranger in (uuid7(), chitra.account(wrong).pk):
            refused(api.get(f"reports/{report}", **{parameter: stranger}), 400, "account_unknown", parameter)

    @pytest.mark.parametrize("parameter", ["account_id", "category_id"])
    def test_refuses_parties_of_an_account_that_the_book_does_not_have(self, api, chitra, parameter):
        query = {parameter: chitra.account("Cash").pk}

        refused(api.get("reports/payees", **query), 400, "account_unknown", parameter)

    @pytest.mark.parametrize("report", REPORTS)
    def test_asks_the_replica_for_everything_where_there_is_one(
        self, committed, api, household, monkeypatch, report
    ):
        query = {"account_id": household.account("Cash").pk} if report in {"payees", "tags"} else {}
        from_primary = get(api, report, **query)
        asked = []

        def watch(execute, sql, *rest):
            asked.append(sql)
            return execute(sql, *rest)

        monkeypatch.setattr("rupaya.core.replica.standing_at", lambda _place: Standing("level"))
        with replica_named(monkeypatch), connections["default"].execute_wrapper(watch):
            from_replica = get(api, report, **query)

        assert from_replica == from_primary
        assert asked
        assert [sql for sql in asked if "ledger_" in sql] == []

    def test_refuses_more_figures_than_it_gives(self, committed, api, asha):
        with acting_as(asha.actor):
            made = Account.objects.bulk_create(
                Account(
                    book=asha.book, type="expense", kind="category", name=f"Category {number}", currency="INR"
                )
                for number in range(60)
            )
        for account in made:
            record(asha, minor=100, on=TODAY, category_id=account.pk)

        refused(
            api.get("reports/income_statement", by="day", since="2096-01-01"), 400, "filter_invalid", "by"
        )
        get(api, "income_statement", by="week", since="2096-01-01")

    def test_writes_nothing(self, api):
        refused(api.post("reports/balances", {}), 405, "method_not_allowed")


class TestBalances:
    def test_are_negative_for_what_is_owed(self, api, household):
        card = household.account("Credit card")

        body = get(api, "balances")

        (result,) = body.pop("results")
        assert body == {"report": "balances", "as_of": "2096-11-20", "known_at": None, "currency": "book"}
        rows = {row["name"]: row for row in result["accounts"]["rows"]}
        assert len(rows) == 8
        own = figure(-20000, posting_account_id=str(card.pk), until="2096-11-20")
        assert rows["Credit card"] == {
            "account_id": str(card.pk), "parent_id": None, "depth": 1, "name": "Credit card", "type": "liability",
            "kind": "credit_card", "icon": "card", "own": own, "total": own,
        }  # fmt: skip
        assert result["accounts"]["total"]["amount_minor"] == 450000
        assert get(api, "balances", as_of="2096-10-31")["results"][0]["accounts"]["total"]["amount"] == 5000

    def test_leave_out_a_closed_account_without_a_balance(self, api, household):
        with acting_as(household.actor):
            Account.objects.create(
                book=household.book, type="asset", kind="bank", name="Closed", currency="INR", closed_at=NOON
            )

        shown = [row["name"] for row in get(api, "balances")["results"][0]["accounts"]["rows"]]

        assert "Cash" in shown
        assert "Closed" not in shown
        assert "Closed" not in [one["name"] for one in api.get("accounts").json()["results"]]

    def test_are_as_they_were_known(self, api, household):
        (before,) = get(api, "balances", known_at="2026-01-01T00:00:00Z")["results"]
        (later,) = get(api, "balances", known_at="2096-11-20T12:00:00 05:30")["results"]  # an unescaped plus

        assert before["accounts"]["total"] == figure(0)
        assert later["accounts"]["total"] == figure(450000)


class TestTrialBalance:
    def test_has_two_equal_columns(self, api, household):
        (result,) = get(api, "trial_balance")["results"]

        rows = [
            (row["name"], row["debit"]["amount"], row["credit"]["amount"])
            for row in result["accounts"]["rows"]
        ]
        assert rows == [
            ("Cash", 4700, 0),
            ("Credit card", 0, 200),
            ("Salary", 0, 5000),
            ("Groceries", 500, 0),
        ]
        assert result["accounts"]["debit"]["amount"] == result["accounts"]["credit"]["amount"] == 5200


class TestBalanceSheet:
    def test_balances(self, api, household):
        (result,) = get(api, "balance_sheet", as_of="2096-11-20")["results"]

        totals = {name: result[name]["total"]["amount"] for name in ("assets", "liabilities", "equity")}
        assert totals == {"assets": 4700, "liabilities": 200, "equity": 4500}
        assert [(row["kind"], row["own"]["amount"]) for row in result["equity"]["rows"]] == [
            ("surplus_before", 0), ("surplus_year", 4500),
        ]  # fmt: skip
        following = get(api, "balance_sheet", as_of="2097-04-01")["results"][0]["equity"]["rows"]
        assert [row["own"]["amount"] for row in following] == [4500, 0]


class TestIncomeStatement:
    def test_is_of_the_financial_year_to_this_day(self, api, household):
        body = get(api, "income_statement")

        assert (body["since"], body["until"]) == ("2096-04-01", "2096-11-20")
        (result,) = body["results"]
        days = {"since": "2096-04-01", "until": "2096-11-20"}
        assert result["income"]["total"] == figure(500000, type="income", **days)
        assert result["expense"]["total"] == figure(50000, type="expense", **days)
        assert result["net"]["amount"] == 4500

    def test_shows_its_periods(self, api, household):
        body = get(api, "income_statement", by="month", since="2096-10-15")

        assert body["periods"] == [
            {"since": "2096-10-15", "until": "2096-10-31", "label": "2096-10"},
            {"since": "2096-11-01", "until": "2096-11-20", "label": "2096-11"},
        ]
        assert [part["amount"] for part in body["results"][0]["expense"]["total"]["periods"]] == [0, 500]
        assert body["results"][0]["income"]["rows"] == []

    def test_cuts_months_where_the_books_begin(self, api, household, asha):
        with acting_as(asha.actor):
            Book.objects.filter(pk=asha.book.pk).update(month_start_day=15)

        body = get(api, "income_statement", by="month", since="2096-10-01")

        assert [(cut["since"], cut["until"]) for cut in body["periods"]] == [
            ("2096-10-01", "2096-10-14"), ("2096-10-15", "2096-11-14"), ("2096-11-15", "2096-11-20"),
        ]  # fmt: skip

    def test_compares_with_what_was_before(self, api, household):
        body = get(api, "income_statement", since="2096-11-01", until="2096-11-30", compare="previous")

        assert body["previous"] == {"since": "2096-10-01", "until": "2096-10-31"}
        (result,) = body["results"]
        assert (result["net"]["amount"], result["net"]["previous"]["amount"]) == (-500, 5000)


class TestCashFlow:
    def test_says_where_cash_came_from_and_went_to(self, api, household):
        cash_filter = household.account("Credit card").pk

        (result,) = get(api, "cash_flow", since="2096-11-01")["results"]

        seen = {name: result[name]["amount"] for name in ("opening", "change", "closing")}
        assert seen == {"opening": 5000, "change": -300, "closing": 4700}
        totals = {name: result[name]["total"]["amount"] for name in ("operating", "investing", "financing")}
        assert totals == {"operating": -200, "investing": 0, "financing": -100}
        (bill,) = result["financing"]["rows"]
        assert bill["own"]["filter"]["posting_account_id"] == str(cash_filter)
        listed = api.get("transactions", **bill["own"]["filter"]).json()["results"]
        assert [(one["type"], one["amount"]) for one in listed] == [("transfer", 100)]

    def test_may_be_of_other_accounts(self, api, household):
        card = household.account("Credit card").pk

        (result,) = get(api, "cash_flow", since="2096-11-01", account_id=card)["results"]

        totals = {name: result[name]["total"]["amount"] for name in ("operating", "investing", "financing")}
        assert totals == {"operating": -300, "investing": 100, "financing": 0}


class TestCategoryTrend:
    def test_is_of_twelve_months(self, api, household):
        body = get(api, "category_trend", type="expense")

        assert (body["since"], body["until"], len(body["periods"])) == ("2095-12-01", "2096-11-20", 12)
        (groceries,) = body["results"][0]["expense"]["rows"]
        assert [part["amount"] for part in groceries["total"]["periods"]] == [0] * 11 + [500]
        assert "income" not in body["results"][0]


class TestNetWorth:
    def test_stands_at_the_end_of_each_period(self, api, household):
        body = get(api, "net_worth", since="2096-09-01")

        (result,) = body["results"]
        seen = {
            name: [part["amount"] for part in result[name]["periods"]]
            for name in ("assets", "liabilities", "net_worth", "change")
        }
        assert seen == {
            "assets": [0, 5000, 4700], "liabilities": [0, 0, 200], "net_worth": [0, 5000, 4500],
            "change": [0, 5000, -500],
        }  # fmt: skip


class TestPayees:
    def test_come_largest_first(self, api, household):
        (result,) = get(api, "payees", limit="2")["results"]

        payees = result["payees"]
        assert [(row["payee"], row["name"], row["transactions"]) for row in payees["rows"]] == [
            ("", "No payee", 1), ("Nature's Basket", "Nature's Basket", 1),
        ]  # fmt: skip
        assert payees["rest_expense"] == figure(20000)
        assert (payees["total_income"]["amount"], payees["total_expense"]["amount"]) == (5000, 500)
        listed = api.get("transactions", **payees["rows"][1]["expense"]["filter"]).json()["results"]
        assert [one["payee"] for one in listed] == ["Nature's Basket"]


class TestTags:
    def test_count_a_transaction_in_each(self, api, household):
        (result,) = get(api, "tags")["results"]

        rows = [
            (row["tag"], row["income"]["amount"], row["expense"]["amount"]) for row in result["tags"]["rows"]
        ]
        assert rows == [("", 5000, 0), ("food", 0, 500), ("home", 0, 500)]
        assert "total_expense" not in result["tags"]


class TestNobody:
    def test_is_asked_to_sign_in(self, db):
        response = Client().get("/v1/reports/balances")

        assert (response.status_code, orjson.loads(response.content)["code"]) == (401, "not_authenticated")


class TestMoney:
    def test_is_exact(self, api, asha):
        record(asha, "income", minor=inr(10**11).minor + 1, on=TODAY)

        total = get(api, "balances")["results"][0]["accounts"]["total"]

        assert total["amount_minor"] == 10**13 + 1
