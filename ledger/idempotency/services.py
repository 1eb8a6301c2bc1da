"""Exactly once: a key is claimed before the change, and keeps the answer beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import orjson
from django.db import OperationalError, connection

from ledger.idempotency.rules import Answer
from rupaya.core.db import assert_acting, rows_as_dicts
from rupaya.core.errors import Conflict, Rejected
from rupaya.core.prepared import prepared_cursor

_CLAIM: Final = """
SELECT fingerprint, status, headers::text, body FROM ledger_idempotency_claim(%(key)s, %(now)s)
"""
_ANSWER: Final = """
INSERT INTO ledger_idempotency_key AS kept (user_id, key, fingerprint, created_at, status, headers, body)
VALUES (app_actor(), %(key)s, %(fingerprint)s, %(now)s, %(status)s, %(headers)s::jsonb, %(body)s)
    ON CONFLICT (user_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, created_at = excluded.created_at,
       status = excluded.status, headers = excluded.headers, body = excluded.body
 WHERE kept.created_at <= least(excluded.created_at, now()) - interval '24 hours'
"""
_LOCK_NOT_AVAILABLE: Final = "55P03"


class KeyReused(Rejected):
    """Raised when a key comes with another request than the one it was first used for."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__(f"{self.title}; a new request needs a new key.")


class KeyInUse(Conflict):
    """Raised when the first request with the key is still running."""

    code = "idempotency_key_in_use"
    title = "A request with this Idempotency-Key is still running"

    def __init__(self) -> None:
        super().__init__(f"{self.title}; send the same request again in a moment.")


def key_claim(*, key: str, fingerprint: bytes, now: dt.datetime) -> Answer | None:
    """Will claim the actor's key for this transaction; None, or the answer that was given to it before.

    One query. Whoever claims a key holds it until the transaction ends: the next one with the same key
    waits, at most 4 seconds, then gets the answer, or the key itself where the first one was undone. A key
    that is 24 hours old counts as new. Raises KeyReused for another fingerprint, KeyInUse after the wait.
    """
    assert_acting()
    try:
        found = rows_as_dicts(_CLAIM, {"key": key, "now": now}, is_prepared=True)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise KeyInUse from error
        raise
    if not found:
        return None
    (row,) = found
    if bytes(row["fingerprint"]) != fingerprint:
        raise KeyReused
    if row["status"] is None:  # nothing of ours commits a key without its answer
        raise KeyInUse
    return Answer(row["status"], orjson.loads(row["headers"]), bytes(row["body"]))


def key_answer(*, key: str, fingerprint: bytes, answer: Answer, now: dt.datetime) -> None:
    """Will keep the answer with the key that this transaction claimed. One query.

    Raises KeyInUse where the key has an answer: somebody gave it without the claim.
    """
    assert_acting()
    parameters: dict[str, Any] = {
        "key": key,
        "fingerprint": fingerprint,
        "now": now,
        "status": answer.status,
        "headers": orjson.dumps(dict(answer.headers)).decode(),
        "body": answer.body,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_ANSWER, parameters)
        if cursor.rowcount != 1:
            raise KeyInUse


def keys_purge(*, rows_max: int) -> int:
    """Will delete at most so many keys that are 24 hours old by the database's clock; returns how many.

    Anybody's: the database function borrows the owner's right for exactly this. Keys that somebody takes
    over meanwhile are passed by.
    """
    assert_acting()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_idempotency_purge(%s)", [rows_max])
        (purged,) = cursor.fetchone()
    return int(purged)
