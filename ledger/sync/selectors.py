"""Reading what happened in all of a person's books since they last asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db.models import Count

from ledger.attachments.models import Attachment
from ledger.books.models import Member
from ledger.books.selectors import BookView
from ledger.chart.models import Account
from ledger.chart.rules import CATEGORY_TYPES, path_of
from ledger.chart.selectors import Placed
from ledger.journal.selectors import Shown, transactions_of
from ledger.sync.rules import (
    ACCOUNT,
    MEMBER,
    SCAN,
    Place,
    Stretch,
    cursor_parse,
    cursor_write,
    epoch_tag,
)
from rupaya.core.db import rows_as_dicts
from rupaya.core.errors import Gone
from rupaya.core.pagination import PageInvalid

_KEYS_SQL: Final = (Path(__file__).parent / "keys.sql").read_text()
_HEAD_SQL: Final = """
SELECT epoch, low::text AS low, high::text AS high, kept_from::text AS kept_from FROM ledger_sync_head()
"""


class SyncCursorExpired(Gone):
    """Raised for a cursor that no stretch can go on from: it is too old, or from before the database was restored."""

    code = "sync_cursor_expired"
    title = "This cursor is over; forget what it brought and begin again without one"


@dataclass(frozen=True, slots=True)
class Change:
    """One object as it stands by now, None where it is gone. `id` is its own."""

    kind: str
    id: UUID
    book_id: UUID
    shown: BookView | Member | Placed | Shown | None
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class SyncPage:
    """Changes in their order, and from where the next ones are to be asked."""

    changes: Sequence[Change]
    cursor: str
    has_more: bool


def sync_page(*, user_id: UUID, cursor: str, limit: int) -> SyncPage:
    """What happened since the cursor, in all books of the person who acts; '' tells everything as it stands.

    At most `limit` changes, and those of one book's transactions at a time, so a page may be shorter though there is
    more. When there is no more, the person was told all that had been committed when this page was asked for. At most
    six queries. Raises PageInvalid for what is no cursor, SyncCursorExpired.
    """
    tag, stretch, high = _stretch_of(user_id, cursor)
    keys = rows_as_dicts(_KEYS_SQL, _parameters(user_id, stretch, rows=limit + 1))
    kept = _cut(keys[:limit])
    changes = _changes(user_id, kept)
    if len(kept) < len(keys):
        here = stretch.at(_place(kept[-1]))
        return SyncPage(changes, cursor_write(tag, since=here.since, stretch=here), has_more=True)
    # A stretch that began with an earlier page knows nothing of what was written since.
    return SyncPage(changes, cursor_write(tag, since=stretch.low), has_more=stretch.high < high)


def _stretch_of(user_id: UUID, cursor: str) -> tuple[str, Stretch, int]:
    """The person's tag, the stretch that the cursor stands in or before, and the place of now. One query."""
    (head,) = rows_as_dicts(_HEAD_SQL, {}, is_prepared=True)
    tag = epoch_tag(epoch=head["epoch"], user_id=user_id)
    low, high, kept_from = int(head["low"]), int(head["high"]), int(head["kept_from"])
    if not cursor:
        return tag, Stretch(0, low, high), high
    said = cursor_parse(cursor)
    if said is None:
        raise PageInvalid("cursor", "This cursor is not one that RUPAYA gave; begin again without one.")
    its_tag, since, stretch = said
    stretch = stretch or Stretch(since, low, high)
    if its_tag != tag or not since <= stretch.low <= stretch.high <= high or stretch.needs_from < kept_from:
        raise SyncCursorExpired
    return tag, stretch, high


def _parameters(user_id: UUID, stretch: Stretch, *, rows: int) -> dict[str, Any]:
    place = stretch.place
    return {
        "user": user_id,
        "since": str(stretch.since),
        "high": str(stretch.high),
        "whole": stretch.is_whole,
        "stage": place.stage,
        "book": place.book_id,
        "account": place.account_id,
        "xid": str(place.xid),
        "date": place.date,
        "id": place.id,
        "rows": rows,
    }


