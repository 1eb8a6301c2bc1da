"""What a member sees of money: with a hidden account, as if nothing had ever happened on it."""

from __future__ import annotations

import datetime as dt

import pytest
from psycopg import errors

from ledger.books.access import AccountReadOnly
from ledger.chart.services import account_open
from ledger.journal.selectors import account_balance_minor
from rupaya.core.db import acting_as
from tests.ledger.attachments.pictures import PDF, png
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import TODAY, Api, record, refused
from tests.ledger.journal.test_guards import act, guard_of
from tests.ledger.statements.writers import chained, hdfc_file
from tests.support.cast import Person

EARLIER = TODAY - dt.timedelta(days=70)
TABLES = ("ledger_transaction", "ledger_posting", "ledger_transaction_version")


@pytest.fixture
def household(committed, asha, bala):
    """Bala, an editor of Asha's book, in which something was spent from Cash and Savings, this month and before."""
    share(asha, bala)
    savings, cash = asha.account("Savings account").pk, asha.account("Cash").pk
    for on in (EARLIER, TODAY):
        record(asha, minor=10000, on=on, description="Seen rice", account_id=cash)
        record(asha, minor=50000, on=on, description="Secret ring", account_id=savings)
    record(asha, "transfer", 7000, description="Secret transfer", account_id=savings, to_account_id=cash)
    return Person(bala.user, asha.book)


def rows(raw, person, table):
    act(raw, person)
    return raw.execute(f"SELECT count(*) FROM {table} WHERE book_id = %s", [person.book.pk]).fetchone()[0]


class TestHidden:
    def test_takes_the_transactions_with_all_their_postings(self, raw, household, asha):
        restrict(asha, household, "Savings account", "hidden")

        assert [rows(raw, who, "ledger_transaction") for who in (asha, household)] == [5, 2]
        assert [rows(raw, who, "ledger_posting") for who in (asha, household)] == [10, 4]
        assert rows(raw, household, "ledger_transaction_searched") == 2

    def test_takes_the_kept_totals_and_adds_up_what_is_seen(self, raw, household, asha):
        restrict(asha, household, "Savings account", "hidden")

        assert rows(raw, asha, "ledger_month_total") == rows(raw, asha, "ledger_month_total_shown") > 0
        assert rows(raw, household, "ledger_month_total") == 0
        act(raw, household)
        shown = raw.execute(
            """SELECT sum(base_minor) FILTER (WHERE base_minor > 0), sum(base_minor)
                 FROM ledger_month_total_shown WHERE book_id = %s""",
            [asha.book.pk],
        ).fetchone()
        assert shown == (20000, 0)

    def test_holds_for_lists_searches_and_reports(self, household, asha):
        mine, theirs = Api(asha), Api(household)
        secret = next(
            row["id"]
            for row in mine.get("transactions").json()["results"]
            if row["description"] == "Secret ring"
        )
        restrict(asha, household, "Savings account", "hidden")
        book = {"book_id": str(asha.book.pk)}

        for query in (
            {},
            {"q": "secret"},
            {"q": "seen"},
            {"category_id": str(asha.account("Uncategorised").pk)},
        ):
            answer = theirs.get("transactions", **book, **query)
            assert answer.status_code == 200, answer.content
            assert b"Secret" not in answer.content
        assert theirs.get(f"transactions/{secret}", **book).status_code == 404
        accounts = {
            row["name"]: row["balance_minor"] for row in theirs.get("accounts", **book).json()["results"]
        }
        assert accounts["Cash"] == -20000
        assert "Savings account" not in accounts

    def test_shows_it_again_when_it_is_lifted(self, raw, household, asha):
        for level, seen in (("hidden", 2), ("read", 5), ("full", 5)):
            restrict(asha, household, "Savings account", level)

            assert rows(raw, household, "ledger_transaction") == seen
            raw.rollback()

    def test_leaves_an_owners_balance_alone(self, household, asha):
        before = _balance(asha, "Cash")
        restrict(asha, household, "Savings account", "hidden")

        assert _balance(asha, "Cash") == before == -13000

    def test_hides_the_versions_that_were_on_it(self, raw, household, asha):
        mine = Api(asha)
        moved = next(
            row for row in mine.get("transactions").json()["results"] if row["description"] == "Secret ring"
        )
        answer = mine.patch(
            f"transactions/{moved['id']}",
            {"account_id": str(asha.account("Cash").pk), "description": "Now seen"},
        )
        assert answer.status_code == 200, answer.content
        restrict(asha, household, "Savings account", "hidden")

        assert rows(raw, asha, "ledger_transaction_version") == 1
        assert rows(raw, household, "ledger_transaction_version") == 0
        assert rows(raw, household, "ledger_transaction") == 3
        assert rows(raw, household, "ledger_posting") == 6

    def test_keeps_a_member_from_importing(self, household, asha):
        """What a hidden account did to the bank's would look like a difference, and be adjusted away."""
        restrict(asha, household, "Savings account", "hidden")

        answer = Api(household).upload(
            f"statements?book_id={asha.book.pk}", hdfc_file(chained(-100)), account_name="HDFC"
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "book_veiled")


