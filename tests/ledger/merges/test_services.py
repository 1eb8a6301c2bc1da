from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, connections

from ledger.amendments.services import transaction_change, transaction_void
from ledger.books.services import period_close
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown
from ledger.chart.services import (
    AccountMerged,
    AccountNeeded,
    ParentBelow,
    account_change,
    account_open,
    category_open,
)
from ledger.journal.drafts import Entry
from ledger.journal.models import Posting, Transaction, TransactionVersion
from ledger.journal.selectors import transaction_of
from ledger.journal.services import AccountClosed, PeriodClosed, transaction_post
from ledger.merges import services
from ledger.merges.services import (
    MergeChildrenAlike,
    MergeHasStatements,
    MergeReconciled,
    MergeTooLarge,
    MergeTransfersBetween,
    MergeUnfit,
    account_merge,
)
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.desk import TODAY, TOMORROW, balance, bank_import, record
from tests.ledger.statements.may import history
from tests.ledger.statements.writers import hdfc_file


def merged(person, source, target):
    with acting_as(person.actor):
        return account_merge(
            book=person.book, account=person.account(source), into_id=person.account(target).pk
        )


def transfer(person, source, target, minor=50000, **fields):
    entry = Entry(
        "transfer", TODAY, "To and fro", [(None, Money(minor, "INR"))],
        account_id=person.account(source).pk, to_account_id=person.account(target).pk, **fields,
    )  # fmt: skip
    with acting_as(person.actor):
        return transaction_post(book=person.book, entry=entry)


def live(person, name):
    """The legs that count on an account."""
    account = person.account(name).pk
    with acting_as(person.actor):
        return list(Posting.objects.filter(book=person.book, account=account, retired_at=None))


def amend(person, transaction_id, **changes):
    with acting_as(person.actor):
        transaction_change(
            book=person.book, transaction_id=transaction_id, changes=changes, check=lambda shown: None
        )


