from __future__ import annotations

import datetime as dt
import sys
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.books.services import period_close
from ledger.journal.models import Posting
from ledger.journal.services import PeriodClosed
from ledger.statements.models import Statement
from ledger.statements.services import (
    BalanceDiffers,
    StatementPosted,
)
from rupaya.core.db import acting_as
from rupaya.core.money import Money
from tests.accounts.phone import at_once
from tests.ledger.desk import TOMORROW, balance, bank_import, counts, record
from tests.ledger.statements.may import ROWS, SBI, between, day, drafted, fields_of, history, imported, posted
from tests.ledger.statements.writers import chained, hdfc_file, line, sbi_file
from tests.support.cast import person_make


class TestStatementPost:
    @pytest.mark.parametrize("write", [hdfc_file, sbi_file])
    def test_ends_at_the_banks_closing_balance(self, asha, write):
        done = posted(asha, drafted(asha, write(ROWS)))

        assert (done.new_count, done.known_count) == (5, 0)
        assert done.balance == Money(57245, "INR")
        assert imported(asha) == [(row.date, row.narration) for row in ROWS]
        for row in (ROWS[0], ROWS[2], ROWS[3], ROWS[4]):
            assert balance(asha, SBI, row.date) == row.balance_minor
        assert balance(asha, SBI, day(30, month=4)) == 100000
        assert balance(asha, "Opening balances", day(31)) == -100000

    def test_calls_money_in_income_and_money_out_expense(self, asha):
        bank_import(asha, hdfc_file(ROWS[:2]))

        assert balance(asha, "Uncategorised", day(31)) == 5000
        assert balance(asha, "Other income", day(31)) == -20000

    def test_refuses_the_same_statement_again(self, asha):
        statement = drafted(asha, hdfc_file(ROWS))
        posted(asha, statement)
        before = counts(asha)

        with pytest.raises(StatementPosted, match=r"bank\.txt was posted on 20 Nov 2026"):
            posted(asha, statement)

        assert counts(asha) == before
        assert drafted(asha, hdfc_file(ROWS)).posted_at is not None

    def test_adds_only_the_new_rows_of_a_file_that_overlaps(self, asha):
        bank_import(asha, between(ROWS, 1, 15))

        done = bank_import(asha, between(ROWS, 3, 31))

        assert (done.new_count, done.known_count, done.plugs) == (1, 3, ())
        assert imported(asha) == [(row.date, row.narration) for row in ROWS]
        assert balance(asha, SBI, day(31)) == 57245

    def test_knows_a_row_again_though_another_file_writes_it_otherwise(self, asha):
        bank_import(asha, hdfc_file(ROWS, end="\r\n"))

        done = bank_import(asha, hdfc_file([row_as_lower(row) for row in ROWS]))

        assert (done.new_count, done.known_count) == (0, 5)

    def test_keeps_rows_that_are_alike_on_one_day_apart(self, asha):
        tea = [(1, -1000), (1, 1000), (1, -1000), (1, 1000), (1, -1000)]
        rows = [line(n, amount=row.amount_minor, balance=row.balance_minor, on=row.date, narration="UPI-TEA")
                for n, row in enumerate(history(*tea), start=1)]  # fmt: skip

        first = bank_import(asha, hdfc_file(rows))
        again = bank_import(asha, hdfc_file(rows, end="\r\n"))

        assert (first.new_count, again.new_count, again.known_count) == (5, 0, 5)
        assert balance(asha, SBI, day(1)) == 99000

    def test_takes_an_older_file_after_a_newer(self, asha):
        bank_import(asha, between(ROWS, 15, 31))

        done = bank_import(asha, between(ROWS, 1, 3))

        assert done.new_count == 3
        assert balance(asha, SBI, day(3)) == 114900
        assert balance(asha, SBI, day(31)) == 57245
        assert balance(asha, SBI, day(30, month=4)) == 100000

    def test_asks_about_months_that_are_missing_and_heals_when_they_come(self, asha):
        bank_import(asha, between(ROWS, 1, 1))

        with pytest.raises(BalanceDiffers) as raised:
            bank_import(asha, between(ROWS, 31, 31))
        assert raised.value.difference == Money(57245 - 12345 - 95000, "INR")
        assert "the bank says ₹572.45" in raised.value.message
        bank_import(asha, between(ROWS, 31, 31), adjust=True)
        bank_import(asha, between(ROWS, 3, 15))

        assert balance(asha, SBI, day(31)) == 57245
        assert (
            balance(asha, "Balance adjustments", day(31)) + balance(asha, "Opening balances", day(31))
            == -100000
        )

    @pytest.mark.parametrize(
        ("rows", "opening", "cuts"),
        [
            ([(1, 1000), (10, 2000), (12, 3000), (20, -700), (22, 100), (31, 50)], 100000,
             [(10, 12), (20, 22), (1, 31)]),
            ([(1, 1000), (2, -1000), (3, 500)], 0, [(3, 3), (1, 1)]),
            ([(1, 1000), (2, 500), (3, -500), (4, 70)], 100000, [(1, 1), (4, 4), (2, 2)]),
        ],
        ids=["two islands and then all", "from nothing to nothing", "a gap that cancels out"],
    )  # fmt: skip
    def test_leaves_what_earlier_files_proved(self, asha, rows, opening, cuts):
        rows = history(*rows, opening=opening)

        for first, last in cuts:
            bank_import(asha, between(rows, first, last), adjust=True)

        for _, last in cuts:
            closing = [row for row in rows if row.date <= day(last)][-1].balance_minor
            assert balance(asha, SBI, day(last)) == closing

    def test_refuses_a_difference_that_a_hand_made_entry_makes_until_the_person_agrees(self, asha):
        statement = drafted(asha, hdfc_file(ROWS))
        record(asha, minor=5000, on=day(2), account_id=asha.account(SBI).pk)
        before = counts(asha)

        with pytest.raises(BalanceDiffers) as raised:
            posted(asha, statement)
        assert counts(asha) == before
        assert "₹50 is missing" in raised.value.message
        done = posted(asha, statement, adjust=True)

        assert [(plug.on, plug.amount_minor, plug.origin) for plug in done.plugs] == [
            (day(30, month=4), 100000, "opening"),
            (day(31), 5000, "adjustment"),
        ]
        assert balance(asha, SBI, day(31)) == 57245
        assert balance(asha, "Balance adjustments", day(31)) == -5000

    def test_asks_about_a_hand_made_entry_though_an_older_period_comes_with_it(self, asha):
        bank_import(asha, between(ROWS, 15, 31))
        record(asha, minor=5000, on=day(20), account_id=asha.account(SBI).pk)

        with pytest.raises(BalanceDiffers) as raised:
            bank_import(asha, between(ROWS, 1, 31))

        assert raised.value.difference == Money(5000, "INR")

    def test_leaves_the_other_accounts_of_the_book_alone(self, asha):
        record(asha, minor=700, on=day(2))
        bank_import(asha, hdfc_file(ROWS), account="HDFC savings")

        done = bank_import(asha, sbi_file(ROWS))

        assert (done.new_count, done.known_count) == (5, 0)
        assert balance(asha, "HDFC savings", day(31)) == 57245
        assert balance(asha, "Cash", day(31)) == -700

    def test_writes_nothing_into_a_closed_period(self, asha):
        statement = drafted(asha, hdfc_file(ROWS))
        with acting_as(asha.actor):
            period_close(book=asha.book, until=day(3), today=TOMORROW)
        before = counts(asha)

        with pytest.raises(PeriodClosed):
            posted(asha, statement)

        assert counts(asha) == before

    def test_posts_once_when_two_confirm_at_the_same_moment(self, committed, asha):
        statement = drafted(asha, hdfc_file(ROWS))

        def confirm(_):
            try:
                return posted(asha, Statement(pk=statement.pk, **fields_of(statement))).new_count
            except StatementPosted:
                return "refused"

        answers = at_once(4, confirm)

        assert sorted(answers, key=str) == [5, "refused", "refused", "refused"]
        assert imported(asha) == [(row.date, row.narration) for row in ROWS]

    def test_posts_a_row_once_when_two_files_that_hold_it_are_confirmed_at_the_same_moment(
        self, committed, asha
    ):
        statements = [drafted(asha, between(ROWS, *cut)) for cut in [(1, 15), (3, 31)]]

        at_once(2, lambda number: posted(asha, statements[number], adjust=True))

        assert imported(asha) == [(row.date, row.narration) for row in ROWS]
        assert balance(asha, SBI, day(31)) == 57245

    def test_debits_first_as_every_entry_does(self, asha):
        bank_import(asha, hdfc_file(ROWS))

        with acting_as(asha.actor):
            first = Posting.objects.filter(book=asha.book, line=1).values_list("amount_minor", flat=True)
            assert sorted(first) == [100, 5000, 12345, 20000, 70000, 100000]

    def test_leaves_the_rows_in_the_database(self, asha):
        statement = drafted(asha, hdfc_file(chained(*[(-1) ** at * (at + 1) for at in range(3000)])))

        tracemalloc.start()
        posted(asha, statement)
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert (
            peak_bytes < 3000 * 1000
        )  # an id, its place and their way into a statement; a row itself takes more

    @pytest.mark.slow
    def test_takes_twenty_thousand_rows(self, committed, asha, capsys):
        bare = chained(*[(-1) ** at * (at % 977 + 1) for at in range(20_000)], opening=10**9)
        rows = [line(row.line_no, amount=row.amount_minor, balance=row.balance_minor, narration=row.narration,
                     on=day(1, month=1) + dt.timedelta(days=row.line_no // 60)) for row in bare]  # fmt: skip
        data = hdfc_file(rows)

        started = time.perf_counter()
        statement = drafted(asha, data)
        read_at = time.perf_counter()
        done = posted(asha, statement)
        ended = time.perf_counter()

        with capsys.disabled():
            sys.stdout.write(
                f"\n20,000 rows: read in {read_at - started:.1f} s, posted in {ended - read_at:.1f} s\n"
            )
        assert done.new_count == 20_000
        assert balance(asha, SBI, rows[-1].date) == rows[-1].balance_minor

    @st.composite
    @staticmethod
    def _histories(draw):
        """A bank's rows, and files of whole days of it in the order of their reading."""
        steps = st.tuples(st.integers(0, 20), st.sampled_from([-20000, -10000, -100, 100, 10000]))
        running, on, rows = draw(st.sampled_from([0, 100000])), day(25, month=3), []
        for line_no, (gap, amount) in enumerate(draw(st.lists(steps, min_size=1, max_size=12)), start=1):
            on += dt.timedelta(days=gap)
            running += amount
            words = draw(st.sampled_from(["UPI-TEA", "UPI-MILK"]))
            rows.append(line(line_no, amount=amount, balance=running, on=on, narration=words))
        days = st.sampled_from(sorted({row.date for row in rows}))
        cut = st.tuples(days, days).map(lambda pair: tuple(sorted(pair)))
        return rows, draw(st.lists(cut, min_size=1, max_size=6, unique=True))

    @given(_histories(), st.sampled_from([hdfc_file, sbi_file]))
    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_makes_the_book_say_what_the_bank_says_in_whatever_order_files_come(self, db, found, write):
        rows, cuts = found
        person = person_make("Asha")

        for at, (first, last) in enumerate(cuts, start=1):
            bank_import(person, write([row for row in rows if first <= row.date <= last]), adjust=True)
            for _, ends_on in cuts[:at]:
                closing = [row for row in rows if row.date <= ends_on][-1].balance_minor
                assert balance(person, SBI, ends_on) == closing

        covered = [row for row in rows if any(first <= row.date <= last for first, last in cuts)]
        assert [on for on, _ in imported(person)] == [row.date for row in covered]


def row_as_lower(row):
    return line(row.line_no, amount=row.amount_minor, balance=row.balance_minor, on=row.date,
                narration=f" {row.narration.lower()} ")  # fmt: skip
