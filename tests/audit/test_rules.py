"""What entries say, without a database."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.rules import (
    Change,
    Entry,
    Kind,
    Name,
    Said,
    Thing,
    Told,
    changes_said,
    plain,
    run_of,
    said_plainly,
    thing_guessed,
    who,
)
from audit.sentences import said
from rupaya.core.ids import uuid7

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
ASHA = uuid7()
THING = Thing("ledger_budget", "budget", "budgets")


def entry(action="UPDATE", changes=None, table="ledger_budget", **fields):
    given = {
        "id": uuid7(),
        "created_at": NOW,
        "action": action,
        "resource_type": table,
        "resource_id": "1",
        "book_id": None,
        "user_id": ASHA,
        "actor_kind": "user",
        "changes": changes or {},
        "ip_address": None,
        "user_agent": None,
        "request_id": "request-1",
    }
    return Entry(**(given | fields))


def text(words):
    return "".join(words)


class TestChangesSaid:
    def test_names_each_change_with_its_verb_once(self):
        words, left_out = changes_said(
            [
                Change("category", "Food", "Travel"),
                Change("amount", "₹500", "₹650"),
                Change("payee", "", "IRCTC"),
            ]
        )

        assert text(words) == (
            "changed the category from Food to Travel, the amount from ₹500 to ₹650 and set the payee to IRCTC"
        )
        assert left_out == ()

    def test_says_what_was_taken_away(self):
        assert text(changes_said([Change("payee", "IRCTC", "")])[0]) == "removed the payee IRCTC"

    def test_leaves_to_the_details_what_is_too_much(self):
        changes = [Change(f"thing {number}", "a", "b") for number in range(5)]

        words, left_out = changes_said(changes)

        assert text(words).endswith("the thing 2 from a to b and 2 more things")
        assert left_out == tuple(changes)

    def test_names_a_long_text_and_does_not_repeat_it(self):
        change = Change("notes", "", "long " * 30)

        words, left_out = changes_said([change])

        assert text(words) == "changed the notes"
        assert left_out == (change,)

    def test_sets_apart_what_people_wrote(self):
        words, _ = changes_said([Change("payee", "a", "b")])

        assert [isinstance(word, Name) for word in words] == [False, False, True, False, True]


class TestWho:
    @pytest.mark.parametrize(
        ("kind", "said_to_be"),
        [
            ("user", "Asha Rao"),
            ("staff", "RUPAYA’s staff"),
            ("job:invoices", "RUPAYA"),
            ("cli:import_statement", "An operator of RUPAYA"),
            ("system", "RUPAYA"),
            ("unknown", "Somebody with direct access to the database"),
        ],
    )
    def test_names_people_and_nobody_else(self, kind, said_to_be):
        assert who(entry(actor_kind=kind), people={ASHA: "Asha Rao"}) == said_to_be

    def test_calls_the_reader_you(self):
        assert who(entry(), people={}, reader_id=ASHA) == "You"

    def test_knows_when_somebody_is_gone_or_was_never_known(self):
        assert who(entry(), people={}) == "A removed person"
        assert who(entry(user_id=None), people={}) == "Somebody"


class TestSaidPlainly:
    def test_speaks_of_a_table_that_nobody_introduced(self):
        thing = thing_guessed("ledger_recurring_rule")

        assert (
            text(said_plainly(entry("INSERT", {"name": "Rent"}), thing).words)
            == "added the recurring rule Rent"
        )
        assert text(said_plainly(entry("DELETE", {"day": 1}), thing).words) == "removed a recurring rule"

    def test_keeps_what_changed_for_the_details(self):
        found = said_plainly(entry("UPDATE", {"limit_minor": [1, 2], "owner_id": ["a", "b"]}), THING)

        assert found.changes == (Change("limit", "1", "2"),)


class TestEventSaid:
    @pytest.mark.parametrize(
        ("action", "address", "sentence"),
        [
            ("SIGN_IN", "203.0.113.9", "signed in from 203.0.113.9"),
            ("SIGN_IN", None, "signed in"),
            ("SIGN_IN_FAILED", "203.0.113.9", "failed to sign in from 203.0.113.9"),
            ("SIGN_OUT", "203.0.113.9", "signed out"),
            ("REFUSED", None, "was refused at 1"),
            ("BRAND_NEW", None, "brand new"),
        ],
    )
    def test_says_what_happened(self, action, address, sentence):
        happened = entry(action, {"method": "password"}, "accounts_user", ip_address=address)

        found = said(happened)

        assert text(found.words) == sentence
        assert found.changes == (Change("method", "", "password"),)


class TestPerson:
    @pytest.mark.parametrize(
        ("action", "changes", "sentence"),
        [
            ("INSERT", {"email": "a@example.in"}, "signed up"),
            ("UPDATE", {"full_name": ["Asha", "Asha Rao"]}, "changed the name from Asha to Asha Rao"),
            ("UPDATE", {"is_active": [True, False]}, "closed the account"),
            ("UPDATE", {"is_active": [False, True]}, "opened the account again"),
            ("UPDATE", {"session_generation": [0, 1]}, "ended all sessions on the web"),
        ],
    )
    def test_is_said_in_words(self, action, changes, sentence):
        assert text(said(entry(action, changes, "accounts_user")).words) == sentence


class TestSession:
    @pytest.mark.parametrize(
        ("action", "changes", "sentence"),
        [
            ("INSERT", {"ip": "203.0.113.9"}, "signed in from 203.0.113.9"),
            ("UPDATE", {"revoked_reason": ["", "logout"]}, "signed out"),
            ("UPDATE", {"expires_at": ["a", "b"]}, "changed a session"),
        ],
    )
    def test_is_said_in_words(self, action, changes, sentence):
        assert text(said(entry(action, changes, "accounts_session")).words) == sentence


class TestRunOf:
    def told(self, words, weight=0, action="INSERT", table="ledger_budget"):
        return Told(entry(action, table=table), "Asha", Said((words,), weight=weight))

    def test_is_the_one_entry_where_there_is_one(self):
        run = run_of([Kind("INSERT", "ledger_budget", 1, (self.told("added Rent"),))], {})

        assert (run.words, run.count, run.is_folded) == (("added Rent",), 1, False)

    def test_lets_the_heaviest_speak_for_all(self):
        kinds = [
            Kind(
                "INSERT", "ledger_transaction", 120, (self.told("added Tea", 10), self.told("added Milk", 10))
            ),
            Kind(
                "UPDATE",
                "ledger_statement",
                1,
                (self.told("imported march.csv", 90, "UPDATE", "ledger_statement"),),
            ),
        ]

        run = run_of(
            kinds, {"ledger_transaction": Thing("ledger_transaction", "transaction", "transactions")}
        )

        assert (text(run.words), run.about) == ("imported march.csv", "added 120 transactions")
        assert (run.count, run.is_folded, run.table) == (121, True, "ledger_statement")
        assert kinds[0].hidden_count == 118

    def test_counts_where_nobody_speaks(self):
        kinds = [
            Kind("UPDATE", "ledger_budget", 30, (self.told("a", 10), self.told("b", 10))),
            Kind("INSERT", "ledger_goal", 1, (self.told("c"),)),
        ]

        assert text(run_of(kinds, {}).words) == "changed 30 budgets and added 1 goal"


class TestPlain:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [(None, ""), (True, "yes"), (["a", 1], "a, 1"), ({"a_b": False}, "a b: no"), (5, "5")],
    )
    def test_shows_any_json(self, value, shown):
        assert plain(value) == shown
