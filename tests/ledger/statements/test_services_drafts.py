from __future__ import annotations

import pytest
from django.db import IntegrityError

from ledger.amendments.services import transaction_void
from ledger.chart.selectors import AccountUnknown, accounts_money
from ledger.chart.services import account_for, account_open
from ledger.statements import services
from ledger.statements.models import Statement, StatementLine
from ledger.statements.parsers import StatementUnreadable
from ledger.statements.parsers.text import FILE_BYTES_MAX
from ledger.statements.selectors import StatementNotFound
from ledger.statements.services import (
    AccountTakesNoStatement,
    DraftsTooMany,
    StatementPosted,
    StatementRefused,
    statement_discard,
    statement_draft,
)
from rupaya.core.db import acting_as, whole
from rupaya.core.parsers import BodyTooLarge
from tests.accounts.phone import at_once
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import bank_import, counts, record
from tests.ledger.statements.may import ROWS, SBI, day, drafted, fields_of, imported, posted
from tests.ledger.statements.writers import hdfc_file, line, sbi_file


class TestStatementDraft:
    @pytest.mark.parametrize("write", [hdfc_file, sbi_file])
    def test_keeps_the_banks_rows_and_writes_no_money(self, asha, write):
        before = counts(asha)

        statement = drafted(asha, write(ROWS), name="C:\\My files\\st\u0007atement.txt")

        after = counts(asha)
        with acting_as(asha.actor):
            lines = list(StatementLine.objects.filter(statement=statement).order_by("position"))
        assert [(row.date, row.amount_minor, row.balance_minor, row.narration) for row in lines] == [
            (row.date, row.amount_minor, row.balance_minor, row.narration) for row in ROWS
        ]
        assert (statement.opening_minor, statement.closing_minor) == (100000, 57245)
        assert (statement.first_on, statement.last_on, statement.lines_count) == (day(1), day(31), 5)
        assert statement.file_name == "statement.txt"
        assert statement.posted_at is None
        assert after["ledger_posting"] == before["ledger_posting"]
        assert after["ledger_transaction"] == before["ledger_transaction"]

    def test_keeps_the_order_of_rows_that_take_several_statements(self, asha, monkeypatch):
        monkeypatch.setattr(services, "LINES_A_STATEMENT", 2)

        statement = drafted(asha, hdfc_file(ROWS))

        with acting_as(asha.actor):
            lines = StatementLine.objects.filter(statement=statement).order_by("position")
            assert list(lines.values_list("position", "narration")) == [
                (place, row.narration) for place, row in enumerate(ROWS, start=1)
            ]

    def test_is_the_same_draft_for_the_same_file(self, asha):
        first = drafted(asha, hdfc_file(ROWS))
        before = counts(asha)

        second = drafted(asha, hdfc_file(ROWS), name="copy of it.txt")

        assert second.pk == first.pk
        assert counts(asha) == before

    def test_names_each_wrong_row_and_keeps_nothing(self, asha):
        drafted(asha, hdfc_file(ROWS))
        before = counts(asha)
        broken = [ROWS[0], line(2, amount=100, balance=999999, on=day(2)), "31/02/26,x,01/05/26,1.00,,,5.00"]

        with pytest.raises(StatementRefused) as raised:
            drafted(asha, hdfc_file(broken), account="A new account")

        named = {(error.line_no, error.field) for error in raised.value.line_errors}
        assert {(4, "balance"), (5, "date")} <= named
        assert all(error.why and error.fix for error in raised.value.line_errors)
        assert raised.value.message.startswith("Line 4: The balance after this row should be ₹951.00")
        assert counts(asha) == before

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b" \r\n\t\n",
            b"PK\x03\x04rest",
            bytes(range(256)) * 8,
            hdfc_file([]),
        ],
        ids=["empty", "blank", "workbook", "binary", "no rows"],
    )
    def test_refuses_what_is_no_statement_and_keeps_nothing(self, asha, data):
        before = counts(asha)

        with pytest.raises(StatementUnreadable) as raised:
            drafted(asha, data, account="A new account")

        assert raised.value.fix
        assert counts(asha) == before

    def test_refuses_a_file_that_is_too_large_and_says_what_to_do(self, asha):
        before = counts(asha)

        with pytest.raises(BodyTooLarge, match=r"“may\.txt” is larger than 5 MB.* shorter period"):
            drafted(asha, b"x" * (FILE_BYTES_MAX + 1), name="may.txt")

        assert counts(asha) == before

    def test_refuses_an_account_that_no_bank_keeps(self, asha):
        with pytest.raises(AccountTakesNoStatement) as raised:
            drafted(asha, hdfc_file(ROWS), account="Credit card")

        assert [error.field for error in raised.value.errors] == ["account_id"]

    def test_refuses_another_accounts_number(self, asha):
        with acting_as(asha.actor):
            account = account_for(book=asha.book, account_id=None, name=SBI)
            account.number_last4 = "9999"
            account.save(update_fields=["number_last4"])

        with pytest.raises(AccountTakesNoStatement, match="4567"):
            drafted(asha, sbi_file(ROWS))

    def test_refuses_more_drafts_than_anybody_can_mean(self, asha, monkeypatch):
        monkeypatch.setattr(services, "DRAFTS_MAX", 1)
        drafted(asha, hdfc_file(ROWS))

        with pytest.raises(DraftsTooMany):
            drafted(asha, hdfc_file(ROWS[:1]))

    def test_gives_a_row_without_words_some(self, asha):
        bank_import(asha, hdfc_file([line(narration=" - ")]))

        ((_, description),) = imported(asha)
        assert description.strip(" -")


