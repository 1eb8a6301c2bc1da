"""What the API's log looks like, and what it is asked."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from audit.serializers import ACTION, REQUEST_ID, RESOURCE_ID, RESOURCE_TYPE
from rupaya.core.errors import Invalid
from rupaya.core.operations import UUID_SCHEMA, Ask, Output, Refusals, page_of_shape

READS_LOG: Final[Refusals] = (Invalid,)
_INSTANT: Final = {"type": "string", "format": "date-time"}

ASKS: Final = (
    Ask("book_id", "What happened in that book of yours.", UUID_SCHEMA),
    Ask("user", "What that person did.", UUID_SCHEMA),
    Ask(
        "action",
        "That action: `INSERT`, `UPDATE`, `DELETE`, or an event such as `SIGN_IN`.",
        {"type": "string", "pattern": f"^{ACTION}$"},
    ),
    Ask("resource_type", "About rows of that table.", {"type": "string", "pattern": f"^{RESOURCE_TYPE}$"}),
    Ask(
        "resource_id",
        "About the row with that id; `resource_type` says of which table.",
        {"type": "string", "pattern": f"^{RESOURCE_ID}$"},
    ),
    Ask(
        "request_id",
        "What one request did: the `X-Request-ID` of its answer.",
        {"type": "string", "pattern": f"^{REQUEST_ID}$"},
    ),
    Ask("from", "From that instant on.", _INSTANT),
    Ask("to", "Before that instant.", _INSTANT),
)


class ActorOut(Output):
    """Who did it. Staff and machines are not named."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    kind = serializers.CharField()


class EntryOut(Output):
    """One change of one row, or one event."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7300-8000-0123456789ab",
        "created_at": "2026-11-23T04:30:00.123456Z",
        "action": "UPDATE",
        "resource_type": "ledger_account",
        "resource_id": "019ab1c2-5d70-7d04-8000-0123456789ab",
        "book_id": "019ab1c2-5d70-7b00-8000-0123456789ab",
        "actor": {"id": "019ab1c2-5d70-7a10-8000-0123456789ab", "name": "Asha Rao", "kind": "user"},
        "changes": {"name": ["Cash", "Purse"]},
        "ip_address": "203.0.113.9",
        "user_agent": "Mozilla/5.0",
        "request_id": "019ab1c2-5d70-7400-8000-0123456789ab",
        "summary": "Asha Rao renamed the account Cash to Purse",
    }
    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    action = serializers.CharField()
    resource_type = serializers.CharField()
    resource_id = serializers.CharField()
    book_id = serializers.UUIDField(allow_null=True)
    actor = ActorOut()
    changes = serializers.DictField(
        help_text="Of an UPDATE each field as `[before, after]`; of an INSERT or DELETE the row itself."
    )
    ip_address = serializers.CharField(allow_null=True, help_text="Of your own entries alone.")
    user_agent = serializers.CharField(allow_null=True, help_text="Of your own entries alone.")
    request_id = serializers.CharField()
    summary = serializers.CharField(help_text="The entry as a sentence in English.")


EntryPage: Final = page_of_shape(EntryOut)