class TestAccountMerge:
    def test_takes_a_categorys_transactions_along_by_one_change(self, asha):
        fuel, transport = asha.account("Fuel").pk, asha.account("Transport").pk
        first, second = record(asha, category_id=fuel), record(asha, category_id=fuel, minor=700)
        kept = record(asha, category_id=transport)

        done = merged(asha, "Fuel", "Transport")

        assert (done.target.pk, done.count) == (transport, 2)
        assert live(asha, "Fuel") == []
        assert sum(leg.amount_minor for leg in live(asha, "Transport")) == 100700
        assert asha.account("Fuel").merged_into_id == transport
        with acting_as(asha.actor):
            changes = set(
                Transaction.objects.filter(pk__in=[first, second]).values_list("change_id", "version")
            )
            assert len(changes) == 1
            assert changes.pop()[1] == 2
            assert Transaction.objects.get(pk=kept).version == 1
            assert TransactionVersion.objects.filter(book=asha.book).count() == 2
            assert Posting.objects.filter(account=fuel).exclude(retired_at=None).count() == 2

    def test_takes_everything_else_of_a_transaction_along_unchanged(self, asha):
        savings = asha.account("Savings account").pk
        with acting_as(asha.actor):
            entry = Entry(
                "expense", TODAY, "Shop", [(asha.account("Fuel").pk, Money(100, "INR")),
                                           (asha.account("Travel").pk, Money(250, "INR"))],
                account_id=savings, payee="HP", notes="two\nlines", tags=["car"], status="pending",
                external_id="a-7",
            )  # fmt: skip
            made = transaction_post(book=asha.book, entry=entry)
            before = transaction_of(book=asha.book, transaction_id=made).view
            account_open(book=asha.book, name="SBI")

        merged(asha, "Savings account", "SBI")

        with acting_as(asha.actor):
            after = transaction_of(book=asha.book, transaction_id=made).view
            kept = Transaction.objects.get(pk=made)
        assert after.account == "SBI"
        for name in (
            "type",
            "date",
            "description",
            "payee",
            "notes",
            "tags",
            "status",
            "amount",
            "parts",
            "origin",
        ):
            assert getattr(after, name) == getattr(before, name), name
        assert (kept.external_id, kept.external_account_id) == ("a-7", savings)

    def test_moves_both_ends_of_transfers(self, asha):
        with acting_as(asha.actor):
            account_open(book=asha.book, name="SBI")
        transfer(asha, "Savings account", "Cash")
        transfer(asha, "Cash", "Savings account", minor=20000)

        assert merged(asha, "Savings account", "SBI").count == 2
        assert balance(asha, "SBI", TODAY) == -30000
        assert balance(asha, "Savings account", TODAY) == 0

    def test_joins_the_parts_of_a_split_in_one_category(self, asha):
        with acting_as(asha.actor):
            parts = [(asha.account(name).pk, Money(100, "INR")) for name in ("Fuel", "Transport")]
            made = transaction_post(book=asha.book, entry=Entry("expense", TODAY, "Trip", parts))

        merged(asha, "Fuel", "Transport")

        with acting_as(asha.actor):
            view = transaction_of(book=asha.book, transaction_id=made).view
        assert [(part.category, part.amount.minor) for part in view.parts] == [("Transport", 100)] * 2

    def test_merges_amounts_of_another_currency_as_they_are(self, asha):
        with acting_as(asha.actor):
            old = account_open(book=asha.book, name="Old wallet", currency="USD")
            account_open(book=asha.book, name="New wallet", currency="USD")
            entry = Entry(
                "expense", TODAY, "Hosting", [(None, Money(999, "USD"))], account_id=old.pk,
                base_amount=Money(83000, "INR"),
            )  # fmt: skip
            transaction_post(book=asha.book, entry=entry)

        merged(asha, "Old wallet", "New wallet")

        (leg,) = live(asha, "New wallet")
        assert (leg.amount_minor, leg.currency, leg.base_minor) == (-999, "USD", -83000)

    def test_moves_children_below_the_other(self, asha):
        with acting_as(asha.actor):
            book, fuel = asha.book, asha.account("Fuel")
            cng = category_open(book=book, name="CNG", category_type="expense", parent_id=fuel.pk)

        merged(asha, "Fuel", "Transport")

        with acting_as(asha.actor):
            cng.refresh_from_db()
        assert cng.parent_id == asha.account("Transport").pk

    def test_goes_into_its_own_child_no_more_than_anything_stands_below_itself(self, asha):
        with acting_as(asha.actor):
            book, fuel = asha.book, asha.account("Fuel")
            cng = category_open(book=book, name="CNG", category_type="expense", parent_id=fuel.pk)
            category_open(book=book, name="Station", category_type="expense", parent_id=cng.pk)

        for target in ("CNG", "Station"):
            with pytest.raises(ParentBelow):
                merged(asha, "Fuel", target)
        assert merged(asha, "Station", "Fuel").count == 0

    def test_says_which_children_have_one_name(self, asha):
        with acting_as(asha.actor):
            for name in ("Fuel", "Transport"):
                category_open(
                    book=asha.book, name="CNG", category_type="expense", parent_id=asha.account(name).pk
                )

        with pytest.raises(MergeChildrenAlike):
            merged(asha, "Fuel", "Transport")

    def test_leaves_its_name_free(self, asha):
        merged(asha, "Fuel", "Transport")

        with acting_as(asha.actor):
            changed = account_change(book=asha.book, account=asha.account("Transport"), name="Fuel")
        assert changed.name == "Fuel"

    def test_leaves_void_transactions_where_they_were(self, asha):
        fuel = asha.account("Fuel").pk
        made = record(asha, category_id=fuel)
        with acting_as(asha.actor):
            transaction_void(book=asha.book, transaction_id=made, check=lambda shown: None)

        assert merged(asha, "Fuel", "Transport").count == 0

    @pytest.mark.parametrize(
        ("source", "target"), [("Fuel", "Salary"), ("Fuel", "Fuel"), ("Savings account", "Home loan")]
    )
    def test_refuses_what_does_not_fit(self, asha, source, target):
        with pytest.raises(MergeUnfit):
            merged(asha, source, target)

    def test_refuses_what_is_needed_or_gone(self, asha, chitra):
        with pytest.raises(AccountNeeded):
            merged(asha, "Uncategorised", "Fuel")
        merged(asha, "Fuel", "Transport")
        with pytest.raises(AccountMerged):
            merged(asha, "Fuel", "Travel")
        with pytest.raises(MergeUnfit):
            merged(asha, "Travel", "Fuel")
        for into_id in (uuid7(), chitra.account("Fuel").pk):
            with acting_as(asha.actor), pytest.raises(AccountUnknown):
                account_merge(book=asha.book, account=asha.account("Travel"), into_id=into_id)

    def test_refuses_an_account_with_statements_and_names_the_other_way(self, asha):
        bank_import(asha, hdfc_file(history((3, -5000))), account="HDFC")

        with pytest.raises(MergeHasStatements) as raised:
            merged(asha, "HDFC", "Savings account")

        assert "merge “Savings account” into it instead" in raised.value.message
        assert merged(asha, "Savings account", "HDFC").count == 0

    @pytest.mark.parametrize(
        ("source", "target"), [("Fuel", "Travel"), ("Savings account", "Fixed deposits")]
    )
    def test_takes_as_many_along_as_one_request_can(self, asha, monkeypatch, source, target):
        monkeypatch.setattr(services, "FOLLOWING_MAX", 2)
        field = "category_id" if source == "Fuel" else "account_id"
        made = [record(asha, **{field: asha.account(source).pk}) for _ in range(3)]

        with pytest.raises(MergeTooLarge, match=f"“{source}” has more than 2 transactions.*“{target}” first"):
            merged(asha, source, target)
        amend(asha, made[0], **{field: asha.account(target).pk})

        assert merged(asha, source, target).count == 2

    def test_has_a_limit_of_time_of_its_own(self, asha):
        with acting_as(asha.actor), connection.cursor() as cursor:
            account_merge(book=asha.book, account=asha.account("Fuel"), into_id=asha.account("Travel").pk)
            cursor.execute("SHOW statement_timeout")

            assert cursor.fetchone() == ("2min",)

    def test_refuses_transfers_between_and_counts_them(self, asha):
        transfer(asha, "Savings account", "Fixed deposits")
        transfer(asha, "Fixed deposits", "Savings account")

        with pytest.raises(MergeTransfersBetween) as raised:
            merged(asha, "Fixed deposits", "Savings account")

        assert raised.value.message.startswith("2 transfers")
        assert len(live(asha, "Fixed deposits")) == 2

    def test_refuses_what_agrees_with_the_bank_but_for_categories(self, asha):
        savings = asha.account("Savings account").pk
        made = record(asha, account_id=savings, category_id=asha.account("Fuel").pk)
        amend(asha, made, is_reconciled=True)

        with pytest.raises(MergeReconciled):
            merged(asha, "Savings account", "Fixed deposits")
        assert merged(asha, "Fuel", "Transport").count == 1

    def test_refuses_what_lies_in_a_closed_period_and_changes_nothing(self, asha):
        fuel = asha.account("Fuel").pk
        record(asha, category_id=fuel, on=dt.date(2026, 3, 31))
        record(asha, category_id=fuel)
        with acting_as(asha.actor):
            category_open(book=asha.book, name="CNG", category_type="expense", parent_id=fuel)
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)

        with pytest.raises(PeriodClosed):
            merged(asha, "Fuel", "Transport")
        assert len(live(asha, "Fuel")) == 2
        assert asha.account("CNG").parent_id == fuel
        assert asha.account("Fuel").closed_at is None

    def test_is_recorded_in_the_audit_log(self, asha):
        made = record(asha, category_id=asha.account("Fuel").pk)

        merged(asha, "Fuel", "Transport")

        with acting_as(asha.actor), connection.cursor() as cursor:
            cursor.execute(
                "SELECT resource_type, changes FROM audit_logs WHERE resource_id = ANY (%s) AND action = 'UPDATE'",
                [[str(asha.account("Fuel").pk), str(made)]],
            )
            entries = dict(cursor.fetchall())
        assert '"merged_into_id"' in entries["ledger_account"]
        assert '"version"' in entries["ledger_transaction"]

    @pytest.mark.slow
    def test_loses_nothing_that_is_recorded_meanwhile(self, committed, asha):
        """Somebody records into the category all the while: each entry follows or is refused, none stays behind."""
        fuel, done = asha.account("Fuel").pk, threading.Event()
        refused: list[str] = []

        def poster():
            while not done.is_set():
                try:
                    record(asha, category_id=fuel, minor=100)
                except AccountClosed:
                    refused.append("closed")
                    break
            connections.close_all()

        posters = [threading.Thread(target=poster) for _ in range(3)]
        for thread in posters:
            thread.start()
        merged(asha, "Fuel", "Transport")
        for thread in posters:
            thread.join(timeout=20)
        done.set()

        assert refused == ["closed"] * 3
        assert live(asha, "Fuel") == []
        with acting_as(asha.actor):
            assert Transaction.objects.filter(book=asha.book).count() == len(live(asha, "Transport"))

    def test_meets_an_import_without_waiting_in_a_circle(self, committed, asha):
        """The import holds the account's row, the merge the book: both take the book first."""
        with acting_as(asha.actor):
            account_open(book=asha.book, name="Old")
        done = []

        def run(work):
            done.append(work())
            connections.close_all()

        data = hdfc_file(history(*((day, -100 * day) for day in range(1, 28))))
        threads = [
            threading.Thread(target=run, args=[lambda: bank_import(asha, data, account="Savings account")]),
            threading.Thread(target=run, args=[lambda: merged(asha, "Old", "Savings account")]),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)

        assert len(done) == 2
        with acting_as(asha.actor):
            assert Account.objects.get(book=asha.book, name="Old").merged_into_id is not None