class TestRead:
    def test_lets_one_look_and_record_nothing(self, household, asha):
        restrict(asha, household, "Savings account", "read")
        savings, cash = asha.account("Savings account").pk, asha.account("Cash").pk

        record(household, account_id=cash)
        for ids in (
            {"account_id": savings},
            {"kind": "transfer", "account_id": cash, "to_account_id": savings},
        ):
            with pytest.raises(AccountReadOnly):
                record(household, **ids)

    def test_lets_one_change_and_void_nothing(self, household, asha):
        restrict(asha, household, "Savings account", "read")
        phone, book = Api(household), asha.book.pk
        found = phone.get("transactions", book_id=str(book)).json()["results"]
        ring = next(row["id"] for row in found if row["description"] == "Secret ring")

        for answer in (
            phone.patch(f"transactions/{ring}?book_id={book}", {"notes": "mine"}),
            phone.patch(f"transactions/{ring}?book_id={book}", {"amount": 1}),
            phone.patch(f"transactions/{ring}?book_id={book}", {"account_id": str(asha.account("Cash").pk)}),
            phone.delete(f"transactions/{ring}?book_id={book}"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "account_read_only"), answer.content

    def test_lets_one_rename_close_and_reopen_nothing(self, household, asha):
        with acting_as(asha.actor):
            spare = account_open(book=asha.book, name="Spare")
        restrict(asha, household, "Spare", "read")
        phone, place, query = Api(household), f"accounts/{spare.pk}", f"?book_id={asha.book.pk}"

        refused(phone.patch(f"{place}{query}", {"name": "Mine"}), 403, "account_read_only")
        refused(phone.post(f"{place}/close{query}"), 403, "account_read_only")
        assert Api(asha).post(f"{place}/close").status_code == 200
        refused(phone.post(f"{place}/reopen{query}"), 403, "account_read_only")

    def test_lets_one_bring_and_take_away_no_receipt(self, household, asha):
        restrict(asha, household, "Savings account", "read")
        phone, query = Api(household), f"?book_id={asha.book.pk}"
        found = phone.get("transactions", book_id=str(asha.book.pk)).json()["results"]
        ring = next(row["id"] for row in found if row["description"] == "Secret ring")
        kept = Api(asha).upload(f"transactions/{ring}/attachments", PDF).json()["id"]

        refused(phone.upload(f"transactions/{ring}/attachments{query}", png()), 403, "account_read_only")
        refused(phone.delete(f"attachments/{kept}{query}"), 403, "account_read_only")
        assert phone.get(f"attachments/{kept}", book_id=str(asha.book.pk)).status_code == 200

    def test_is_kept_by_the_database(self, raw, household, asha):
        restrict(asha, household, "Savings account", "read")

        act(raw, household)
        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute("UPDATE ledger_posting SET retired_at = now() WHERE account_id = %s",
                        [asha.account("Savings account").pk])  # fmt: skip

        assert guard_of(raised) == "ledger_account_writable"


def _balance(person, name):
    account_id = person.account(name).pk
    with acting_as(person.actor):
        return account_balance_minor(book=person.book, account_id=account_id, on=TODAY)
