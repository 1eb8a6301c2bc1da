"""What belongs together, attacked in raw SQL: changes, tags, and money between two foreign accounts."""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg
import pytest
from psycopg import errors

from ledger.chart.models import Account
from rupaya.core.ids import uuid7
from tests.ledger.amendments.asking import account_make
from tests.ledger.desk import record
from tests.ledger.journal.changing import act, amend, legs_json, refusal, state


@pytest.fixture(params=["application", "superuser"])
def role(request, committed, asha, admin_url):
    """A connection on which Asha acts, with and without the rights of a superuser."""
    url = os.environ["DATABASE_URL"] if request.param == "application" else admin_url
    with psycopg.connect(url) as connection:
        act(connection, asha)
        yield connection


def post(connection, person, *items):
    """Expenses of one rupee from Cash, each with other fields."""
    cash, fuel = person.account("Cash"), person.account("Fuel")
    smallest = {
        "date": "2026-11-20", "type": "expense", "origin": "manual", "description": "x", "account_id": str(cash.pk),
        "amount_minor": 100, "postings": legs_json((fuel, 100), (cash, -100)),
    }  # fmt: skip
    whole = [{"id": str(uuid7())} | smallest | item for item in items]
    connection.execute("SELECT ledger_post(%s, %s)", [person.book.pk, json.dumps(whole)])
    return [item["id"] for item in whole]


def change_of(connection, transaction_id):
    return connection.execute(
        "SELECT change_id::text FROM ledger_transaction WHERE id = %s", [transaction_id]
    ).fetchone()[0]


class TestAChange:
    def test_may_make_many_at_once(self, role, asha):
        change_id = str(uuid7())

        made = post(role, asha, *[{"change_id": change_id}] * 3)
        again = amend(role, asha.book, *[state(role, one, notes="x") for one in made])
        role.commit()

        act(role, asha)
        assert {change_of(role, one) for one in made} == {str(again)}

    @pytest.mark.parametrize("is_superseded", [False, True])
    def test_is_not_gone_on_with_by_a_recording(self, role, asha, admin_url, is_superseded):
        made = record(asha)
        older = change_of(role, made)
        if is_superseded:
            amend(role, asha.book, state(role, made, notes="x"))
            role.commit()
            act(role, asha)

        with refusal(role, admin_url, "ledger_change_once", asha.book):
            post(role, asha, {"change_id": older})

    @pytest.mark.parametrize("whose", ["another's", "another's, superseded", "its own, superseded"])
    def test_is_not_gone_on_with_by_another_change(self, role, asha, admin_url, whose):
        made, other = record(asha), record(asha)
        older = change_of(role, made if "own" in whose else other)
        for one in (made, other):
            if "superseded" in whose:
                amend(role, asha.book, state(role, one, notes="x"))
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, "ledger_change_once", asha.book):
            amend(role, asha.book, state(role, made, notes="y"), change_id=older)

    def test_of_another_book_is_no_matter(self, role, asha, chitra):
        elsewhere = record(chitra)

        post(role, asha, {"change_id": str(elsewhere)})
        role.commit()


def transfer(between: tuple[Account, Account], left: int, reached: int) -> dict[str, Any]:
    """Cents that leave one account of dollars, and cents that reach another one."""
    source, target = between
    return {
        "type": "transfer", "account_id": str(source.pk), "to_account_id": str(target.pk), "amount_minor": left,
        "postings": legs_json((target, reached, 83000), (source, -left, -83000)),
    }  # fmt: skip


class TestATransferBetweenForeignAccounts:
    @pytest.fixture
    def dollars(self, asha):
        for name in ("Dollars", "More dollars"):
            account_make(asha, "USD", name)
        return asha.account("Dollars"), asha.account("More dollars")

    def test_brings_what_it_takes(self, role, asha, dollars):
        account_make(asha, "JPY", "Yen")

        post(role, asha, transfer(dollars, 1000, 1000))
        post(role, asha, transfer((dollars[0], asha.account("Yen")), 1000, 150000))
        role.commit()

    @pytest.mark.parametrize("reached", [999, 1001])
    def test_brings_neither_less_nor_more(self, role, asha, admin_url, dollars, reached):
        with refusal(role, admin_url, "ledger_transaction_balanced", asha.book):
            post(role, asha, {}, transfer(dollars, 1000, 1000), transfer(dollars, 1000, reached))

    def test_does_not_after_a_change_either(self, role, asha, admin_url, dollars):
        (made,) = post(role, asha, transfer(dollars, 1000, 1000))
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, "ledger_transaction_balanced", asha.book):
            amend(role, asha.book, state(role, made, **transfer(dollars, 1000, 900)))


