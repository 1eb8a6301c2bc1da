"""Asking for changes as a phone does, and what must hold of the book after every answer."""

from __future__ import annotations

import json

import psycopg
from django.db import connection

from ledger.chart.models import Account
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.desk import Api

SMALLEST = {"type": "expense", "amount": 500, "description": "Groceries"}
# What every change moves, whatever it is about.
MOVES = {"version", "undo_token", "changed_at", "changed_by"}

# One row for each promise that a book of this id breaks.
_UNSOUND = """
WITH live AS (
  SELECT transaction_id, count(*) AS legs, sum(base_minor) AS total, min(line) AS low,
         bool_and(p.date = t.date) AS dated,
         max(abs(p.amount_minor)) FILTER (WHERE p.account_id = t.account_id) AS own_minor
    FROM ledger_posting p JOIN ledger_transaction t ON t.id = p.transaction_id
   WHERE p.book_id = %(book)s AND retired_at IS NULL
   GROUP BY 1
), sums AS (
  SELECT account_id, date_trunc('month', date)::date AS month,
         sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor
    FROM ledger_posting
   WHERE book_id = %(book)s AND retired_at IS NULL
   GROUP BY 1, 2
), kept AS (
  SELECT transaction_id, count(*) AS versions, min(version) AS first, max(version) AS last
    FROM ledger_transaction_version
   WHERE book_id = %(book)s
   GROUP BY 1
)
SELECT 'not whole', id::text FROM ledger_transaction t LEFT JOIN live l ON l.transaction_id = t.id
 WHERE book_id = %(book)s AND t.status <> 'void'
   AND (l.legs >= 2 AND l.total = 0 AND l.low = t.first_line AND l.dated AND l.own_minor = t.amount_minor) IS NOT TRUE
UNION ALL
SELECT 'void counts', id::text FROM ledger_transaction t JOIN live l ON l.transaction_id = t.id WHERE t.status = 'void'
UNION ALL
SELECT 'versions', id::text FROM ledger_transaction t LEFT JOIN kept k ON k.transaction_id = t.id
 WHERE book_id = %(book)s
   AND (coalesce(k.versions, 0), coalesce(k.first, 1), coalesce(k.last, 0)) <> (t.version - 1, 1, t.version - 1)
UNION ALL
SELECT 'totals', coalesce(s.account_id, k.account_id)::text
  FROM sums s FULL JOIN (SELECT * FROM ledger_month_total WHERE book_id = %(book)s) k
    ON k.account_id = s.account_id AND k.month = s.month
 WHERE (coalesce(s.amount_minor, 0), coalesce(s.base_minor, 0))
       <> (coalesce(k.amount_minor, 0), coalesce(k.base_minor, 0))
"""


class Phone(Api):
    """A phone that changes things; keywords are headers: `if_match="…"`."""

    def post(self, path, body=None, *, raw=None, **headers):
        return self._send("post", path, body, raw, headers)

    def patch(self, path, body=None, *, raw=None, **headers):
        return self._send("patch", path, body, raw, headers)

    def delete(self, path, **headers):
        return self._send("delete", path, None, None, headers)

    def record(self, **fields):
        """A transaction that was recorded, the smallest with other fields; None leaves one out."""
        body = {name: value for name, value in (SMALLEST | fields).items() if value is not None}
        return said(self.post("transactions", body), 201)

    def change(self, transaction, **fields):
        """The transaction after a change that must succeed."""
        return said(self.patch(f"transactions/{transaction['id']}", fields))

    def void(self, transaction):
        return said(self.post(f"transactions/{transaction['id']}/void"))

    def restore(self, transaction, version=None):
        query = f"?version={version}" if version else ""
        return said(self.post(f"transactions/{transaction['id']}/restore{query}"))

    def undo(self, token):
        return self.post("transactions/undo", {"undo_token": token})

    def read(self, transaction):
        return said(self.get(f"transactions/{transaction['id']}"))

    def history(self, transaction):
        return said(self.get(f"transactions/{transaction['id']}/history", limit=200))["results"]

    def _send(self, method, path, body, raw, headers):
        data = raw if raw is not None else json.dumps({} if body is None else body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(self.client, method)(
            f"/v1/{path}", data, content_type="application/json", headers=named
        )


def said(response, status=200):
    """The body of an answer that must have this status."""
    body = response.json()
    assert response.status_code == status, body
    return body


def steady(transaction):
    """What a transaction says apart from which version it is."""
    return {name: value for name, value in transaction.items() if name not in MOVES}


def ids(person, *names):
    """The ids of the person's accounts, as JSON has them."""
    return [str(person.account(name).pk) for name in names]


def account_make(person, currency, name=""):
    """A bank account of another currency; its id as JSON has it."""
    account = Account(
        id=uuid7(), type="asset", kind="bank", name=name or f"{currency} account", currency=currency
    )
    account.book = person.book
    with acting_as(person.actor):
        account.save(force_insert=True)
    return str(account.pk)


def account_close(admin_url, account_id, *, closed=True):
    """Will close or reopen a committed account as the administrator."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            "UPDATE ledger_account SET closed_at = CASE WHEN %s THEN now() END WHERE id = %s",
            [closed, account_id],
        )


def legs(person, transaction):
    """(account name, amount, currency, base) of each leg that counts, in minor units, in their order."""
    with acting_as(person.actor), connection.cursor() as cursor:
        cursor.execute(
            """SELECT a.name, p.amount_minor, p.currency, p.base_minor
                 FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
                WHERE p.transaction_id = %s AND p.retired_at IS NULL ORDER BY p.line""",
            [transaction["id"]],
        )
        return cursor.fetchall()


def unsound(person):
    """What of the person's book does not hold: nothing, ever."""
    with acting_as(person.actor), connection.cursor() as cursor:
        cursor.execute(_UNSOUND, {"book": person.book.pk})
        return cursor.fetchall()
