"""What a request asks of the log, and how an entry is given."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from uuid import UUID

from audit.filters import YEARS, Filters
from audit.rules import Told
from rupaya.core.errors import FieldError, Invalid

ACTION: Final = r"[A-Z][A-Z_]{0,29}"
RESOURCE_TYPE: Final = r"[a-z][a-z0-9_]{0,62}"
RESOURCE_ID: Final = r"[!-~]{1,120}"
REQUEST_ID: Final = r"[A-Za-z0-9_.-]{1,64}"
_INSTANT_MAX: Final = 40  # characters
_SENTENCES: Final = {
    ACTION: "{name} must be an action, such as UPDATE or SIGN_IN.",
    RESOURCE_TYPE: "{name} must be the name of a table, such as ledger_transaction.",
    RESOURCE_ID: "{name} must be the id of a row: at most 120 characters.",
    REQUEST_ID: "{name} must be the X-Request-ID of an answer: at most 64 letters, digits, dots, lines and dashes.",
}


def filters_read(query: Mapping[str, str], *, now: dt.datetime) -> Filters:
    """Will read `book_id`, `action`, `resource_type` with `resource_id`, `user`, `from`, `to` and `request_id`.

    now: where `to` is absent; that the log has an end spares a look into the months to come. Raises Invalid, naming
    the parameter.
    """
    resource_type = _text(query, "resource_type", RESOURCE_TYPE)
    resource_id = _text(query, "resource_id", RESOURCE_ID)
    if resource_id and not resource_type:
        _refuse("resource_type", "resource_id needs resource_type beside it: the table that the id is of.")
    starts_at, ends_before = _instant(query, "from"), _instant(query, "to")
    if starts_at and ends_before and starts_at >= ends_before:
        _refuse("to", "to must be later than from.")
    return Filters(
        book_id=_id(query, "book_id"),
        action=_text(query, "action", ACTION),
        resource_type="" if resource_id else resource_type,
        rows=((resource_type, resource_id),) if resource_id else (),
        user_id=_id(query, "user"),
        request_id=_text(query, "request_id", REQUEST_ID),
        starts_at=starts_at,
        ends_before=ends_before or now + dt.timedelta(minutes=1),
    )


def entry_out(told: Told) -> dict[str, Any]:
    """An entry as the API gives it."""
    entry = told.entry
    return {
        "id": entry.id,
        "created_at": entry.created_at.astimezone(dt.UTC),
        "action": entry.action,
        "resource_type": entry.resource_type,
        "resource_id": entry.resource_id,
        "book_id": entry.book_id,
        "actor": {"id": entry.user_id, "name": told.who, "kind": entry.actor_kind},
        "changes": entry.changes,
        "ip_address": entry.ip_address,
        "user_agent": entry.user_agent,
        "request_id": entry.request_id,
        "summary": told.summary,
    }


def _refuse(name: str, message: str) -> NoReturn:
    raise Invalid(message, errors=[FieldError(name, "invalid", message)])


def _text(query: Mapping[str, str], name: str, shape: str) -> str:
    text = query.get(name, "")
    if text and not re.fullmatch(shape, text, re.ASCII):
        _refuse(name, _SENTENCES[shape].format(name=name))
    return text


def _id(query: Mapping[str, str], name: str) -> UUID | None:
    text = query.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError:
        _refuse(name, f"{name} must be a UUID.")


def _instant(query: Mapping[str, str], name: str) -> dt.datetime | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        instant = dt.datetime.fromisoformat(text) if len(text) <= _INSTANT_MAX else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        _refuse(name, f"{name} must be an instant with its offset, such as 2026-11-23T00:00:00+05:30.")
    if instant.year not in YEARS:
        _refuse(name, f"{name} must lie in the years from {YEARS[0]} to {YEARS[-1]}.")
    return instant.astimezone(dt.UTC)