class TestTags:
    @pytest.mark.parametrize("tags", [[None], ["a", None], [""], ["a", ""]], ids=str)
    def test_say_something(self, role, asha, admin_url, tags):
        with refusal(role, admin_url, "ledger_transaction_tags_said", asha.book):
            post(role, asha, {"tags": tags})

    def test_stand_in_one_row(self, role, asha, admin_url):
        with refusal(role, admin_url, "ledger_transaction_tags_said", asha.book):
            post(role, asha, {"tags": [["a", "b"], ["c", "d"]]})

    def test_of_any_other_kind_are_taken(self, role, asha):
        made = post(role, asha, {"tags": []}, {"tags": ["a", "b"]})
        role.commit()

        assert len(made) == 2


# A header, and two legs of one rupee from a line on, in one statement.
HEADER = """
WITH header AS (
  INSERT INTO ledger_transaction (id, book_id, date, type, origin, description, account_id, amount_minor, change_id,
                                  version, first_line)
  SELECT %(id)s, %(book)s, date '2026-11-20', 'expense', 'manual', 'x', %(cash)s, 100, %(id)s, %(version)s, %(line)s
)
INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)
VALUES (%(book)s, %(id)s, %(line)s, %(fuel)s, '2026-11-20', 100, 'INR', 100),
       (%(book)s, %(id)s, %(line)s + 1, %(cash)s, '2026-11-20', -100, 'INR', -100)
"""
NONSENSE = {
    "an origin": ({"origin": "rumour"}, "ledger_transaction_origin"),
    "a status": ({"status": "perhaps"}, "ledger_transaction_status"),
    "a target": ({"to_account_id": str(uuid7())}, "ledger_transaction_transfer_has_target"),
    "too many tags": ({"tags": [str(number) for number in range(21)]}, "ledger_transaction_tags_few"),
}
CHANGED = {
    "a type": ({"type": "barter"}, "ledger_transaction_type"),
    **{name: NONSENSE[name] for name in ("a status", "a target", "too many tags")},
}


class TestAHeader:
    @pytest.mark.parametrize(("said", "guard"), NONSENSE.values(), ids=NONSENSE)
    def test_says_no_nonsense(self, role, asha, admin_url, said, guard):
        with refusal(role, admin_url, guard, asha.book):
            post(role, asha, {}, said)

    @pytest.mark.parametrize(("said", "guard"), CHANGED.values(), ids=CHANGED)
    def test_says_none_after_a_change_either(self, role, asha, admin_url, said, guard):
        made = record(asha)

        with refusal(role, admin_url, guard, asha.book):
            amend(role, asha.book, state(role, made, **said))

    def test_is_of_no_type_that_its_legs_do_not_know(self, role, asha, admin_url):
        with refusal(role, admin_url, "ledger_transaction_legs_fit", asha.book):
            post(role, asha, {"type": "barter"})

    @pytest.mark.parametrize(("version", "line"), [(0, 1), (2, 1), (1, 0)])
    def test_begins_at_its_first_version_and_line(self, committed, asha, admin_url, version, line):
        named = {"book": asha.book.pk, "cash": asha.account("Cash").pk, "fuel": asha.account("Fuel").pk}

        with psycopg.connect(os.environ["DATABASE_URL"]) as raw:
            act(raw, asha)
            with pytest.raises(errors.InsufficientPrivilege):
                raw.execute(HEADER, named | {"id": uuid7(), "version": version, "line": line})
        with psycopg.connect(admin_url) as admin:
            act(admin, asha)
            with refusal(admin, admin_url, "ledger_transaction_append_only", asha.book):
                admin.execute(HEADER, named | {"id": uuid7(), "version": version, "line": line})
            act(admin, asha)
            admin.execute(HEADER, named | {"id": uuid7(), "version": 1, "line": 1})
