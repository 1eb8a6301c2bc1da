"""Changing a transaction in raw SQL: as `ledger_amend` does it, and with any part of it forged."""

from __future__ import annotations

import json
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors

from rupaya.core.ids import uuid7

KEPT = (
    "transaction_id", "version", "book_id", "date", "type", "description", "payee", "notes", "tags", "status",
    "is_reconciled", "account_id", "to_account_id", "amount_minor", "change_id", "changed_at", "changed_by",
    "first_line", "last_line",
)  # fmt: skip
NEXT = {
    "version": "version + 1",
    "change_id": "gen_random_uuid()",
    "changed_at": "statement_timestamp()",
    "changed_by": "app_actor()",
}
LAST_LINE = "(SELECT max(line) FROM ledger_posting p WHERE p.transaction_id = t.id)"
# What the book holds, beside the audit log: nothing of it may move where a change is refused.
EVERYTHING = ("ledger_transaction", "ledger_transaction_version", "ledger_posting", "ledger_month_total")

# Expenses from `first` to `last`: one in a thousand says “zanzibar” somewhere, one in five hundred has a tag.
BULK = """
SELECT ledger_post(%(book)s, jsonb_agg(jsonb_build_object(
         'id', gen_random_uuid(), 'date', date '2020-01-01' + n %% 2000, 'type', 'expense', 'origin', 'manual',
         'description', 'Shop ' || n,
         'payee', CASE WHEN n %% 2000 = 0 THEN 'Zanzibar Traders' ELSE 'Payee ' || n %% 97 END,
         'notes', CASE WHEN n %% 2000 = 1000 THEN 'by the zanzibar road' ELSE '' END,
         'tags', CASE WHEN n %% 500 = 0 THEN '["trip"]'::jsonb ELSE '[]'::jsonb END,
         'account_id', %(cash)s::uuid, 'amount_minor', n,
         'postings', jsonb_build_array(
           jsonb_build_object('account_id', %(fuel)s::uuid, 'amount_minor', n, 'currency', 'INR'),
           jsonb_build_object('account_id', %(cash)s::uuid, 'amount_minor', -n, 'currency', 'INR')))))
  FROM generate_series(%(first)s::int, %(last)s::int) n
"""


def act(raw, person):
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def change(
    raw, transaction_id, *, header=(), kept=(), retire="", legs=(), first=3, recorded="statement_timestamp()"
):
    """One statement that makes the next version of a transaction.

    header, kept: columns and SQL expressions that replace the right ones; None leaves the header, or the kept version,
    out. retire: the condition on the live legs that retire, at statement_timestamp() unless `retired_at: …` comes
    before a bar. legs: (account, paise) of the new ones, from line `first` on.
    """
    steps = []
    if kept is not None:
        values = (
            {name: f"t.{name}" for name in KEPT}
            | {"transaction_id": "t.id", "last_line": LAST_LINE}
            | dict(kept)
        )
        steps.append(
            f"kept AS (INSERT INTO ledger_transaction_version ({', '.join(values)})"
            f" SELECT {', '.join(values.values())} FROM ledger_transaction t WHERE t.id = %(t)s)"
        )
    if header is not None:
        values = NEXT | ({"first_line": str(first)} if legs else {}) | dict(header)
        sets = ", ".join(f"{name} = {value}" for name, value in values.items())
        steps.append(f"header AS (UPDATE ledger_transaction SET {sets} WHERE id = %(t)s)")
    if retire:
        instant, _, condition = retire.rpartition("|")
        steps.append(
            f"retired AS (UPDATE ledger_posting SET retired_at = {instant or 'statement_timestamp()'}"
            f" WHERE transaction_id = %(t)s AND retired_at IS NULL AND {condition})"
        )
    parameters = {"t": transaction_id, "accounts": [account.pk for account, _ in legs],
                  "minors": [minor for _, minor in legs]}  # fmt: skip
    on = dict(header or ()).get("date", "(SELECT date FROM ledger_transaction WHERE id = %(t)s)")
    main = (
        "SELECT 1"
        if not legs
        else f"""INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency,
                                           base_minor, recorded_at)
               SELECT a.book_id, %(t)s, {first - 1} + leg.line, a.id,
                      {on}, leg.minor, a.currency, leg.minor, {recorded}
                 FROM unnest(%(accounts)s::uuid[], %(minors)s::bigint[]) WITH ORDINALITY AS leg (account, minor, line)
                 JOIN ledger_account a ON a.id = leg.account"""
    )
    raw.execute(f"WITH {', '.join(steps)} {main}" if steps else main, parameters)


def state(raw, transaction_id, **changes):
    """What `ledger_amend` takes for a transaction: its header as it stands, with changes."""
    row = raw.execute(
        """SELECT to_jsonb(t) FROM (SELECT id, date, type, description, account_id, to_account_id, amount_minor, payee,
                  notes, tags, status, is_reconciled FROM ledger_transaction WHERE id = %s) t""",
        [transaction_id],
    ).fetchone()[0]
    return row | changes


def legs_json(*legs):
    """Legs as the SQL functions take them: (account, minor) in the account's own currency, or with a base."""
    return [
        {"account_id": str(account.pk), "amount_minor": minor, "currency": account.currency,
         "base_minor": base[0] if base else minor}
        for account, minor, *base in legs
    ]  # fmt: skip


def amend(raw, book, *items, change_id=None):
    """The change's id."""
    change_id = change_id or uuid7()
    raw.execute("SELECT ledger_amend(%s, %s, %s)", [book.pk, change_id, json.dumps(items)])
    return change_id


def everything(admin_url, *books):
    """All rows of the books' journals, as text."""
    ids = [book.pk for book in books]
    with psycopg.connect(admin_url) as admin:
        return {
            table: admin.execute(
                f"SELECT x::text FROM {table} x WHERE book_id = ANY (%s) ORDER BY 1", [ids]
            ).fetchall()
            for table in EVERYTHING
        }


@contextmanager
def refusal(raw, admin_url, guard, *books):
    """The guard must refuse what is done inside, and nothing of the books may have changed then."""
    before = everything(admin_url, *books)
    with pytest.raises(errors.IntegrityError) as raised:
        yield
    raw.rollback()
    assert raised.value.diag.constraint_name == guard
    assert everything(admin_url, *books) == before


def totals_differ(admin_url, book):
    """Where a month's total is not the sum of the legs that count; [] in a sound book."""
    with psycopg.connect(admin_url) as admin:
        return admin.execute(
            """SELECT coalesce(t.account_id, p.account_id), coalesce(t.month, p.month), t.base_minor, p.base_minor
                 FROM (SELECT * FROM ledger_month_total WHERE book_id = %(book)s) t
                 FULL JOIN (SELECT account_id, date_trunc('month', date)::date AS month, sum(base_minor) AS base_minor,
                                   sum(amount_minor) AS amount_minor
                              FROM ledger_posting WHERE book_id = %(book)s AND retired_at IS NULL GROUP BY 1, 2) p
                   ON p.account_id = t.account_id AND p.month = t.month
                WHERE coalesce(t.base_minor, 0) <> coalesce(p.base_minor, 0)
                   OR coalesce(t.amount_minor, 0) <> coalesce(p.amount_minor, 0)""",
            {"book": book.pk},
        ).fetchall()
