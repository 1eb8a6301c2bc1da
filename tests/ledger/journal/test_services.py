from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection

from ledger.books.services import period_close
from ledger.chart.selectors import AccountUnknown
from ledger.journal.drafts import AccountUnfit, Draft, Entry, TransferToItself, drafts_of
from ledger.journal.models import Posting, Transaction
from ledger.journal.rules import Side, as_posted
from ledger.journal.services import (
    PeriodClosed,
    TransactionUnbalanced,
    TransactionUnfit,
    transaction_post,
    transactions_write,
)
from rupaya.core.db import acting_as, constraint_name
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.desk import TODAY, TOMORROW, balance, counts, record


def post(person, **fields):
    entry: dict[str, Any] = {
        "type": "expense",
        "date": TODAY,
        "description": "x",
        "parts": [(None, Money(100, "INR"))],
    } | fields
    with acting_as(person.actor):
        return transaction_post(book=person.book, entry=Entry(**entry))


class TestTransactionPost:
    def test_takes_the_everyday_account_and_no_category_where_none_is_named(self, asha):
        made = post(asha)

        with acting_as(asha.actor):
            legs = Posting.objects.filter(transaction_id=made).select_related("account").order_by("line")
            assert [(leg.account.name, leg.amount_minor, leg.base_minor) for leg in legs] == [
                ("Uncategorised", 100, 100),
                ("Cash", -100, -100),
            ]
            header = Transaction.objects.get(pk=made)
        assert (header.type, header.origin, header.date, header.description) == (
            "expense",
            "manual",
            TODAY,
            "x",
        )

    def test_moves_income_expense_and_transfer_their_way(self, asha):
        post(asha, type="income", parts=[(None, Money(1000, "INR"))])
        post(asha, type="expense", parts=[(asha.account("Fuel").pk, Money(300, "INR"))])
        post(asha, type="transfer", to_account_id=asha.account("Savings account").pk)

        assert balance(asha, "Cash", TODAY) == 600
        assert balance(asha, "Savings account", TODAY) == 100
        assert balance(asha, "Fuel", TODAY) == 300
        assert balance(asha, "Other income", TODAY) == -1000

    def test_takes_what_a_credit_card_owes(self, asha):
        post(asha, account_id=asha.account("Credit card").pk)
        post(
            asha,
            type="transfer",
            account_id=asha.account("Cash").pk,
            to_account_id=asha.account("Credit card").pk,
        )

        assert balance(asha, "Credit card", TODAY) == 0

    def test_splits(self, asha):
        parts = [(asha.account("Fuel").pk, Money(300, "INR")), (None, Money(1, "INR"))]

        post(asha, parts=parts)

        assert (balance(asha, "Fuel", TODAY), balance(asha, "Uncategorised", TODAY)) == (300, 1)
        assert balance(asha, "Cash", TODAY) == -301

    @pytest.mark.parametrize(
        ("fields", "refusal", "field"),
        [
            ({"account_id": "Fuel"}, AccountUnfit, "account_id"),
            ({"account_id": "Opening balances"}, AccountUnfit, "account_id"),
            ({"account_id": "?"}, AccountUnknown, "account_id"),
            ({"category": "?"}, AccountUnknown, "category_id"),
            ({"category": "Salary"}, AccountUnfit, "category_id"),
            ({"category": "Cash"}, AccountUnfit, "category_id"),
            ({"type": "income", "category": "Fuel"}, AccountUnfit, "category_id"),
            ({"type": "transfer"}, AccountUnknown, "to_account_id"),
            ({"type": "transfer", "to_account_id": "?"}, AccountUnknown, "to_account_id"),
            ({"type": "transfer", "to_account_id": "Fuel"}, AccountUnfit, "to_account_id"),
            ({"type": "transfer", "to_account_id": "Opening balances"}, AccountUnfit, "to_account_id"),
            ({"currency": "USD"}, AccountUnfit, "currency"),
        ],
    )
    def test_refuses_accounts_that_do_not_fit_and_writes_nothing(self, asha, fields, refusal, field):
        before = counts(asha)
        named = {key: uuid7() if name == "?" else asha.account(name).pk
                 for key, name in fields.items() if key in {"account_id", "to_account_id", "category"}}  # fmt: skip
        money = Money(100, fields.get("currency", "INR"))
        entry = {
            "type": fields.get("type", "expense"),
            "parts": [(named.pop("category", None), money)],
            **named,
        }

        with pytest.raises(refusal) as raised:
            post(asha, **entry)

        assert [error.field for error in raised.value.errors] == [field]
        assert counts(asha) == before

    @pytest.mark.parametrize("key", ["account_id", "to_account_id", "category"])
    def test_refuses_another_books_account(self, asha, chitra, key):
        foreign = chitra.account("Fuel" if key == "category" else "Cash").pk
        entry = {"parts": [(foreign, Money(100, "INR"))]} if key == "category" else {key: foreign}
        before = counts(asha)

        with pytest.raises(AccountUnknown):
            post(asha, type="transfer" if key == "to_account_id" else "expense", **entry)

        assert counts(asha) == before

    def test_refuses_a_transfer_to_the_same_account(self, asha):
        with pytest.raises(TransferToItself):
            post(asha, type="transfer", to_account_id=asha.account("Cash").pk)

    def test_refuses_a_closed_day_and_takes_the_next(self, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=TODAY, today=TOMORROW)
        before = counts(asha)

        with pytest.raises(PeriodClosed):
            post(asha)
        assert counts(asha) == before

        post(asha, date=TODAY + dt.timedelta(days=1))

    def test_takes_two_queries_and_the_guards(self, asha, django_assert_num_queries):
        with acting_as(asha.actor), django_assert_num_queries(2):  # accounts, and the write
            transaction_post(book=asha.book, entry=Entry("expense", TODAY, "x", [(None, Money(100, "INR"))]))

    def test_is_called_by_somebody(self, committed, asha):
        with pytest.raises(RuntimeError, match="acting_as"):
            transaction_post(book=asha.book, entry=Entry("expense", TODAY, "x", [(None, Money(100, "INR"))]))


