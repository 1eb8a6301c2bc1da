"""Lists over HTTP: every filter says what a few lines of Python say, alone and with others, and pages stay right."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.chart.models import Account
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import Phone, ids, said
from tests.ledger.desk import refused

WORDS = ("Tea stall", "Groceries", "Auto to work", "Chai 100%", "Rent_May")
PAYEES = ("", "Swiggy", "Indian Oil")
TAGS = ("diwali", "work", "café")
DAYS = [dt.date(2026, 10, 30) + dt.timedelta(days=number) for number in range(6)]
CATEGORIES = {"expense": ("Food", "Food below", "Fuel"), "income": ("Salary", "Other income")}
OWN = ("Cash", "Savings account", "Credit card")
WRITE_DAY = "Write the date as YYYY-MM-DD, for example 2026-11-23."


@pytest.fixture
def phone(asha):
    return Phone(asha)


@pytest.fixture
def chart(asha):
    """Names to ids of what the transactions use; "Food below" lies below "Food"."""
    with acting_as(asha.actor):
        for name, parent in (("Food", None), ("Food below", "Food")):
            account = Account(id=uuid7(), type="expense", kind="category", name=name, currency="INR")
            account.book = asha.book
            account.parent = asha.account(parent) if parent else None
            account.save(force_insert=True)
    names = (*OWN, *CATEGORIES["expense"], *CATEGORIES["income"])
    return dict(zip(names, ids(asha, *names), strict=True))


def random_row(dice, chart):
    kind = dice.choice(["expense", "expense", "income", "transfer"])
    own, other = dice.sample(OWN, 2)
    row = {
        "type": kind, "amount": dice.choice([1, 99.99, 100, 500, 100000]), "description": dice.choice(WORDS),
        "date": str(dice.choice(DAYS)), "account_id": chart[own], "payee": dice.choice(PAYEES),
        "tags": dice.sample(TAGS, dice.randint(0, 2)), "status": dice.choice(["posted", "posted", "pending"]),
        "is_reconciled": dice.random() < 0.2,
    }  # fmt: skip
    if kind == "transfer":
        return row | {"to_account_id": chart[other]}
    names = dice.sample(CATEGORIES[kind], dice.randint(1, 2))
    if len(names) == 1:
        return row | {"category_id": chart[names[0]]}
    splits = [
        {"category_id": chart[names[0]], "amount": 0.5},
        {"category_id": chart[names[1]], "amount": 0.5},
    ]
    return row | {"amount": 1, "splits": splits}


@pytest.fixture
def rows(phone, chart):
    """Sixty transactions, some of them changed or void since, newest first as the API gives them."""
    dice = random.Random(7)
    made = said(
        phone.post("transactions/batch", {"transactions": [random_row(dice, chart) for _ in range(60)]}), 201
    )["results"]
    for row in made[::6]:
        phone.patch(f"transactions/{row['id']}", {"is_reconciled": False, "date": str(dice.choice(DAYS))})
    for row in made[::5]:
        phone.post(f"transactions/{row['id']}/void")
    found = said(phone.get("transactions", status="all", limit=200))["results"]
    assert len(found) == 60
    assert found == sorted(found, key=lambda row: (row["date"], row["id"]), reverse=True)
    return found


def categories_of(row):
    return {part["category_id"] for part in row["splits"]} or {row["category_id"]}


def holds(row, query, chart):
    """Whether a row answers all filters of a query, read from the row alone."""
    below = {chart["Food"]: {chart["Food"], chart["Food below"]}}
    checks = {
        "type": lambda value: row["type"] == value,
        "status": lambda value: value == "all" or row["status"] == value,
        "since": lambda value: row["date"] >= value,
        "until": lambda value: row["date"] <= value,
        "account_id": lambda value: {row["account_id"], row["to_account_id"]} & set(value.split(",")),
        "category_id": lambda value: (
            categories_of(row) & set().union(*(below.get(one, {one}) for one in value.split(",")))
        ),
        "posting_account_id": lambda value: (
            ({row["account_id"], row["to_account_id"]} | categories_of(row)) & set(value.split(","))
        ),
        "payee": lambda value: row["payee"].lower() == value.lower(),
        "tag": lambda value: value.lower() in row["tags"],
        "amount_min": lambda value: row["amount"] >= float(value),
        "amount_max": lambda value: row["amount"] <= float(value),
        "is_reconciled": lambda value: row["is_reconciled"] == (value == "true"),
        "q": lambda value: (
            value.strip('"').lower() in f"{row['description']} {row['payee']} {row['notes']}".lower()
        ),
    }
    is_asked = "status" in query
    return (is_asked or row["status"] != "void") and all(checks[name](value) for name, value in query.items())


def queries(chart):
    """Any of the filters with a value, none or several at once."""
    own, categories = (st.sampled_from([chart[name] for name in names])
                       for names in (OWN, (*CATEGORIES["expense"], *CATEGORIES["income"])))  # fmt: skip
    some = {
        "type": st.sampled_from(["income", "expense", "transfer"]),
        "status": st.sampled_from(["pending", "posted", "void", "all"]),
        "since": st.sampled_from(DAYS).map(str),
        "until": st.sampled_from(DAYS).map(str),
        "account_id": st.lists(own, min_size=1, max_size=2).map(",".join),
        "category_id": st.lists(categories, min_size=1, max_size=2).map(",".join),
        "posting_account_id": st.one_of(own, categories),
        "payee": st.sampled_from(["Swiggy", "swiggy", "INDIAN OIL", "Indian", "nobody"]),
        "tag": st.sampled_from(["diwali", "Work", "CAFÉ", "nothing"]),
        "amount_min": st.sampled_from(["0", "1", "100", "100.01"]),
        "amount_max": st.sampled_from(["1", "100", "99.99", "500"]),
        "is_reconciled": st.sampled_from(["true", "false"]),
        "q": st.sampled_from(["tea", '"tea stall"', "100%", "rent_may", "o", "zzz"]),
    }
    return st.fixed_dictionaries({}, optional=some)


class TestFilters:
    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("type", ["income", "expense", "transfer"]),
            ("status", ["pending", "posted", "void", "all"]),
            ("since", ["2026-11-01"]),
            ("until", ["2026-11-01"]),
            ("account_id", ["@Cash", "@Cash,@Savings account"]),
            ("category_id", ["@Food", "@Food below", "@Fuel,@Salary"]),
            ("posting_account_id", ["@Food", "@Cash", "@Fuel,@Salary"]),
            ("payee", ["swiggy"]),
            ("tag", ["Diwali"]),
            ("amount_min", ["100"]),
            ("amount_max", ["99.99"]),
            ("is_reconciled", ["true", "false"]),
            ("q", ["tea"]),
        ],
    )
    def test_say_each_alone_what_they_are_called(self, phone, chart, rows, name, values):
        for value in values:
            query = {name: ",".join(chart.get(part.removeprefix("@"), part) for part in value.split(","))}

            found = said(phone.get("transactions", limit=200, **query))["results"]

            assert found == [row for row in rows if holds(row, query, chart)]
            assert found

    def test_say_together_what_they_say_alone(self, phone, chart, rows):
        @given(queries(chart))
        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        def check(query):
            found = said(phone.get("transactions", limit=200, **query))["results"]

            assert found == [row for row in rows if holds(row, query, chart)]

        check()

    def test_leave_void_ones_out_unless_they_are_asked_for(self, phone, rows):
        def statuses(**query):
            return {row["status"] for row in said(phone.get("transactions", limit=200, **query))["results"]}

        assert statuses() == statuses(q="-zzz") == {"posted", "pending"}
        assert statuses(status="all") == {"posted", "pending", "void"}
        assert statuses(q="status:void") == {"void"}
        assert statuses(q="status:void", status="posted") == set()

    def test_find_void_ones_by_the_categories_that_counted_last(self, phone, chart, rows):
        void = [row for row in rows if row["status"] == "void" and chart["Fuel"] in categories_of(row)]

        for query in ({"category_id": chart["Fuel"], "status": "void"}, {"q": "category:fuel status:void"}):
            assert said(phone.get("transactions", limit=200, **query))["results"] == void
        assert void

    def test_find_nothing_by_what_is_not_there(self, phone, chitra, rows):
        for query in ({"account_id": uuid7()}, {"category_id": uuid7()}, {"posting_account_id": uuid7()},
                      {"since": "2027-01-01"}, {"since": "2026-11-02", "until": "2026-11-01"}):  # fmt: skip
            assert said(phone.get("transactions", **query))["results"] == []
        cash = ids(chitra, "Cash")[0]
        assert said(phone.get("transactions", account_id=cash))["results"] == []
        assert said(phone.get("transactions", category_id=cash))["results"] == []

    @pytest.mark.parametrize(
        ("name", "texts", "sentence"),
        [
            ("type", ["gift", "Income", "income\x00"], "type must be one of income, expense, transfer."),
            ("status", ["deleted"], "status must be one of pending, posted, void, all."),
            ("since", ["yesterday", "20261101", "२०२६-११-०१"], f"since: {WRITE_DAY}"),
            ("until", ["2026-W45-1"], f"until: {WRITE_DAY}"),
            ("until", ["2026-02-30"], "until: The calendar has no 2026-02-30."),
            ("account_id", ["x", ","], "account_id must be a UUID, or several with commas between."),
            ("account_id", [",".join([str(uuid7())] * 51)], "account_id takes at most 50 ids."),
            ("category_id", [f"{uuid7()},x"], "category_id must be a UUID, or several with commas between."),
            ("posting_account_id", ["\x00"], "posting_account_id must be a UUID, or several with commas between."),
            ("payee", ["x" * 121, "\x00"], "payee has at most 120 characters that can be seen."),
            ("tag", ["x" * 41, "\x00"], "tag has at most 40 characters that can be seen."),
            ("amount_min", ["x", "1e3"], "amount_min: Write the amount as a plain number, for example 500 or 1234.50."),
            ("amount_max", ["1.001"], "amount_max: INR has 2 decimals; 1.001 has more. Amounts are never rounded."),
            ("amount_max", ["9" * 16], "amount_max: The amount has more than 15 digits."),
            ("is_reconciled", ["yes", "1"], "is_reconciled must be true or false."),
            ("has_attachment", ["maybe"], "has_attachment must be true or false."),
        ],
    )  # fmt: skip
    def test_name_the_parameter_that_is_wrong(self, phone, name, texts, sentence):
        for text in texts:
            body = refused(phone.get("transactions", **{name: text}), 400, "filter_invalid", name)

            assert body["detail"] == sentence
            assert [error["message"] for error in body["errors"]] == [sentence]

    @pytest.mark.parametrize("text", ["amount:>", '"tea', "colour:red", "(", "x" * 501])
    def test_say_where_a_search_goes_wrong(self, phone, text):
        refused(phone.get("transactions", q=text, type="income"), 400, "query_invalid")

    def test_take_no_more_queries_for_many_rows_than_for_one(
        self, phone, chart, rows, django_assert_max_num_queries
    ):
        for limit in (1, 40):
            # As without filters, the tree of categories, and two that find the page.
            with django_assert_max_num_queries(10):
                phone.get("transactions", limit=limit, category_id=chart["Food"], tag="work", status="all")


class TestPages:
    def walk(self, phone, meanwhile=lambda: None, **query):
        body = said(phone.get("transactions", **query))
        pages = [body]
        while body["next"]:
            meanwhile()
            body = said(phone.follow(body["next"]))
            pages.append(body)
        return pages

    @pytest.mark.parametrize(
        "query", [{}, {"type": "expense"}, {"q": "t", "status": "all"}, {"tag": "work", "amount_min": "1"}]
    )
    def test_give_every_row_once_while_others_are_added(self, phone, chart, rows, query):
        dice = random.Random(11)
        wanted = [row for row in rows if holds(row, query, chart)]

        def add():
            for day in (DAYS[0], dice.choice(DAYS), DAYS[-1] + dt.timedelta(days=1)):
                phone.record(**random_row(dice, chart) | {"date": str(day)})

        pages = self.walk(phone, add, limit=5, **query)

        seen = [row for page in pages for row in page["results"]]
        known = {row["id"] for row in wanted}
        assert [row for row in seen if row["id"] in known] == wanted
        assert len({row["id"] for row in seen}) == len(seen)
        assert seen == sorted(seen, key=lambda row: (row["date"], row["id"]), reverse=True)
        assert len(pages) > 2

    def test_lead_back_with_the_same_filters(self, phone, rows):
        pages = self.walk(phone, limit=7, q="e", status="all")

        for earlier, later in itertools.pairwise(pages):
            assert said(phone.follow(later["previous"]))["results"] == earlier["results"]
