"""Changing what is in the book, attacked in raw SQL: as the application, and as a superuser whom no right binds."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import psycopg
import pytest
from psycopg import errors

from ledger.books.services import period_close
from ledger.journal.services import AccountClosed
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.desk import TODAY, TOMORROW, record
from tests.ledger.journal.changing import (
    act,
    amend,
    change,
    everything,
    legs_json,
    refusal,
    state,
    totals_differ,
)
from tests.support.cast import member_add

YEAR = "interval '1 year'"
GOOD = [("Groceries", 100), ("Cash", -100)]
# The header of GOOD: another amount on the same accounts.
SAYS_GOOD = {"amount_minor": "100"}
# An expense of 500 rupees from Cash stands; what is done to it in one statement, and the guard that must speak.
FORGED: dict[str, tuple[dict[str, Any], str]] = {
    "a leg retires alone": ({"header": None, "kept": None, "retire": "line = 1"}, "ledger_transaction_balanced"),
    "all legs retire alone": ({"header": None, "kept": None, "retire": "true"}, "ledger_transaction_balanced"),
    "a version without legs": ({"retire": "true"}, "ledger_transaction_balanced"),
    "unbalanced legs": ({"header": SAYS_GOOD, "retire": "true", "legs": [("Groceries", 101), ("Cash", -100)]},
                        "ledger_transaction_balanced"),
    "one leg": ({"header": {"amount_minor": "100"}, "retire": "true", "legs": [("Cash", -100)]},
                "ledger_transaction_balanced"),
    "legs beside those that count": ({"header": SAYS_GOOD, "legs": GOOD}, "ledger_transaction_whole"),
    "half the legs that counted": ({"header": SAYS_GOOD, "retire": "line = 1", "legs": GOOD},
                                   "ledger_transaction_balanced"),
    "legs without a version": ({"header": None, "kept": None, "retire": "true", "legs": GOOD},
                               "ledger_transaction_whole"),
    "legs after a gap": ({"header": SAYS_GOOD, "retire": "true", "legs": GOOD, "first": 5}, "ledger_transaction_whole"),
    "legs elsewhere than the header says": ({"header": SAYS_GOOD | {"first_line": "4"}, "retire": "true", "legs": GOOD},
                                            "ledger_transaction_whole"),
    "the first line moved": ({"header": {"first_line": "2"}}, "ledger_transaction_whole"),
    "no version kept": ({"kept": None, "header": {"notes": "'x'"}}, "ledger_transaction_append_only"),
    "no next version": ({"header": {"version": "version"}, "kept": None}, "ledger_transaction_append_only"),
    "a version skipped": ({"header": {"version": "version + 2"}, "kept": {"version": "t.version + 1"}},
                          "ledger_transaction_append_only"),
    "by somebody else": ({"header": {"changed_by": "gen_random_uuid()"}}, "ledger_transaction_append_only"),
    "by nobody": ({"header": {"changed_by": "NULL"}}, "ledger_transaction_append_only"),
    "changed long ago": ({"header": {"changed_at": f"now() - {YEAR}"}}, "ledger_transaction_append_only"),
    "changed in time to come": ({"header": {"changed_at": f"now() + {YEAR}"}}, "ledger_transaction_append_only"),
    "the same change again": ({"header": {"change_id": "change_id"}}, "ledger_transaction_append_only"),
    "recorded long ago": ({"header": SAYS_GOOD, "retire": "true", "legs": GOOD, "recorded": f"now() - {YEAR}"},
                          "ledger_posting_recorded_then"),
    "recorded in time to come": ({"header": SAYS_GOOD, "retire": "true", "legs": GOOD, "recorded": f"now() + {YEAR}"},
                                 "ledger_posting_recorded_then"),
    "retired long ago": ({"header": SAYS_GOOD, "retire": f"now() - {YEAR} | true", "legs": GOOD},
                         "ledger_posting_recorded_then"),
    "retired in time to come": ({"header": SAYS_GOOD, "retire": f"now() + {YEAR} | true", "legs": GOOD},
                                "ledger_posting_recorded_then"),
    "void, and its legs count": ({"header": {"status": "'void'"}}, "ledger_transaction_void_counts_nothing"),
    "void with legs": ({"header": SAYS_GOOD | {"status": "'void'"}, "retire": "true", "legs": GOOD},
                       "ledger_transaction_void_counts_nothing"),
    "void, with half its legs": ({"header": {"status": "'void'"}, "retire": "line = 2"},
                                 "ledger_transaction_void_counts_nothing"),
    "void, of another amount": ({"header": {"status": "'void'", "amount_minor": "7"}, "retire": "true"},
                                "ledger_transaction_header_fits"),
    "void, of another account": ({"header": {"status": "'void'", "account_id": "gen_random_uuid()"}, "retire": "true"},
                                 "ledger_transaction_header_fits"),
    "void, of another day": ({"header": {"status": "'void'", "date": "date - 1"}, "retire": "true"},
                             "ledger_transaction_header_fits"),
    "void, from another line": ({"header": {"status": "'void'", "first_line": "2"}, "retire": "true"},
                                "ledger_transaction_whole"),
    "another day": ({"header": {"date": "date - 1"}}, "ledger_posting_date_fits"),
    "another amount": ({"header": {"amount_minor": "amount_minor + 1"}}, "ledger_transaction_header_fits"),
    "another account": ({"header": {"account_id": "gen_random_uuid()"}}, "ledger_transaction_header_fits"),
    "another type": ({"header": {"type": "'income'"}}, "ledger_transaction_legs_fit"),
    "a transfer without a target": ({"header": {"type": "'transfer'"}}, "ledger_transaction_transfer_has_target"),
    "legs of another amount": ({"retire": "true", "legs": GOOD}, "ledger_transaction_header_fits"),
    "legs of another account": ({"header": SAYS_GOOD, "retire": "true",
                                 "legs": [("Groceries", 100), ("Savings account", -100)]},
                                "ledger_transaction_header_fits"),
    "legs of another type": ({"header": SAYS_GOOD, "retire": "true", "legs": [("Salary", 100), ("Cash", -100)]},
                             "ledger_transaction_legs_fit"),
    "money that turned round": ({"header": SAYS_GOOD, "retire": "true", "legs": [("Groceries", -100), ("Cash", 100)]},
                                "ledger_transaction_header_fits"),
    "a kept version that said something else": ({"kept": {"amount_minor": "1"}}, "ledger_transaction_append_only"),
    "a kept version of other words": ({"kept": {"notes": "'x'"}}, "ledger_transaction_append_only"),
    "a kept version by somebody else": ({"kept": {"changed_by": "gen_random_uuid()"}},
                                        "ledger_transaction_append_only"),
    "a kept version of other lines": ({"kept": {"last_line": "1"}}, "ledger_transaction_version_was"),
    "a version that is to come": ({"header": None, "kept": {"version": "7"}}, "ledger_transaction_version_was"),
    "a version that still stands": ({"header": None}, "ledger_transaction_version_was"),
    "a version before the first": ({"header": None, "kept": {"version": "0", "first_line": "0", "last_line": "0"}},
                                   "ledger_transaction_version_was"),
    "too many tags": ({"header": {"tags": "array_fill('x'::varchar, ARRAY[21])"}}, "ledger_transaction_tags_few"),
    "no such status": ({"header": {"status": "'gone'"}}, "ledger_transaction_status"),
}  # fmt: skip
# What no right of the application reaches, and what stands even before a superuser.
BEYOND = {
    "origin = 'statement'": "ledger_transaction_append_only",
    "external_id = 'x', external_account_id = account_id": "ledger_transaction_append_only",
    "created_at = now()": "ledger_transaction_append_only",
    "book_id = gen_random_uuid()": "ledger_transaction_append_only",
    "id = gen_random_uuid()": "ledger_transaction_append_only",
}


@pytest.fixture(params=["application", "superuser"])
def role(request, committed, asha, admin_url):
    """A connection on which Asha acts, with and without the rights of a superuser."""
    url = os.environ["DATABASE_URL"] if request.param == "application" else admin_url
    with psycopg.connect(url) as connection:
        act(connection, asha)
        yield connection


def named(person, arguments):
    """The arguments with accounts for their names."""
    legs = [(person.account(name), minor) for name, minor in arguments.get("legs", ())]
    return arguments | {"legs": legs}


class TestChange:
    def test_is_taken_where_nothing_is_forged(self, role, asha, admin_url):
        made = record(asha)

        change(role, made, **named(asha, {"header": SAYS_GOOD, "retire": "true", "legs": GOOD}))
        change(role, made, header={"notes": "'x'"})
        change(role, made, header={"status": "'void'"}, retire="true")
        change(role, made, **named(asha, {"header": {"status": "'posted'"}, "legs": GOOD, "first": 5}))
        role.commit()

        assert totals_differ(admin_url, asha.book) == []
        act(role, asha)
        assert role.execute(
            """SELECT version, first_line, last_line FROM ledger_transaction_version
                WHERE transaction_id = %s ORDER BY 1""",
            [made],
        ).fetchall() == [(1, 1, 2), (2, 3, 4), (3, 3, 4), (4, 3, 4)]
        assert state(role, made)["status"] == "posted"

    @pytest.mark.parametrize("name", FORGED)
    def test_is_refused_where_a_part_is_forged(self, role, asha, admin_url, name):
        arguments, guard = FORGED[name]
        made = record(asha)

        with refusal(role, admin_url, guard, asha.book):
            change(role, made, **named(asha, arguments))

    @pytest.mark.parametrize(
        "name", [name for name, (arguments, _) in FORGED.items() if "retire" not in arguments]
    )
    def test_is_refused_the_same_of_a_second_version(self, role, asha, admin_url, name):
        arguments, guard = FORGED[name]
        made = record(asha)
        change(role, made, header={"payee": "'y'"})
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, guard, asha.book):
            change(role, made, **named(asha, arguments))

    @pytest.mark.parametrize("sets", BEYOND)
    def test_reaches_nothing_that_was_said_at_the_beginning(self, raw, asha, admin_url, sets):
        made = record(asha)
        act(raw, asha)
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE ledger_transaction SET {sets} WHERE id = %s", [made])

        with psycopg.connect(admin_url) as admin:
            act(admin, asha)
            with refusal(admin, admin_url, BEYOND[sets], asha.book):
                change(admin, made, header=dict(part.split(" = ") for part in sets.split(", ")))

    @pytest.mark.parametrize("column", ["retired_at", "version"])
    def test_begins_with_no_leg_that_is_retired_and_no_version_but_the_first(self, raw, asha, column):
        made = record(asha)
        act(raw, asha)
        table = "ledger_posting" if column == "retired_at" else "ledger_transaction"

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"INSERT INTO {table} ({column}) VALUES (NULL)")

        assert made


class TestRetirement:
    @pytest.mark.parametrize(
        "sets",
        ["retired_at = NULL", "retired_at = now()", "retired_at = retired_at"],
        ids=["undone", "again", "kept"],
    )
    def test_is_written_once(self, role, asha, admin_url, sets):
        made = record(asha)
        change(role, made, header={"status": "'void'"}, retire="true")
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, "ledger_posting_append_only", asha.book):
            role.execute(f"UPDATE ledger_posting SET {sets} WHERE transaction_id = %s", [made])

    @pytest.mark.parametrize("sets", ["amount_minor = 1", "account_id = gen_random_uuid()", "date = date - 1",
                                      "recorded_at = now()", "line = 9", "base_minor = 1"])  # fmt: skip
    def test_is_all_that_is_ever_written_of_a_posting(self, raw, asha, admin_url, sets):
        made = record(asha)
        act(raw, asha)
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE ledger_posting SET {sets} WHERE transaction_id = %s", [made])

        with psycopg.connect(admin_url) as admin, pytest.raises(errors.IntegrityError):
            admin.execute(
                f"UPDATE ledger_posting SET retired_at = now(), {sets} WHERE transaction_id = %s AND line = 1",
                [made],
            )


class TestVoid:
    @pytest.mark.parametrize(
        ("header", "guard"),
        [
            ({"amount_minor": "7"}, "ledger_transaction_header_fits"),
            ({"account_id": "gen_random_uuid()"}, "ledger_transaction_header_fits"),
            ({"type": "'transfer'", "to_account_id": "account_id"}, "ledger_transaction_header_fits"),
            ({"date": "date + 1"}, "ledger_transaction_header_fits"),
            ({"first_line": "2"}, "ledger_transaction_whole"),
            ({"first_line": "30000"}, "ledger_transaction_whole"),
            ({"status": "'posted'"}, "ledger_transaction_balanced"),
        ],
        ids=str,
    )
    def test_says_what_its_last_legs_said(self, role, asha, admin_url, header, guard):
        made = record(asha)
        change(role, made, header={"status": "'void'"}, retire="true")
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, guard, asha.book):
            change(role, made, header=header)

    def test_gets_no_legs(self, role, asha, admin_url):
        made = record(asha)
        change(role, made, header={"status": "'void'"}, retire="true")
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, "ledger_transaction_void_counts_nothing", asha.book):
            change(role, made, **named(asha, {"legs": GOOD, "header": None, "kept": None}))

    def test_takes_other_words(self, role, asha, admin_url):
        made = record(asha)
        change(role, made, header={"status": "'void'"}, retire="true")
        change(role, made, header={"notes": "'entered twice'"})
        role.commit()

        assert totals_differ(admin_url, asha.book) == []


class TestKeptVersion:
    @pytest.mark.parametrize("verb", ["UPDATE {} SET notes = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
    def test_stays_for_ever(self, raw, asha, admin_url, verb):
        made = record(asha)
        act(raw, asha)
        change(raw, made, header={"notes": "'x'"})
        raw.commit()
        act(raw, asha)
        statement = verb.format("ledger_transaction_version")
        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(statement)

        guard = "ledger_transaction_version_append_only"
        with psycopg.connect(admin_url) as admin, refusal(admin, admin_url, guard, asha.book):
            admin.execute(statement)

    def test_is_kept_once(self, role, asha, admin_url):
        made = record(asha)
        change(role, made, header={"notes": "'x'"})
        role.commit()
        act(role, asha)

        with refusal(role, admin_url, "ledger_transaction_version_pkey", asha.book):
            change(role, made, header=None, kept={"version": "1"})

    def test_is_seen_by_members_alone(self, raw, asha, chitra):
        made = record(asha)
        act(raw, asha)
        change(raw, made, header={"notes": "'x'"})

        seen = {}
        for person in (asha, chitra):
            act(raw, person)
            seen[person] = raw.execute("SELECT count(*) FROM ledger_transaction_version").fetchone()[0]

        assert seen == {asha: 1, chitra: 0}


class TestPeriod:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"header": {"notes": "'x'"}},
            {"header": {"status": "'void'"}, "retire": "true"},
            {"header": SAYS_GOOD, "retire": "true", "legs": GOOD},
            {"header": SAYS_GOOD | {"date": "'2026-11-21'::date"}, "retire": "true", "legs": GOOD},
        ],
        ids=["words", "void", "money", "day"],
    )
    def test_changes_nothing_once_it_is_closed(self, role, asha, admin_url, arguments):
        made = record(asha)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=TODAY, today=TOMORROW)

        with refusal(role, admin_url, "ledger_period_open", asha.book):
            change(role, made, **named(asha, arguments))

    def test_takes_nothing_in_once_it_is_closed(self, role, asha, admin_url):
        made = record(asha)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=TODAY - dt.timedelta(days=1), today=TOMORROW)
        header = SAYS_GOOD | {"date": "'2026-11-19'::date"}

        with refusal(role, admin_url, "ledger_period_open", asha.book):
            change(role, made, **named(asha, {"header": header, "retire": "true", "legs": GOOD}))


class TestReconciled:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"header": {"status": "'void'"}, "retire": "true"},
            {"header": SAYS_GOOD, "retire": "true", "legs": GOOD},
            {
                "header": {"date": "'2026-11-21'::date"},
                "retire": "true",
                "legs": [("Groceries", 50000), ("Cash", -50000)],
            },
        ],
        ids=["void", "money", "day"],
    )
    def test_stays_until_the_mark_is_taken_off(self, role, asha, admin_url, arguments):
        made = record(asha, is_reconciled=True)

        with refusal(role, admin_url, "ledger_transaction_reconciled_stays", asha.book):
            change(role, made, **named(asha, arguments))

        act(role, asha)
        unmarked = arguments | {"header": arguments["header"] | {"is_reconciled": "false"}}
        change(role, made, **named(asha, unmarked))
        role.commit()
        assert totals_differ(admin_url, asha.book) == []

    def test_keeps_what_reached_the_target_in_another_currency(self, role, asha, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute(
                """INSERT INTO ledger_account (id, book_id, name, type, kind, currency, icon, institution, number_last4)
                   SELECT %s, book_id, 'Dollars', type, kind, 'USD', icon, institution, number_last4
                     FROM ledger_account WHERE id = %s""",
                [uuid7(), asha.account("Cash").pk],
            )
        dollars = asha.account("Dollars")
        made = record(asha, "transfer", 830000, to_account_id=dollars.pk, to_amount="100", is_reconciled=True)
        legs = [(dollars, 9900), (asha.account("Cash"), -830000)]

        with refusal(role, admin_url, "ledger_transaction_reconciled_stays", asha.book):
            _amend_legs(role, asha, made, legs)

        act(role, asha)
        _amend_legs(role, asha, made, [(dollars, 10000), legs[1]])

    def test_takes_another_category(self, role, asha, admin_url):
        made = record(asha, is_reconciled=True)

        change(role, made, **named(asha, {"retire": "true", "legs": [("Fuel", 50000), ("Cash", -50000)]}))
        role.commit()

        assert totals_differ(admin_url, asha.book) == []


def _amend_legs(role, person, made, legs):
    base = [(account, minor, 830000 if minor > 0 else -830000) for account, minor in legs]
    amend(role, person.book, state(role, made, postings=legs_json(*base)))


class TestClosedAccount:
    def close(self, admin_url, account):
        """With what it holds, and though it has a purpose: the chart's own guards rest."""
        with psycopg.connect(admin_url) as admin:
            admin.execute("SET LOCAL session_replication_role = replica")
            admin.execute(
                "UPDATE ledger_account SET closed_at = now(), purpose = NULL WHERE id = %s", [account.pk]
            )

    @pytest.mark.parametrize("name", ["Cash", "Groceries"])
    def test_takes_no_new_leg(self, role, asha, admin_url, name):
        made = record(asha, category_id=asha.account("Groceries").pk)
        self.close(admin_url, asha.account(name))

        with refusal(role, admin_url, "ledger_account_open", asha.book):
            change(role, made, **named(asha, {"header": SAYS_GOOD, "retire": "true", "legs": GOOD}))

    def test_lets_words_change(self, role, asha, admin_url):
        made = record(asha)
        self.close(admin_url, asha.account("Cash"))

        change(role, made, header={"notes": "'x'"})
        role.commit()

        assert totals_differ(admin_url, asha.book) == []

    def test_keeps_what_it_held(self, role, asha, admin_url):
        made = record(asha)
        self.close(admin_url, asha.account("Cash"))

        with refusal(role, admin_url, "ledger_account_open", asha.book):
            change(role, made, header={"status": "'void'"}, retire="true")

    def test_lets_the_legs_of_a_category_go(self, role, asha, admin_url):
        made = record(asha, category_id=asha.account("Groceries").pk)
        self.close(admin_url, asha.account("Groceries"))

        change(role, made, header={"status": "'void'"}, retire="true")
        role.commit()

        assert totals_differ(admin_url, asha.book) == []

    def test_takes_no_transaction(self, asha, committed, admin_url):
        cash = asha.account("Cash")
        self.close(admin_url, cash)

        with pytest.raises(AccountClosed):
            record(asha, account_id=cash.pk)


