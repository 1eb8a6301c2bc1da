"""A bank's history, cut into files that overlap and leave gaps, read in any order: the book ends as the bank has it."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rupaya.core.db import acting_as
from ledger.journal.models import Transaction
from tests.ledger.desk import balance, bank_import
from tests.ledger.statements.writers import chained, hdfc_file, line, sbi_file
from tests.support.cast import person_make

FIRST = dt.date(2026, 3, 25)


@st.composite
def histories(draw):
    """A bank's rows over some days, and files of whole days of it, in the order of their reading."""
    gaps = draw(st.lists(st.integers(0, 20), min_size=1, max_size=12))
    amounts = draw(
        st.lists(st.sampled_from([-20000, -10000, -100, 100, 10000]), min_size=len(gaps), max_size=len(gaps))
    )
    running, on, rows = draw(st.sampled_from([0, 100000])), FIRST, []
    for line_no, (gap, amount) in enumerate(zip(gaps, amounts, strict=True), start=1):
        on += dt.timedelta(days=gap)
        running += amount
        rows.append(line(line_no, amount=amount, balance=running, on=on, narration=draw(st.sampled_from("AB"))))
    days = sorted({row.date for row in rows})
    cuts = draw(
        st.lists(
            st.tuples(st.sampled_from(days), st.sampled_from(days)).map(lambda pair: tuple(sorted(pair))),
            min_size=1,
            max_size=5,
            unique=True,
        )
    )
    return rows, cuts


class TestStatementPost:
    @given(histories(), st.sampled_from([hdfc_file, sbi_file]))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_makes_the_book_say_what_the_bank_says_in_whatever_order_files_come(self, committed, history, write):
        rows, cuts = history
        person = person_make("Asha")

        for first, last in cuts:
            bank_import(person, write([row for row in rows if first <= row.date <= last]), adjust=True)
            for row_first, row_last in cuts[: cuts.index((first, last)) + 1]:
                closing = [row for row in rows if row.date <= row_last][-1].balance_minor
                assert balance(person, "SBI savings", row_last) == closing, (first, last, row_first, row_last)

        covered = [row for row in rows if any(first <= row.date <= last for first, last in cuts)]
        with acting_as(person.actor):
            posted = Transaction.objects.filter(book=person.book, origin="statement").order_by("date", "id")
            assert [(made.date, made.description) for made in posted] != [] or not covered
            assert sorted(posted.values_list("date", "description")) == sorted((row.date, row.narration) for row in covered)