class TestStatementOfAnotherAccount:
    def test_is_refused_where_the_file_is_posted_already(self, asha):
        bank_import(asha, sbi_file(ROWS), account="One")

        with pytest.raises(AccountTakesNoStatement, match="This file is in “One” already"):
            drafted(asha, sbi_file(ROWS), account="Two")

    @pytest.mark.parametrize("name", ["Cash", "PPF and EPF", "Mutual funds and shares", "Credit card"])
    def test_is_refused_for_what_no_bank_keeps(self, asha, name):
        with pytest.raises(AccountTakesNoStatement, match="is not an account that a bank keeps"):
            drafted(asha, sbi_file(ROWS), account=name)


class TestStatementOfAnotherBank:
    def test_is_refused_for_an_account_that_has_statements_of_one(self, asha):
        bank_import(asha, sbi_file(ROWS))
        before = counts(asha)

        with pytest.raises(
            AccountTakesNoStatement, match="has statements of State Bank of India; this file is from HDFC"
        ):
            drafted(asha, hdfc_file(ROWS))

        assert counts(asha) == before

    def test_finds_the_bank_written_down_at_the_account(self, asha):
        assert asha.account("Savings account").institution == ""

        bank_import(asha, sbi_file(ROWS), account="Savings account")

        assert asha.account("Savings account").institution == "State Bank of India"


class TestSameFileAtOnce:
    def test_becomes_one_draft_for_both(self, committed, asha):
        account = asha.account("Savings account")

        def draft(_number):
            with acting_as(asha.actor):
                return statement_draft(
                    book=asha.book, account=account, data=sbi_file(ROWS), file_name="bank.txt"
                ).pk

        drafts = at_once(4, draft)

        assert len(set(drafts)) == 1
        assert counts(asha)["ledger_statement_line"] == len(ROWS)


