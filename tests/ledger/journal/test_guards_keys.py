"""A leg's book is its account's, a transaction's that of its legs, a total's that of what it counts: in raw SQL."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from rupaya.core.ids import uuid7
from tests.ledger.journal.test_guards import HEADER, POSTING_COLUMNS, act, guard_of, post, spend

WHOLE = f"""WITH header AS ({HEADER})
            INSERT INTO ledger_posting {POSTING_COLUMNS}
            VALUES (%(legs_book)s, %(t)s, 1, %(y)s, '2026-11-20', -5, 'INR', -5),
                   (%(legs_book)s, %(t)s, 2, %(x)s, '2026-11-20', 5, 'INR', 5)"""
TOTAL = """INSERT INTO ledger_month_total (book_id, account_id, month, amount_minor, base_minor)
           VALUES (%s, %s, '2026-11-01', 5, 5)"""


def parts(of, *, book=None, legs_book=None):
    return {
        "t": uuid7(),
        "b": book or of.book.pk,
        "legs_book": legs_book or of.book.pk,
        "x": of.account("Groceries").pk,
        "y": of.account("Cash").pk,
    }


class TestBook:
    def test_of_legs_is_one_that_exists(self, committed, admin_url, asha):
        nowhere = uuid7()

        with (
            psycopg.connect(admin_url) as admin,
            pytest.raises(errors.ForeignKeyViolation) as raised,
        ):  # a superuser, whom no policy stops
            admin.execute(WHOLE, parts(asha, book=nowhere, legs_book=nowhere))

        assert guard_of(raised) == "ledger_posting_account_in_book"

    def test_of_a_transaction_is_that_of_its_legs(self, committed, admin_url, asha, chitra):
        with (
            psycopg.connect(admin_url) as admin,
            pytest.raises(errors.CheckViolation) as raised,
        ):
            admin.execute(WHOLE, parts(asha, book=chitra.book.pk))

        assert guard_of(raised) == "ledger_posting_has_transaction"

    def test_goes_only_when_nothing_is_in_it(self, raw, admin_url, asha):
        act(raw, asha)
        post(raw, asha, [(asha.account("Groceries"), 5), (asha.account("Cash"), -5)])
        raw.commit()

        with psycopg.connect(admin_url) as admin, pytest.raises(errors.ForeignKeyViolation):
            admin.execute("DELETE FROM ledger_account WHERE book_id = %s", [asha.book.pk])


class TestMonthTotal:
    def test_is_out_of_a_members_reach(self, raw, asha):
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(TOTAL, [asha.book.pk, asha.account("Cash").pk])

    @pytest.mark.parametrize(
        "statement",
        [TOTAL, "UPDATE ledger_month_total SET amount_minor = 1", "DELETE FROM ledger_month_total"],
        ids=["insert", "update", "delete"],
    )
    def test_is_written_with_the_owners_rights_by_guards_alone(self, committed, admin_url, asha, statement):
        spend(asha)

        with psycopg.connect(admin_url) as admin:
            act(admin, asha)
            admin.execute("SET LOCAL ROLE rupaya_owner")  # as a function of the owner would run
            before = admin.execute("SELECT * FROM ledger_month_total ORDER BY 1, 2, 3, 4, 5").fetchall()
            if statement is TOTAL:
                with pytest.raises(errors.InsufficientPrivilege):
                    admin.execute(statement, [asha.book.pk, asha.account("Savings account").pk])
                return
            admin.execute(statement)

            assert before
            assert (
                admin.execute("SELECT * FROM ledger_month_total ORDER BY 1, 2, 3, 4, 5").fetchall() == before
            )
