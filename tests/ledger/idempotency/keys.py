"""What the tests of repeated requests do over and over."""

from __future__ import annotations

import datetime as dt
import json
import re

from django.test import Client

from ledger.idempotency.models import IdempotencyKey
from rupaya.core.db import acting_as
from tests.rupaya.core.asking import bearer_of

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
PRINT = b"\x01" * 32
OTHER_PRINT = b"\x02" * 32
GROCERIES = json.dumps({"type": "expense", "amount": 500, "description": "Groceries"})
CLAIM = "SELECT * FROM ledger_idempotency_claim(%s, %s)"
ANSWER = """
INSERT INTO ledger_idempotency_key (user_id, key, fingerprint, created_at, status, headers, body)
VALUES (app_actor(), %s, %s, %s, %s, %s, %s)
"""

# What else moves money than a transaction: the address, with names of the starter chart's accounts, and the body.
WISHES = {
    "open an account": ("accounts", {"name": "HDFC", "kind": "bank", "opening_balance": {"amount": 500}}),
    "say an opening balance": ("accounts/{Cash}/opening_balance", {"amount": 500}),
    "merge accounts": ("accounts/{Savings account}/merge", {"into_id": "{Fixed deposits}"}),
    "merge categories": ("categories/{Fuel}/merge", {"into_id": "{Travel}"}),
}


class Phone:
    """Somebody's device, which repeats itself."""

    def __init__(self, person) -> None:
        self.headers = bearer_of(person)

    def post(self, key=None, *, body=GROCERIES, path="transactions"):
        headers = self.headers | ({} if key is None else {"Idempotency-Key": key})
        client = Client(raise_request_exception=False)
        return client.post(f"/v1/{path}", body, content_type="application/json", headers=headers)


def act(raw, person):
    """Will make a raw connection speak for a person until its transaction ends."""
    raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(person.id)])


def keys_of(person):
    """A person's keys, by name."""
    with acting_as(person.actor):
        return list(IdempotencyKey.objects.filter(user_id=person.id).order_by("key"))


def wish_of(person, name):
    """One of WISHES as that person's phone sends it: (address, body)."""
    path, body = WISHES[name]
    named = re.compile(r"\{([A-Z][A-Za-z ]+)\}")

    def placed(text):
        return named.sub(lambda found: str(person.account(found[1]).pk), text)

    return placed(path), placed(json.dumps(body))


def told(response):
    """What counts of an answer: everything but its request id and that it is a repeat."""
    headers = {name: response.get(name) for name in ("Content-Type", "Location", "ETag")}
    return response.status_code, response.content, headers
