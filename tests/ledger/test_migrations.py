"""What was written before transactions had versions goes on standing, and there is a way back."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import UUID

import psycopg
import pytest

from rupaya.core.ids import uuid7
from tests.architecture.test_migrations import ROOT, scratch  # noqa: F401  # a fixture
from tests.ledger.journal.changing import amend, state

BEFORE = ("ledger", "0004_statement_guards")
ACCOUNTS = {
    "Cash": ("asset", "cash", "INR"),
    "Dollars": ("asset", "bank", "USD"),
    "Card": ("liability", "credit_card", "INR"),
    "Opening": ("equity", "equity", "INR"),
    "Food": ("expense", "category", "INR"),
    "Fuel": ("expense", "category", "INR"),
    "Salary": ("income", "category", "INR"),
}
# Type, and the legs: account, amount in its currency, and in the book's where that is another.
LEGACY = {
    "expense": ("expense", [("Food", 500), ("Cash", -500)]),
    "split": ("expense", [("Food", 300), ("Fuel", 200), ("Card", -500)]),
    "income": ("income", [("Cash", 900), ("Salary", -900)]),
    "paid": ("income", [("Dollars", 100, 8300), ("Salary", -8300)]),
    "transfer": ("transfer", [("Card", 700), ("Cash", -700)]),
    "turned": ("transfer", [("Cash", -700), ("Card", 700)]),
    "opening": ("transfer", [("Cash", 1000), ("Opening", -1000)]),
    "dollars bought": ("transfer", [("Dollars", 100, 8300), ("Cash", -8300)]),
    "dollars sold": ("transfer", [("Cash", 8300), ("Dollars", -100, -8300)]),
}
# The accounts and the amount that each header must come to say.
SAID = {
    "expense": ("Cash", None, 500),
    "split": ("Card", None, 500),
    "income": ("Cash", None, 900),
    "paid": ("Dollars", None, 100),
    "transfer": ("Cash", "Card", 700),
    "turned": ("Cash", "Card", 700),
    "opening": ("Opening", "Cash", 1000),
    "dollars bought": ("Cash", "Dollars", 8300),
    "dollars sold": ("Dollars", "Cash", 100),
}


class House:
    """A book in the scratch database, written to as the application, in whatever shape the tables are."""

    def __init__(self, url, admin_url):
        self.pk, self.person, self.accounts = uuid7(), uuid7(), {name: uuid7() for name in ACCOUNTS}
        with psycopg.connect(admin_url) as admin:
            admin.execute(
                """INSERT INTO accounts_user (id, email, full_name, password, is_superuser)
                   VALUES (%s, %s, 'Asha', '!', false)""",
                [self.person, f"{self.person}@example.in"],
            )
        self.connection = psycopg.connect(url)
        self.act()
        self.connection.execute(
            "SELECT ledger_book_open(%s, %s, 'Home', 'INR', 'Asia/Kolkata', 4)", [self.pk, uuid7()]
        )
        for name, (account_type, kind, currency) in ACCOUNTS.items():
            self.connection.execute(
                """INSERT INTO ledger_account (id, book_id, name, type, kind, currency, icon, institution, number_last4)
                   VALUES (%s, %s, %s, %s, %s, %s, 'tag', '', '')""",
                [self.accounts[name], self.pk, name, account_type, kind, currency],
            )
        self.connection.commit()

    def act(self):
        self.connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(self.person)])

    def post(self, kind, legs):
        """By the old `ledger_post`, which knew no accounts and amount of a header."""
        self.act()
        item = {
            "id": str(uuid7()), "date": "2026-05-01", "type": kind, "description": "x",
            "origin": "opening" if legs[-1][0] == "Opening" else "manual",
            "postings": [
                {"account_id": str(self.accounts[name]), "amount_minor": minor, "currency": ACCOUNTS[name][2],
                 "base_minor": base[0] if base else minor}
                for name, minor, *base in legs
            ],
        }  # fmt: skip
        self.connection.execute("SELECT ledger_post(%s, %s)", [self.pk, json.dumps([item])])
        self.connection.commit()
        return UUID(item["id"])


def verified(env):
    """What verify_ledger says of the scratch database."""
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_ledger", "--json"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.slow
class TestVersions:
    def test_find_their_accounts_and_amounts_in_legacy_postings_and_lead_back(self, scratch, admin_url):  # noqa: F811
        url, env = scratch.admin_url, scratch.environment
        scratch.migrate(BEFORE)
        house = House(env["DATABASE_URL"], url)
        made = {name: house.post(kind, legs) for name, (kind, legs) in LEGACY.items()}
        house.connection.close()

        scratch.migrate(())

        found = verified(env)
        assert (found["transactions"], found["differences"]) == (len(LEGACY), [])
        with psycopg.connect(url) as admin:
            rows = admin.execute(
                """SELECT t.id, a.name, b.name, t.amount_minor, t.status, t.version, t.change_id = t.id,
                          t.changed_at = t.created_at
                     FROM ledger_transaction t JOIN ledger_account a ON a.id = t.account_id
                     LEFT JOIN ledger_account b ON b.id = t.to_account_id"""
            ).fetchall()
        assert {identity: (*said,) for identity, *said in rows} == {
            made[name]: (*said, "posted", 1, True, True) for name, said in SAID.items()
        }
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            _change_some(connection, house, made)
        assert verified(env)["differences"] == []

        scratch.migrate(BEFORE, ())

        found = verified(env)
        assert (found["transactions"], found["differences"]) == (len(LEGACY) - 1, [])


def _change_some(connection, house, made):
    """One with other money, one that is void, one with other words."""
    connection.execute("SELECT set_config('app.current_user_id', %s, true)", [str(house.person)])
    item = state(connection, made["expense"], amount_minor=600)
    item["postings"] = [
        {"account_id": str(house.accounts[name]), "amount_minor": minor, "currency": "INR"}
        for name, minor in (("Fuel", 600), ("Cash", -600))
    ]
    others = (state(connection, made["income"], status="void"), state(connection, made["split"], notes="x"))
    amend(connection, house, item, *others)
