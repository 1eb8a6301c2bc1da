"""What the tests of repeated requests do over and over."""

from __future__ import annotations

import datetime as dt
import json

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


def told(response):
    """What counts of an answer: everything but its request id and that it is a repeat."""
    headers = {name: response.get(name) for name in ("Content-Type", "Location", "ETag")}
    return response.status_code, response.content, headers
