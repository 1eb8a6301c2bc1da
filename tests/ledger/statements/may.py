"""A May as a bank wrote it, and what the tests of imports do with it."""

from __future__ import annotations

import datetime as dt

from ledger.chart.services import account_for
from ledger.journal.models import Transaction
from ledger.statements.models import Statement
from ledger.statements.services import statement_draft, statement_post
from rupaya.core.db import acting_as
from tests.ledger.desk import NOW
from tests.ledger.statements.writers import hdfc_file, line

SBI = "SBI savings"
MAY = 5


def day(number, month=MAY):
    return dt.date(2026, month, number)


def history(*rows, opening=100000):
    """Rows of (day of May, paise) with the running balance."""
    lines = []
    for line_no, (number, amount) in enumerate(rows, start=1):
        opening += amount
        lines.append(
            line(line_no, amount=amount, balance=opening, on=day(number), narration=f"ROW {line_no}")
        )
    return lines


def between(rows, first, last):
    return hdfc_file([row for row in rows if day(first) <= row.date <= day(last)])


def drafted(person, data, *, account=SBI, name="bank.txt"):
    with acting_as(person.actor):
        return statement_draft(
            book=person.book,
            account=account_for(book=person.book, account_id=None, name=account),
            data=data,
            file_name=name,
        )


def posted(person, statement, **options):
    with acting_as(person.actor):
        return statement_post(book=person.book, statement=statement, now=NOW, **options)


def imported(person):
    """What statements brought into the journal, as (date, description)."""
    with acting_as(person.actor):
        found = Transaction.objects.filter(book=person.book, origin="statement")
        return sorted(found.values_list("date", "description"))


def fields_of(statement):
    return {
        field.attname: getattr(statement, field.attname)
        for field in Statement._meta.concrete_fields
        if field.name not in {"id", "posted_at"}
    }


ROWS = history((1, -5000), (3, 20000), (3, -100), (15, -70000), (31, 12345))
