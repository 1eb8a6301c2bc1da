from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledger.amendments.services import transaction_void
from ledger.journal.filters import NONE, Filters, filters_sql
from ledger.journal.selectors import transaction_page
from rupaya.core.db import acting_as
from rupaya.core.money import Money
from tests.ledger.desk import TODAY, record

YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def made(asha):
    """What is found by name: a fuel bill, a salary, a transfer of yesterday, a split, and one that is void."""
    names = ("Fuel", "Travel", "Salary", "Savings account", "Cash", "Groceries")
    ids = {name: asha.account(name).pk for name in names}
    found = {
        "fuel": record(
            asha, minor=30000, category_id=ids["Fuel"], payee="Indian Oil", tags=("car",), status="pending"
        ),
        "salary": record(asha, "income", 8500000, category_id=ids["Salary"], is_reconciled=True),
        "transfer": record(
            asha, "transfer", 100000, YESTERDAY, account_id=ids["Savings account"], to_account_id=ids["Cash"]
        ),
        "void": record(asha, minor=999, category_id=ids["Groceries"], tags=("home", "car")),
    }
    with acting_as(asha.actor):
        transaction_void(book=asha.book, transaction_id=found["void"], check=lambda _: None)
    return {"ids": ids, **found}


def names_of(person, made, filters):
    with acting_as(person.actor):
        rows = transaction_page(book=person.book, limit=50, filters=filters).rows
    called = {identity: name for name, identity in made.items() if name != "ids"}
    return {called[row.id] for row in rows}


class TestFiltersSql:
    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({}, {"fuel", "salary", "transfer"}),
            ({"status": "all"}, {"fuel", "salary", "transfer", "void"}),
            ({"status": "void"}, {"void"}),
            ({"status": "pending"}, {"fuel"}),
            ({"type": "income"}, {"salary"}),
            ({"since": TODAY}, {"fuel", "salary"}),
            ({"until": YESTERDAY}, {"transfer"}),
            ({"since": YESTERDAY, "until": YESTERDAY}, {"transfer"}),
            ({"payee": "INDIAN oil"}, {"fuel"}),
            ({"payee": "Indian"}, set()),
            ({"tag": "car"}, {"fuel"}),
            ({"tag": "car", "status": "all"}, {"fuel", "void"}),
            ({"tag": "ca"}, set()),
            ({"amount_min": 30000}, {"fuel", "salary", "transfer"}),
            ({"amount_min": 30001, "amount_max": 100000}, {"transfer"}),
            ({"is_reconciled": True}, {"salary"}),
            ({"is_reconciled": False}, {"fuel", "transfer"}),
            ({"where": "t.amount_minor = %(q)s", "where_parameters": {"q": 30000}}, {"fuel"}),
            ({"where": "t.type = 'income' OR true", "type": "transfer"}, {"transfer"}),
        ],
        ids=lambda value: str(sorted(value, key=str)),
    )  # fmt: skip
    def test_finds_what_all_of_them_say(self, asha, made, wanted, found):
        assert names_of(asha, made, Filters(**wanted)) == found

    @pytest.mark.parametrize(
        ("name", "accounts", "found"),
        [
            ("account_ids", ["Cash"], {"fuel", "salary", "transfer"}),
            ("account_ids", ["Savings account"], {"transfer"}),
            ("account_ids", ["Fuel"], set()),
            ("category_ids", ["Fuel", "Salary"], {"fuel", "salary"}),
            ("category_ids", ["Travel"], set()),
            ("category_ids", [], set()),
            ("leg_account_ids", ["Savings account", "Fuel"], {"fuel", "transfer"}),
        ],
    )
    def test_finds_accounts_and_categories(self, asha, made, name, accounts, found):
        ids = tuple(made["ids"][account] for account in accounts)

        filters: dict[str, Any] = {name: ids}
        assert names_of(asha, made, Filters(**filters)) == found

    def test_finds_a_category_of_a_split_and_not_of_a_version_before(self, asha, made):
        from ledger.amendments.services import transaction_change

        ids = made["ids"]
        splits = [
            {"category_id": ids[name], "amount": Money(15000, "INR")} for name in ("Travel", "Groceries")
        ]
        with acting_as(asha.actor):
            transaction_change(
                book=asha.book, transaction_id=made["fuel"], changes={"splits": splits}, check=lambda _: None
            )

        assert names_of(asha, made, Filters(category_ids=(ids["Travel"],))) == {"fuel"}
        assert names_of(asha, made, Filters(category_ids=(ids["Fuel"],))) == set()

    def test_leaves_out_what_is_void_unless_it_is_asked_for(self):
        assert filters_sql(NONE) == (" AND t.status <> 'void'", {})
        assert filters_sql(Filters(status="all")) == ("", {})

    def test_puts_no_value_into_the_sql(self):
        evil = "'; DROP TABLE ledger_posting; --"

        sql, parameters = filters_sql(Filters(type=evil, payee=evil, tag=evil, status=evil))

        assert evil not in sql
        assert set(parameters.values()) == {evil}

    def test_says_which_need_the_view_for_searching(self):
        assert Filters(tag="x").searches
        assert Filters(where="true").searches
        assert not Filters(type="income", payee="x").searches