class TestTransactionsWrite:
    def draft(self, person, *minors):
        """An expense: what leaves Cash, and what Fuel takes."""
        own, category = (
            Side(person.account(name).pk, Money(minor, "INR"), minor)
            for name, minor in zip(("Cash", "Fuel"), minors, strict=True)
        )
        return Draft(uuid7(), TODAY, "expense", "manual", "x", own, [category])

    def test_writes_all_or_nothing(self, asha):
        drafts = [self.draft(asha, 100, 100), self.draft(asha, 100, 99)]
        before = counts(asha)

        with pytest.raises(TransactionUnbalanced), acting_as(asha.actor):
            transactions_write(book=asha.book, drafts=drafts)
        assert counts(asha) == before

        with acting_as(asha.actor):
            transactions_write(book=asha.book, drafts=[drafts[0], self.draft(asha, 5, 5)])
        assert balance(asha, "Fuel", TODAY) == 105

    def test_leaves_an_unexplained_guard_as_it_is(self, asha):
        draft = replace(self.draft(asha, 5, 5), external_id="")

        with pytest.raises(IntegrityError) as raised, acting_as(asha.actor):
            transactions_write(book=asha.book, drafts=[draft])
        assert constraint_name(raised.value) == "ledger_transaction_external_whole"

    def test_explains_a_part_of_nothing(self, asha):
        with pytest.raises(TransactionUnfit), acting_as(asha.actor):
            transactions_write(book=asha.book, drafts=[self.draft(asha, 5, 0)])

    def test_explains_a_part_that_fits_no_transaction(self, asha):
        draft = self.draft(asha, 5, 5)
        salary = Side(asha.account("Salary").pk, Money(5, "INR"), 5)

        with pytest.raises(TransactionUnfit), acting_as(asha.actor):
            transactions_write(book=asha.book, drafts=[replace(draft, others=[salary])])

    def test_takes_the_largest_amounts(self, asha):
        with acting_as(asha.actor):
            transactions_write(book=asha.book, drafts=[self.draft(asha, 10**15 - 1, 10**15 - 1)])

        assert balance(asha, "Fuel", TODAY) == 10**15 - 1

    @pytest.mark.parametrize(("kind", "target"), [("expense", None), ("transfer", "Savings account")])
    def test_leaves_out_only_what_the_database_fills_in(self, asha, kind, target):
        reached = target and asha.account(target).pk
        entry = Entry(kind, TODAY, "x", [(None, Money(100, "INR"))], to_account_id=reached)
        with acting_as(asha.actor):
            (draft,) = drafts_of(book=asha.book, entries=[entry])
            whole = draft.as_json()
            said = as_posted(whole | dict.fromkeys(("id", "change_id"), str(uuid7())))

            rows = [written(asha, item) for item in (whole, said)]

        assert rows[0] == rows[1]
        assert {"payee", "notes", "tags", "status", "change_id"}.isdisjoint(said)
        assert [set(leg) for leg in said["postings"]] == 2 * [{"account_id", "amount_minor", "currency"}]


def written(person, item):
    """What `ledger_post` makes of an item, but for what no two transactions share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_post(%s, %s)", [person.book.pk, json.dumps([item])])
        cursor.execute(
            """SELECT to_jsonb(t) - '{id,change_id,created_at,changed_at,changed_xid}'::text[], change_id = id,
                      (SELECT jsonb_agg(to_jsonb(p) - '{transaction_id,recorded_at}'::text[] ORDER BY line)
                         FROM ledger_posting p WHERE p.transaction_id = t.id)
                 FROM ledger_transaction t WHERE id = %s""",
            [item["id"]],
        )
        return cursor.fetchone()


class TestAccountBalanceMinor:
    def test_counts_days_up_to_and_with_the_day(self, asha):
        for month, on in [(9, 30), (10, 1), (10, 31), (11, 1), (11, 20), (11, 21), (12, 1)]:
            record(asha, minor=10**month, on=dt.date(2026, month, on))

        assert balance(asha, "Cash", dt.date(2026, 9, 29)) == 0
        assert balance(asha, "Cash", dt.date(2026, 10, 1)) == -(10**9 + 10**10)
        assert balance(asha, "Cash", TODAY) == -(10**9 + 2 * 10**10 + 2 * 10**11)
