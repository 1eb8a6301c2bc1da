"""The bank's words, attacked in raw SQL as the role that web and worker log in as."""

from __future__ import annotations

import datetime as dt

import pytest
from psycopg import errors

from ledger.amendments.services import transaction_change, transaction_void
from ledger.chart.services import account_for
from ledger.statements.services import statement_draft, statement_post
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.desk import NOW, record
from tests.ledger.statements.writers import chained, hdfc_file


def drafted(person, *, is_posted=False):
    with acting_as(person.actor):
        account = account_for(book=person.book, account_id=None, name="HDFC savings")
        data = hdfc_file(chained(-100, 200))
        statement = statement_draft(book=person.book, account=account, data=data, file_name="a.txt")
        if is_posted:
            statement_post(book=person.book, statement=statement, now=NOW)
    return statement


def _change(person, transaction_id, changes):
    """Changes it, or makes it void."""
    with acting_as(person.actor):
        if changes is None:
            transaction_void(book=person.book, transaction_id=transaction_id, check=lambda _: None)
        else:
            transaction_change(
                book=person.book, transaction_id=transaction_id, changes=changes, check=lambda _: None
            )


def act(raw, person):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


class TestStatement:
    @pytest.mark.parametrize("change", ["closing_minor = 1", "file_sha256 = 'x'", "account_id = account_id"])
    def test_keeps_what_the_file_said(self, raw, asha, change):
        drafted(asha)
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE ledger_statement SET {change}")

    @pytest.mark.parametrize(
        "verb", ["UPDATE ledger_statement SET posted_at = NULL", "DELETE FROM ledger_statement"]
    )
    def test_stays_once_posted(self, raw, asha, verb):
        drafted(asha, is_posted=True)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(verb)

        # Deleting the statement takes its lines with it, and whichever guard is first refuses.
        assert raised.value.diag.constraint_name in {
            "ledger_statement_posted_stays",
            "ledger_statement_line_posted_stays",
        }

    def test_can_be_deleted_as_a_draft(self, raw, asha):
        drafted(asha)
        act(raw, asha)

        assert raw.execute("DELETE FROM ledger_statement").rowcount == 1
        assert raw.execute("SELECT count(*) FROM ledger_statement_line").fetchone()[0] == 0

    def test_is_seen_by_nobody_else(self, raw, asha, chitra):
        drafted(asha)
        act(raw, chitra)

        for table in ("ledger_statement", "ledger_statement_line"):
            assert raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
            assert raw.execute(f"DELETE FROM {table}").rowcount == 0


class TestStatementLine:
    @pytest.mark.parametrize(
        "change", ["amount_minor = 1", "narration = 'x'", "fingerprint = 'x'", "date = date"]
    )
    def test_keeps_the_banks_words(self, raw, asha, change):
        drafted(asha)
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"UPDATE ledger_statement_line SET {change}")

    @pytest.mark.parametrize(
        "verb",
        ["UPDATE ledger_statement_line SET transaction_id = NULL",
         "UPDATE ledger_statement_line SET transaction_id = transaction_id",
         "DELETE FROM ledger_statement_line"],
    )  # fmt: skip
    def test_stays_once_posted(self, raw, asha, verb):
        drafted(asha, is_posted=True)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(verb)

        assert raised.value.diag.constraint_name == "ledger_statement_line_posted_stays"

    def test_is_posted_once_an_account_whoever_tries(self, raw, asha):
        statement = drafted(asha, is_posted=True)
        with acting_as(asha.actor):
            account = account_for(book=asha.book, account_id=None, name="HDFC savings")
            data = hdfc_file(chained(-100, 200), end="\r\n")
            twin = statement_draft(book=asha.book, account=account, data=data, file_name="twin.txt")
        act(raw, asha)

        with pytest.raises(errors.UniqueViolation) as raised:
            raw.execute(
                "UPDATE ledger_statement_line SET transaction_id = gen_random_uuid() WHERE statement_id = %s",
                [twin.pk],
            )

        assert twin.pk != statement.pk
        assert raised.value.diag.constraint_name == "ledger_statement_line_posted_once"

    def test_names_a_transaction_of_its_book_and_day(self, raw, asha):
        statement = drafted(asha)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(
                "UPDATE ledger_statement_line SET transaction_id = gen_random_uuid() WHERE statement_id = %s",
                [statement.pk],
            )

        assert raised.value.diag.constraint_name == "ledger_statement_line_is_its_transaction"

    @pytest.mark.parametrize("said", ["amount", "day", "account", "void", "before", "stranger"])
    def test_names_no_transaction_that_says_something_else(self, raw, asha, chitra, said):
        statement = drafted(asha)
        act(raw, asha)
        line_no, on, minor = raw.execute(
            """SELECT line_no, date, amount_minor FROM ledger_statement_line
                WHERE statement_id = %s AND amount_minor < 0""",
            [statement.pk],
        ).fetchone()
        raw.rollback()
        right = {"minor": -minor, "on": on, "account_id": statement.account_id}
        wrong = {
            "amount": {"minor": 1 - minor},
            "day": {"on": on + dt.timedelta(days=1)},
            "account": {"account_id": asha.account("Cash").pk},
        }
        made = (
            record(chitra, minor=-minor, on=on)
            if said == "stranger"
            else record(asha, **right | wrong.get(said, {}))
        )
        if said in {"void", "before"}:
            _change(asha, made, None if said == "void" else {"amount": Money(7, "INR")})
        act(raw, asha)
        link = "UPDATE ledger_statement_line SET transaction_id = %s WHERE statement_id = %s AND line_no = %s"

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(link, [made, statement.pk, line_no])
        raw.rollback()

        assert raised.value.diag.constraint_name == "ledger_statement_line_is_its_transaction"
        act(raw, asha)
        assert raw.execute(link, [record(asha, **right), statement.pk, line_no]).rowcount == 1

    def test_comes_to_no_statement_that_is_posted(self, raw, asha):
        statement = drafted(asha, is_posted=True)
        act(raw, asha)

        with pytest.raises(errors.CheckViolation) as raised:
            raw.execute(
                """INSERT INTO ledger_statement_line (book_id, statement_id, account_id, line_no, position, date,
                          narration, description, reference, amount_minor, balance_minor, fingerprint)
                   VALUES (%s, %s, %s, 99, 99, '2026-05-01', 'x', 'x', '', 1, 1, %s)""",
                [asha.book.pk, statement.pk, statement.account_id, str(uuid7())],
            )

        assert raised.value.diag.constraint_name == "ledger_statement_posted_stays"

    def test_belongs_to_a_statement_of_its_book(self, raw, asha, chitra):
        statement = drafted(asha)
        act(raw, chitra)

        with pytest.raises(errors.ForeignKeyViolation) as raised:
            raw.execute(
                """INSERT INTO ledger_statement_line (book_id, statement_id, account_id, line_no, position, date,
                          narration, description, reference, amount_minor, balance_minor, fingerprint)
                   VALUES (%s, %s, %s, 99, 99, '2026-05-01', 'x', 'x', '', 1, 1, %s)""",
                [chitra.book.pk, statement.pk, statement.account_id, str(uuid7())],
            )

        assert raised.value.diag.constraint_name == "ledger_statement_line_statement_in_book"


class TestTheAccountOfADraft:
    @pytest.mark.parametrize(
        "verb", ["UPDATE ledger_account SET opened_by_upload = true", "DELETE FROM ledger_account"]
    )
    def test_is_forgotten_in_no_other_way(self, raw, asha, verb):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(verb)
