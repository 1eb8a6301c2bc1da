"""The chart's promises, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import os
import threading

import psycopg
import pytest
from psycopg import errors

from ledger.chart.services import account_close, account_open, category_open
from ledger.journal.services import AccountClosed
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.desk import TODAY, bank_import, record
from tests.ledger.statements.may import history
from tests.ledger.statements.writers import hdfc_file
from tests.support.cast import member_add

OPEN = """INSERT INTO ledger_account (id, book_id, parent_id, type, kind, name, currency, icon, institution,
                                      number_last4)
          VALUES (%s, %s, %s, %s, %s, %s, %s, '', '', '')"""
CLOSE = "UPDATE ledger_account SET closed_at = now() WHERE id = %s"
MOVE = "UPDATE ledger_account SET parent_id = %s WHERE id = %s"
MERGE = "UPDATE ledger_account SET closed_at = now(), merged_into_id = %s WHERE id = %s"


def act(raw, person):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def opened(person, name, parent=None, category_type="expense"):
    with acting_as(person.actor):
        return category_open(
            book=person.book, name=name, category_type=category_type, parent_id=parent and parent.pk
        )


def refusal(raw, sql, parameters):
    """The guard that refuses a statement; nothing of it stays."""
    with pytest.raises(errors.IntegrityError) as raised, raw.transaction():
        raw.execute(sql, parameters)
    return raised.value.diag.constraint_name


class TestKind:
    @pytest.mark.parametrize(
        ("account_type", "kind"),
        [
            ("asset", "loan"),
            ("liability", "bank"),
            ("income", "bank"),
            ("equity", "category"),
            ("asset", "piggy"),
        ],
    )
    def test_fixes_the_type(self, raw, asha, account_type, kind):
        act(raw, asha)

        parameters = [uuid7(), asha.book.pk, None, account_type, kind, "X", "INR"]
        assert refusal(raw, OPEN, parameters) == "ledger_account_kind_fits"

    @pytest.mark.parametrize(("account_type", "kind"), [("expense", "category"), ("equity", "equity")])
    def test_keeps_categories_in_the_books_currency(self, raw, asha, account_type, kind):
        act(raw, asha)

        parameters = [uuid7(), asha.book.pk, None, account_type, kind, "X", "USD"]
        assert refusal(raw, OPEN, parameters) == "ledger_account_currency_fits"

    @pytest.mark.parametrize("column", ["type", "kind", "currency", "purpose", "book_id", "id", "created_at"])
    def test_never_changes(self, raw, asha, column):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE ledger_account SET {column} = {column} WHERE book_id = %s", [asha.book.pk])

    @pytest.mark.parametrize("column", ["credit_limit_minor", "statement_day", "due_day"])
    def test_says_which_terms_there_are(self, raw, asha, column):
        act(raw, asha)

        sql = f"UPDATE ledger_account SET {column} = 5 WHERE id = %s"
        assert refusal(raw, sql, [asha.account("Cash").pk]) == "ledger_account_terms_fit"


class TestNumber:
    @pytest.mark.parametrize("number", ["45671", "12a4", "12 4", "-123", "१२३४"])
    def test_is_masked(self, raw, asha, number):
        act(raw, asha)
        sql = "UPDATE ledger_account SET number_last4 = %s WHERE id = %s"

        with pytest.raises((errors.CheckViolation, errors.StringDataRightTruncation)) as raised:
            raw.execute(sql, [number, asha.account("Cash").pk])

        if len(number) == 4:  # a longer one does not even fit the column
            assert raised.value.diag.constraint_name == "ledger_account_number_is_masked"


class TestPurpose:
    def test_is_served_once_in_a_book(self, raw, asha):
        act(raw, asha)
        parameters = [uuid7(), asha.book.pk, None, "asset", "cash", "Purse", "INR"]
        sql = OPEN.replace("number_last4)", "number_last4, purpose)").replace(
            "'', '', '')", "'', '', '', %s)"
        )

        for purpose in ("everyday", "opening", "adjustment", "uncategorised_income", "uncategorised_expense"):
            assert refusal(raw, sql, [*parameters, purpose]) == "ledger_account_purpose_once"


class TestTree:
    def test_refuses_a_parent_of_another_type(self, raw, asha):
        act(raw, asha)

        parameters = [asha.account("Salary").pk, asha.account("Fuel").pk]
        assert refusal(raw, MOVE, parameters) == "ledger_account_parent_fits"

    def test_refuses_a_parent_in_another_book(self, raw, asha, chitra):
        act(raw, asha)

        parameters = [chitra.account("Fuel").pk, asha.account("Fuel").pk]
        assert refusal(raw, MOVE, parameters) == "ledger_account_parent_in_book"

    @pytest.mark.parametrize("steps", [1, 2, 3])
    def test_refuses_a_circle_of_any_length(self, raw, asha, steps):
        chain = [opened(asha, "Food")]
        for step in range(1, steps):
            chain.append(opened(asha, f"Food {step}", chain[-1]))
        act(raw, asha)

        assert refusal(raw, MOVE, [chain[-1].pk, chain[0].pk]) == "ledger_account_tree_whole"

    def test_refuses_two_accounts_that_swap_below_each_other_in_one_statement(self, raw, asha):
        fuel, rent = asha.account("Fuel").pk, asha.account("Travel").pk
        act(raw, asha)

        sql = """UPDATE ledger_account SET parent_id = CASE id WHEN %(a)s THEN %(b)s ELSE %(a)s END
                  WHERE id IN (%(a)s, %(b)s)"""
        assert refusal(raw, sql, {"a": fuel, "b": rent}) == "ledger_account_tree_whole"

    def test_ends_at_ten_levels_also_when_a_branch_moves(self, raw, asha):
        top = opened(asha, "L1")
        lowest = top
        for level in range(2, 11):
            lowest = opened(asha, f"L{level}", lowest)
        branch = opened(asha, "Branch")
        opened(asha, "Leaf", branch)
        act(raw, asha)

        parameters = [uuid7(), asha.book.pk, lowest.pk, "expense", "category", "L11", "INR"]
        assert refusal(raw, OPEN, parameters) == "ledger_account_tree_depth"
        assert refusal(raw, MOVE, [lowest.parent_id, branch.pk]) == "ledger_account_tree_depth"

    def test_lets_a_book_have_two_thousand_accounts_and_no_more(self, raw, asha):
        act(raw, asha)
        have = raw.execute(
            "SELECT count(*) FROM ledger_account WHERE book_id = %s", [asha.book.pk]
        ).fetchone()[0]
        fill = """INSERT INTO ledger_account (id, book_id, type, kind, name, currency, icon, institution, number_last4)
                  SELECT gen_random_uuid(), %s, 'expense', 'category', 'n' || n, 'INR', '', '', ''
                    FROM generate_series(1, %s) n"""

        assert refusal(raw, fill, [asha.book.pk, 2001 - have]) == "ledger_account_few"
        raw.execute(fill, [asha.book.pk, 2000 - have])

    def test_is_bent_only_by_whoever_sees_what_others_did(self, raw, asha):
        raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        act(raw, asha)

        parameters = [asha.account("Travel").pk, asha.account("Fuel").pk]
        assert refusal(raw, MOVE, parameters) == "ledger_account_seen"

    def test_stays_a_tree_when_two_move_at_once(self, raw, asha):
        fuel, travel = asha.account("Fuel").pk, asha.account("Travel").pk
        refused = []

        def second():
            with psycopg.connect(os.environ["DATABASE_URL"]) as other:
                act(other, asha)
                refused.append(refusal(other, MOVE, [fuel, travel]))

        act(raw, asha)
        raw.execute(MOVE, [travel, fuel])
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
        raw.commit()
        thread.join(timeout=10)

        assert refused == ["ledger_account_tree_whole"]

    def test_is_not_bent_by_a_viewer_nor_a_stranger(self, raw, asha, bala, chitra, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="viewer")
        parameters = [asha.account("Travel").pk, asha.account("Fuel").pk]

        for person in (bala, chitra):
            act(raw, person)
            assert raw.execute(MOVE, parameters).rowcount == 0

    def test_loses_no_account(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute("DELETE FROM ledger_account WHERE id = %s", [asha.account("Fuel").pk])


class TestClose:
    def test_refuses_an_account_that_holds_money(self, raw, asha):
        record(asha, account_id=asha.account("Savings account").pk)
        act(raw, asha)

        assert refusal(raw, CLOSE, [asha.account("Savings account").pk]) == "ledger_account_closes_empty"

    def test_lets_a_category_go_with_what_was_spent(self, raw, asha):
        fuel = asha.account("Fuel").pk
        record(asha, category_id=fuel)
        act(raw, asha)

        assert raw.execute(CLOSE, [fuel]).rowcount == 1

    @pytest.mark.parametrize("name", ["Cash", "Uncategorised", "Opening balances", "Balance adjustments"])
    def test_refuses_what_rupaya_reaches_for(self, raw, asha, name):
        act(raw, asha)

        assert refusal(raw, CLOSE, [asha.account(name).pk]) == "ledger_account_purpose_stays_open"

    def test_keeps_open_accounts_from_standing_below_closed_ones(self, raw, asha):
        food = opened(asha, "Food")
        out = opened(asha, "Out", food)
        act(raw, asha)

        assert refusal(raw, CLOSE, [food.pk]) == "ledger_account_children_closed"
        raw.execute(CLOSE, [out.pk])
        raw.execute(CLOSE, [food.pk])
        reopen = "UPDATE ledger_account SET closed_at = NULL WHERE id = %s"
        assert refusal(raw, reopen, [out.pk]) == "ledger_account_parent_open"
        assert refusal(raw, MOVE, [food.pk, asha.account("Fuel").pk]) == "ledger_account_parent_open"
        parameters = [uuid7(), asha.book.pk, food.pk, "expense", "category", "Tea", "INR"]
        assert refusal(raw, OPEN, parameters) == "ledger_account_parent_open"

    def test_keeps_what_a_closed_account_held(self, raw, asha):
        savings = asha.account("Savings account")
        made = record(asha, kind="income", account_id=savings.pk)
        record(asha, account_id=savings.pk)
        with acting_as(asha.actor):
            account_close(book=asha.book, account=savings)
        act(raw, asha)

        void = """SELECT ledger_amend(%(book)s, gen_random_uuid(),
                                      jsonb_build_array(to_jsonb(t) || '{"status": "void"}'))
                    FROM ledger_transaction t WHERE id = %(id)s"""
        assert refusal(raw, void, {"book": asha.book.pk, "id": made}) == "ledger_account_open"

    def test_waits_for_a_posting_and_then_refuses(self, raw, asha):
        """The posting was made while the account was open, so the balance it leaves is seen."""
        savings = asha.account("Savings account").pk
        refused = []

        def closer():
            with psycopg.connect(os.environ["DATABASE_URL"]) as other:
                act(other, asha)
                refused.append(refusal(other, CLOSE, [savings]))

        with acting_as(asha.actor):
            record(asha, account_id=savings)
            thread = threading.Thread(target=closer)
            thread.start()
            thread.join(timeout=0.5)
            assert thread.is_alive()
        thread.join(timeout=10)

        assert refused == ["ledger_account_closes_empty"]

    def test_makes_a_posting_wait_and_then_refuses_it(self, raw, asha):
        savings = asha.account("Savings account").pk
        refused = []

        def poster():
            try:
                record(asha, account_id=savings)
            except AccountClosed as error:
                refused.append(error.code)

        act(raw, asha)
        raw.execute(CLOSE, [savings])
        thread = threading.Thread(target=poster)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
        raw.commit()
        thread.join(timeout=10)

        assert refused == ["account_closed"]


class TestMerged:
    def test_refuses_to_leave_anything_behind(self, raw, asha):
        fuel = asha.account("Fuel").pk
        record(asha, category_id=fuel)
        act(raw, asha)

        assert refusal(raw, MERGE, [asha.account("Travel").pk, fuel]) == "ledger_account_merge_whole"

    @pytest.mark.parametrize(
        ("name", "into"), [("Fuel", "Salary"), ("Fuel", "Fuel"), ("Savings account", "Credit card")]
    )
    def test_refuses_a_target_that_does_not_fit(self, raw, asha, name, into):
        act(raw, asha)

        parameters = [asha.account(into).pk, asha.account(name).pk]
        assert refusal(raw, MERGE, parameters) == "ledger_account_merge_fits"

    def test_refuses_another_currency(self, raw, asha):
        with acting_as(asha.actor):
            dollars = account_open(book=asha.book, name="Dollars", currency="USD")
        act(raw, asha)

        parameters = [asha.account("Savings account").pk, dollars.pk]
        assert refusal(raw, MERGE, parameters) == "ledger_account_merge_fits"

    def test_refuses_a_target_in_another_book(self, raw, asha, chitra):
        act(raw, asha)

        parameters = [chitra.account("Fuel").pk, asha.account("Fuel").pk]
        assert refusal(raw, MERGE, parameters) in {
            "ledger_account_merged_in_book",
            "ledger_account_merge_fits",
        }

    def test_refuses_an_account_with_statements(self, raw, asha):
        bank_import(asha, hdfc_file(history((3, -5000))), account="HDFC savings")
        with acting_as(asha.actor):
            account_open(book=asha.book, name="Other")
        act(raw, asha)

        sql = "SELECT ledger_account_merge(%s, %s, %s, gen_random_uuid())"
        parameters = [asha.book.pk, asha.account("HDFC savings").pk, asha.account("Other").pk]
        assert refusal(raw, sql, parameters) == "ledger_account_merge_without_statements"

    def test_is_for_good(self, raw, asha):
        fuel, travel = asha.account("Fuel").pk, asha.account("Travel").pk
        act(raw, asha)
        raw.execute(MERGE, [travel, fuel])

        for said in ("closed_at = NULL", "merged_into_id = NULL, closed_at = NULL", "merged_into_id = NULL"):
            sql = f"UPDATE ledger_account SET {said} WHERE id = %s"
            assert refusal(raw, sql, [fuel]) == "ledger_account_merged_stays_closed"
        sql = "UPDATE ledger_account SET merged_into_id = %s WHERE id = %s"
        assert refusal(raw, sql, [asha.account("Taxes").pk, fuel]) == "ledger_account_merged_stays_closed"
        assert refusal(raw, MERGE, [fuel, asha.account("Taxes").pk]) == "ledger_account_merge_fits"

    def test_takes_nothing_below_it_any_more(self, raw, asha):
        fuel, travel = asha.account("Fuel").pk, asha.account("Travel").pk
        act(raw, asha)
        raw.execute(MERGE, [travel, fuel])
        raw.execute(CLOSE, [asha.account("Taxes").pk])

        assert refusal(raw, MOVE, [fuel, asha.account("Taxes").pk]) == "ledger_account_parent_open"

    def test_is_not_done_for_a_stranger(self, raw, asha, chitra):
        record(asha, category_id=asha.account("Fuel").pk, on=TODAY)
        act(raw, chitra)

        sql = "SELECT ledger_account_merge(%s, %s, %s, gen_random_uuid())"
        parameters = [asha.book.pk, asha.account("Fuel").pk, asha.account("Travel").pk]
        assert raw.execute(sql, parameters).fetchone() == (0,)
        with acting_as(asha.actor):
            assert asha.account("Fuel").merged_into_id is None