class TestStranger:
    def test_changes_nothing(self, raw, asha, chitra, admin_url):
        made = record(asha)
        before = everything(admin_url, asha.book, chitra.book)
        act(raw, chitra)

        change(raw, made, header={"notes": "'mine'"}, retire="true")
        raw.commit()

        assert everything(admin_url, asha.book, chitra.book) == before

    def test_brings_no_legs(self, raw, asha, chitra):
        made = record(asha)
        act(raw, chitra)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(
                """INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency,
                                               base_minor) VALUES (%s, %s, 3, %s, %s, 1, 'INR', 1)""",
                [asha.book.pk, made, asha.account("Cash").pk, TODAY],
            )

    def test_may_not_say_that_the_legs_are_of_a_book_of_their_own(self, raw, asha, chitra, admin_url):
        made = record(asha)
        act(raw, chitra)

        with refusal(raw, admin_url, "ledger_posting_has_transaction", asha.book, chitra.book):
            raw.execute(
                """INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency,
                                               base_minor)
                   SELECT book_id, %s, 2 + row_number() OVER (), id, %s, minor, currency, minor
                     FROM ledger_account
                     JOIN (VALUES ('Groceries', 5), ('Cash', -5)) leg (account, minor) ON account = name
                    WHERE book_id = %s""",
                [made, TODAY, chitra.book.pk],
            )

    def test_who_only_views_changes_nothing(self, raw, asha, bala, admin_url):
        made = record(asha)
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        act(raw, bala)

        with pytest.raises(errors.InsufficientPrivilege):
            change(raw, made, header={"notes": "'x'"})

    def test_who_edits_changes_it_by_name(self, raw, asha, bala, admin_url):
        made = record(asha)
        member_add(admin_url, book=asha.book, person=bala, role="editor")
        act(raw, bala)

        change(raw, made, header={"notes": "'x'"})

        row = raw.execute(
            """SELECT t.changed_by, v.changed_by FROM ledger_transaction t JOIN ledger_transaction_version v
                   ON v.transaction_id = t.id WHERE t.id = %s""",
            [made],
        ).fetchone()
        assert row == (bala.id, asha.id)