def _cut(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The keys up to where the transactions of a second book begin: those of one are fetched in one query."""
    first = next((key["book_id"] for key in keys if key["stage"] >= SCAN), None)
    return list(takewhile(lambda key: key["stage"] < SCAN or key["book_id"] == first, keys))


def _place(key: dict[str, Any]) -> Place:
    """A key as a place; of what does not order its stage, anything."""
    empty = Place()
    return Place(
        key["stage"],
        key["book_id"],
        key["account_id"] or empty.account_id,
        int(key["xid"] or 0),
        key["date"] or empty.date,
        key["id"] or empty.id,
    )


def _changes(user_id: UUID, keys: list[dict[str, Any]]) -> list[Change]:
    """The objects of these keys as they stand. What went since then is left out: the next stretch tells it."""
    there = [key for key in keys if not key["is_gone"]]
    members = _memberships(user_id) if there else {}
    accounts = _accounts([key for key in there if key["stage"] == ACCOUNT])
    transactions = _transactions(members, [key for key in there if key["stage"] >= SCAN])
    attachments = _attachments(transactions)
    changes = []
    for key in keys:
        book_id, stage = key["book_id"], key["stage"]
        if stage >= SCAN:
            found = transactions.get(key["id"])
            change = Change("transaction", key["id"], book_id, found, attachments.get(key["id"], ()))
        elif stage == ACCOUNT:
            kind = "category" if key["kind"] in CATEGORY_TYPES else "account"
            change = Change(kind, key["account_id"], book_id, accounts.get(key["account_id"]))
        elif stage == MEMBER:
            change = Change("member", key["id"], book_id, members.get(book_id))
        else:
            change = Change("book", book_id, book_id, _book_view(members.get(book_id)))
        if key["is_gone"]:
            changes.append(replace(change, shown=None))
        elif change.shown is not None:
            changes.append(change)
    return changes


def _memberships(user_id: UUID) -> dict[UUID, Member]:
    """The person's memberships by book, with the book, the person and how many members it has. One query."""
    found = Member.objects.filter(user_id=user_id).select_related("book", "user")
    return {member.book_id: member for member in found.annotate(members_count=Count("book__members"))}


def _book_view(member: Member | None) -> BookView | None:
    if member is None:
        return None
    return BookView(member.book, member.role, member.members_count)  # type: ignore[attr-defined]  # annotated


def _accounts(keys: list[dict[str, Any]]) -> dict[UUID, Placed]:
    """These accounts with their paths, from the whole charts of their books. One query, or none."""
    if not keys:
        return {}
    found = Account.objects.filter(book_id__in={key["book_id"] for key in keys}).order_by("pk")
    charts = {account.pk: account for account in found}
    places = {pk: (account.name, account.parent_id) for pk, account in charts.items()}
    wanted = [key["account_id"] for key in keys if key["account_id"] in charts]
    return {pk: Placed(charts[pk], path_of(pk, places=places)) for pk in wanted}


def _transactions(members: dict[UUID, Member], keys: list[dict[str, Any]]) -> dict[UUID, Shown]:
    """These transactions, all of one book. One query, or none."""
    member = members.get(keys[0]["book_id"]) if keys else None
    if member is None:
        return {}
    ids = list(dict.fromkeys(key["id"] for key in keys))
    return {shown.id: shown for shown in transactions_of(book=member.book, ids=ids)}


def _attachments(transactions: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """What is attached to these transactions now, oldest first. One query, or none."""
    found: dict[UUID, list[Attachment]] = {}
    if transactions:
        present = Attachment.objects.filter(transaction_id__in=transactions, removed_at=None)
        for attachment in present.order_by("pk"):
            found.setdefault(attachment.transaction_id, []).append(attachment)
    return found