class TestDiscardedMeanwhile:
    def test_takes_its_account_from_an_upload_that_comes_too_late(self, asha):
        statement = drafted(asha, sbi_file(ROWS), account="New")
        account = asha.account("New")
        discarded(asha, statement)

        with acting_as(asha.actor), pytest.raises(AccountUnknown):
            statement_draft(book=asha.book, account=account, data=hdfc_file(ROWS), file_name="late.txt")

    def test_is_not_found_when_it_is_confirmed(self, asha):
        statement = drafted(asha, sbi_file(ROWS))
        with acting_as(asha.actor):
            statement_discard(book=asha.book, statement=statement)

        with pytest.raises(StatementNotFound):
            posted(asha, statement)

    def test_is_one_or_the_other_when_both_come_at_once(self, committed, asha):
        statement = drafted(asha, sbi_file(ROWS))

        def do(number):
            try:
                if number % 2:
                    with acting_as(asha.actor):
                        statement_discard(book=asha.book, statement=statement)
                else:
                    posted(asha, Statement(pk=statement.pk, **fields_of(statement)))
            except (StatementNotFound, StatementPosted):
                return False
            return True

        at_once(6, do)

        after = counts(asha)
        assert (after["ledger_statement"], after["ledger_transaction"]) in {(0, 0), (1, len(ROWS) + 1)}


def discarded(person, statement):
    with acting_as(person.actor):
        statement_discard(book=person.book, statement=statement)


def names(person, name):
    """The accounts of that name that the person's book has."""
    with acting_as(person.actor):
        return [account.name for account in accounts_money(book=person.book) if account.name == name]


class TestStatementDiscard:
    def test_forgets_a_draft_with_its_rows(self, asha):
        before = counts(asha)
        del before["audit_logs"]
        statement = drafted(asha, hdfc_file(ROWS))

        with acting_as(asha.actor):
            statement_discard(book=asha.book, statement=statement)

        assert before.items() <= counts(asha).items()

    def test_forgets_the_account_that_the_upload_opened(self, asha):
        statement = drafted(asha, hdfc_file(ROWS), account="Meant as another")

        discarded(asha, statement)

        assert names(asha, "Meant as another") == []
        assert names(asha, "Savings account") == ["Savings account"]

    def test_keeps_an_account_that_was_there(self, asha):
        with acting_as(asha.actor):
            account_open(book=asha.book, name="By hand")

        for name in ("By hand", "Savings account"):
            discarded(asha, drafted(asha, hdfc_file(ROWS), account=name))

            assert names(asha, name) == [name]

    def test_keeps_the_account_until_its_last_draft_is_gone(self, asha):
        first = drafted(asha, hdfc_file(ROWS), account="New")
        second = drafted(asha, hdfc_file(ROWS[:2]), account="New")

        discarded(asha, first)
        assert names(asha, "New") == ["New"]
        discarded(asha, second)
        assert names(asha, "New") == []

    @pytest.mark.parametrize("what", ["money", "void money", "an account below", "what a member sees"])
    def test_keeps_the_account_that_something_else_refers_to(self, committed, asha, bala, what):
        statement = drafted(asha, hdfc_file(ROWS), account="New")
        account = asha.account("New")
        if "money" in what:
            made = record(asha, account_id=account.pk)
        with acting_as(asha.actor):
            if what == "void money":
                transaction_void(book=asha.book, transaction_id=made, check=lambda _: None)
            if what == "an account below":
                account_open(book=asha.book, name="Below", parent_id=account.pk)
        if what == "what a member sees":
            share(asha, bala)
            restrict(asha, bala, "New", "read")

        discarded(asha, statement)

        assert names(asha, "New") == ["New"]

    def test_refuses_one_that_is_in_the_books(self, asha):
        statement = drafted(asha, hdfc_file(ROWS))
        posted(asha, statement)
        before = counts(asha)

        with pytest.raises(StatementPosted), acting_as(asha.actor):
            statement_discard(book=asha.book, statement=statement)

        assert counts(asha) == before

    def test_leaves_another_books_draft_alone(self, asha, chitra):
        statement = drafted(asha, hdfc_file(ROWS))
        before = counts(asha)

        with acting_as(chitra.actor):
            statement_discard(book=chitra.book, statement=statement)

        assert counts(asha) == before


class TestStatementModels:
    def test_hold_a_file_once_an_account(self, asha):
        statement = drafted(asha, hdfc_file(ROWS))
        twin = Statement(**fields_of(statement))

        with (
            acting_as(asha.actor),
            pytest.raises(IntegrityError, match="ledger_statement_file_once"),
            whole(),
        ):
            twin.save(force_insert=True)
