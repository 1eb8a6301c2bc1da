"""Exactly once: a key is claimed before the change, and keeps the answer beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import OperationalError, connection

from ledger.idempotency.rules import Answer
from rupaya.core.db import assert_acting, prepared_cursor, rows_as_dicts
from rupaya.core.errors import Conflict, Rejected

_CLAIM: Final = """
SELECT is_claimed, is_same, status, headers::text, body
  FROM ledger_idempotency_claim(%(key)s, %(fingerprint)s, %(now)s)
"""
_ANSWER: Final = """
UPDATE ledger_idempotency_key SET status = %(status)s, headers = %(headers)s::jsonb, body = %(body)s
 WHERE user_id = %(user)s AND key = %(key)s
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
        (row,) = rows_as_dicts(_CLAIM, {"key": key, "fingerprint": fingerprint, "now": now}, is_prepared=True)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise KeyInUse from error
        raise
    if row["is_claimed"]:
        return None
    if not row["is_same"]:
        raise KeyReused
    if row["status"] is None:  # claimed and not answered: nothing of ours commits such a row
        raise KeyInUse
    return Answer(row["status"], orjson.loads(row["headers"]), bytes(row["body"]))


def key_answer(*, user_id: UUID, key: str, answer: Answer) -> None:
    """Will keep the answer with the key that this transaction claimed. One query.

    Raises IntegrityError where the key has an answer already.
    """
    assert_acting()
    parameters: dict[str, Any] = {
        "user": user_id,
        "key": key,
        "status": answer.status,
        "headers": orjson.dumps(dict(answer.headers)).decode(),
        "body": answer.body,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_ANSWER, parameters)
        kept = cursor.rowcount
    if kept != 1:
        raise RuntimeError("an answer came without its key")


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
