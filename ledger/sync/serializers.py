"""How a page of changes looks outside: each object as its own address gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from ledger.attachments.serializers import attachment_kept
from ledger.books.serializers import book_out, member_out
from ledger.chart.serializers import account_out, category_out

if TYPE_CHECKING:  # queries live in selectors
    from ledger.sync.selectors import Change, SyncPage


def page_out(page: SyncPage, *, reader_id: UUID) -> dict[str, Any]:
    """A page of changes, and from where to go on."""
    return {
        "changes": [_change_out(change, reader_id) for change in page.changes],
        "cursor": page.cursor,
        "has_more": page.has_more,
    }


def _change_out(change: Change, reader_id: UUID) -> dict[str, Any]:
    is_deleted = change.shown is None
    body = {"kind": change.kind, "id": change.id, "book_id": change.book_id, "is_deleted": is_deleted}
    if is_deleted:
        return body
    if change.kind == "transaction":
        body["attachments"] = [attachment_kept(attachment) for attachment in change.attachments]
    return {**body, "object": _object_out(change, reader_id)}


def _object_out(change: Change, reader_id: UUID) -> Any:
    shown: Any = change.shown
    match change.kind:
        case "book":
            return book_out(shown)
        case "member":
            return member_out(shown, reader_id=reader_id)
        case "account":
            return account_out(shown)
        case "category":
            return category_out(shown)
        case _:
            return orjson.Fragment(shown.body)
