"""Whatever is opened, moved, merged, closed and recorded, in any order: the tree stays a tree and the money stays."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.chart.models import Account
from ledger.chart.services import account_change, account_close, account_open, account_reopen, category_open
from ledger.journal.drafts import Entry
from ledger.journal.services import transaction_post
from ledger.merges.services import account_merge
from rupaya.core.db import acting_as, whole
from rupaya.core.errors import DomainError
from rupaya.core.money import Money
from tests.ledger.desk import TODAY
from tests.support.cast import person_make

PLACES = 8
STEPS = ("open_category", "open_account", "move", "merge", "close", "reopen", "spend", "earn", "transfer")
STEP = st.tuples(st.sampled_from(STEPS), *[st.integers(0, PLACES - 1)] * 2, st.integers(1, 10**6))
SUMS = """
SELECT coalesce(sum(base_minor), 0), coalesce(sum(base_minor) FILTER (WHERE base_minor > 0), 0),
       count(DISTINCT transaction_id)
  FROM ledger_posting WHERE book_id = %s AND retired_at IS NULL
"""
TOTALS_OFF = """
SELECT count(*)
  FROM (SELECT account_id, date_trunc('month', date)::date AS month, sum(base_minor) AS base_minor
          FROM ledger_posting WHERE book_id = %(book)s AND retired_at IS NULL GROUP BY 1, 2) live
  FULL JOIN (SELECT * FROM ledger_month_total WHERE book_id = %(book)s) kept USING (account_id, month)
 WHERE coalesce(live.base_minor, 0) <> coalesce(kept.base_minor, 0)
"""
BEHIND = """
SELECT count(*) FROM ledger_account a
 WHERE book_id = %(book)s AND closed_at IS NOT NULL
   AND (EXISTS (SELECT FROM ledger_account c WHERE c.parent_id = a.id AND c.closed_at IS NULL)
        OR (merged_into_id IS NOT NULL OR type = 'asset')
           AND (SELECT sum(amount_minor) FROM ledger_posting p
                 WHERE p.book_id = a.book_id AND p.account_id = a.id AND p.retired_at IS NULL) <> 0)
"""


def step(book, accounts, what, first, second, number):
    """One wish; the account that it made, or None. DomainError where it is refused."""
    one, other = accounts[first], accounts[second]
    if what == "open_category":
        return category_open(book=book, name=f"C{number}", category_type="expense", parent_id=one.pk)
    if what == "open_account":
        return account_open(book=book, name=f"A{number}", parent_id=one.pk)
    if what == "move":
        account_change(book=book, account=one, parent_id=None if first == second else other.pk)
    elif what == "merge":
        account_merge(book=book, account=one, into_id=other.pk)
    elif what == "close":
        account_close(book=book, account=one)
    elif what == "reopen":
        account_reopen(book=book, account=one)
    else:
        transaction_post(book=book, entry=entry_of(what, one, other, Money(number, "INR")))
    return None


def entry_of(what, one, other, amount):
    if what == "transfer":
        return Entry("transfer", TODAY, "To", [(None, amount)], account_id=one.pk, to_account_id=other.pk)
    category = other.pk if what == "spend" else None
    kind = "expense" if what == "spend" else "income"
    return Entry(kind, TODAY, "For", [(category, amount)], account_id=one.pk)


def asked(book, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql, {"book": book.pk} if "%(book)s" in sql else [book.pk])
        return cursor.fetchone()


def depths(book):
    """How deep each account stands; KeyError or no end where the tree is none."""
    parents = dict(Account.objects.filter(book=book).values_list("pk", "parent_id"))
    found = []
    for account in parents:
        depth = 0
        above: UUID | None = account
        while above is not None:
            depth, above = depth + 1, parents[above]
            assert depth <= 10
        found.append(depth)
    return found


class TestHistories:
    @pytest.mark.slow
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps=st.lists(STEP, min_size=8, max_size=30))
    def test_keep_the_tree_and_the_money(self, db, steps):
        person = person_make("Asha")
        book = person.book
        names = (
            "Fuel",
            "Travel",
            "Shopping",
            "Children",
            "Savings account",
            "Fixed deposits",
            "Cash",
            "Uncategorised",
        )
        accounts = [person.account(name) for name in names]
        turnover, recorded = 0, 0

        with acting_as(person.actor):
            for what, first, second, number in steps:
                for account in accounts:
                    account.refresh_from_db()
                try:
                    with whole():
                        made = step(book, accounts, what, first, second, number)
                except DomainError:
                    continue
                if made:
                    accounts[second] = made
                if what in {"spend", "earn", "transfer"}:
                    turnover, recorded = turnover + number, recorded + 1

            assert asked(book, SUMS) == (0, turnover, recorded)
            assert asked(book, TOTALS_OFF) == (0,)
            assert asked(book, BEHIND) == (0,)
            assert min(depths(book)) == 1
