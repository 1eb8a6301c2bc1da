"""What the ledger's tests do over and over: record, count, and speak to the product as a phone or a browser."""

from __future__ import annotations

import datetime as dt
import json

import orjson
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.models import User
from ledger.chart.services import account_for
from ledger.journal.drafts import Entry
from ledger.journal.selectors import account_balance_minor
from ledger.journal.services import transaction_post
from ledger.statements.services import statement_draft, statement_post
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.accounts.phone import session_new
from tests.support.cast import Person, member_add

TODAY = dt.date(2026, 11, 20)
TOMORROW = TODAY + dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
PROBLEM = "application/problem+json"
TABLES = (
    "ledger_account",
    "ledger_transaction",
    "ledger_transaction_version",
    "ledger_posting",
    "ledger_month_total",
    "ledger_statement",
    "ledger_statement_line",
    "audit_logs",
)


def inr(rupees: int) -> Money:
    return Money(rupees * 100, "INR")


def record(person, kind="expense", minor=50000, on=TODAY, description="Groceries", **ids):
    """A transaction in the person's book, in paise; the account and category are the defaults or `ids`."""
    parts = [(ids.pop("category_id", None), Money(minor, "INR"))]
    with acting_as(person.actor):
        return transaction_post(book=person.book, entry=Entry(kind, on, description, parts, **ids))


def balance(person, name, on):
    """An account's balance in paise at the end of a day."""
    account = person.account(name)
    with acting_as(person.actor):
        return account_balance_minor(book=person.book, account_id=account.pk, on=on)


def counts(person):
    """The rows of the person's book, table by table."""
    with acting_as(person.actor), connection.cursor() as cursor:
        return {table: _count(cursor, table, person) for table in TABLES}


def _count(cursor, table, person):
    # A refusal is told of, and changes nothing.
    changes = "AND action <> 'REFUSED'" if table == "audit_logs" else ""
    cursor.execute(f"SELECT count(*) FROM {table} WHERE book_id = %s {changes}", [person.book.pk])
    return cursor.fetchone()[0]


def bank_import(person, data, *, account="SBI savings", adjust=False, name="bank.txt"):
    """Draft and confirmation in one go; what posting did."""
    with acting_as(person.actor):
        found = account_for(book=person.book, account_id=None, name=account)
        statement = statement_draft(book=person.book, account=found, data=data, file_name=name)
        return statement_post(book=person.book, statement=statement, now=NOW, adjust=adjust)


def guest_make(admin_url, *, book, role) -> Person:
    """Somebody without a book of their own, who shares another's. Wants real commits."""
    user_id = uuid7()
    with acting_as(Actor(user_id=user_id, kind="user")):
        user = User(id=user_id, email=f"guest-{user_id.hex}@example.in", full_name="Guest Rao")
        user.set_unusable_password()
        user.save(force_insert=True)
    guest = Person(user, book)
    member_add(admin_url, book=book, person=guest, role=role)
    return guest


class Api:
    """A phone on which somebody is signed in."""

    def __init__(self, person) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {session_new(person.user).access_token}"})

    def get(self, path, **query):
        return self.client.get(f"/v1/{path}", query)

    def follow(self, url):
        return self.client.get(url)

    def post(self, path, body=None, *, raw=None):
        data = raw if raw is not None else json.dumps({} if body is None else body)
        return self.client.post(f"/v1/{path}", data, content_type="application/json")

    def patch(self, path, body):
        return self.client.patch(f"/v1/{path}", json.dumps(body), content_type="application/json")

    def upload(self, path, data, *, name="bank.txt", **fields):
        return self.client.post(f"/v1/{path}", {"file": SimpleUploadedFile(name, data), **fields})

    def put(self, path, body):
        return self.client.put(f"/v1/{path}", json.dumps(body), content_type="application/json")

    def delete(self, path):
        return self.client.delete(f"/v1/{path}")


def browser_of(person) -> Client:
    """A browser in which somebody is signed in."""
    browser = Client()
    browser.force_login(person.user)
    return browser


def refused(response, status, code, field=None):
    """Whether an answer is a refusal in the contract's shape; its body."""
    body = orjson.loads(response.content)
    assert response.status_code == status, body
    assert response["Content-Type"] == PROBLEM
    assert (body["status"], body["code"]) == (status, code), body
    assert body["error"] == body["detail"]
    assert body["request_id"] == response["X-Request-ID"]
    if field is not None:
        assert field in [error["field"] for error in body["errors"]], body
    return body
