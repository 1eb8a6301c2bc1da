"""Attaching and removing, and forgetting what was removed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models.functions import Now

from ledger.attachments.blobs import blob_discard, blob_write, blobs_delete, blobs_of_day
from ledger.attachments.formats import paper_read
from ledger.attachments.formats.parts import Paper
from ledger.attachments.models import Attachment
from ledger.attachments.rules import FILE_BYTES_MAX, LIVE_MAX, name_clean
from ledger.attachments.selectors import AttachmentNotFound, attachments_of
from ledger.books.access import ACCOUNT_GUARDS
from ledger.books.models import Book
from ledger.journal.selectors import TransactionNotFound
from rupaya.core.db import assert_acting, constraint_name, explaining
from rupaya.core.errors import DomainError, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.parsers import file_too_large

PURGE_ROWS_MAX: Final = 100  # attachments forgotten in one transaction
_INSERT: Final = """
INSERT INTO ledger_attachment (id, book_id, transaction_id, slot, name, content_type, size_bytes, sha256, width, height,
                               storage_key)
SELECT %(id)s, %(book)s, %(transaction)s,
       coalesce((SELECT min(free.slot) FROM generate_series(1, %(live_max)s) AS free (slot)
                  WHERE NOT EXISTS (SELECT FROM ledger_attachment live
                                     WHERE live.transaction_id = %(transaction)s AND live.slot = free.slot
                                       AND live.removed_at IS NULL)), %(live_max)s + 1),
       %(name)s, %(content_type)s, %(size_bytes)s, %(sha256)s, %(width)s, %(height)s, %(storage_key)s
"""


class AttachmentsTooMany(Rejected):
    """Raised when a transaction has as many attachments as it may have."""

    code = "attachments_too_many"
    title = f"A transaction has at most {LIVE_MAX} attachments"


_GUARDS: Final[Mapping[str, type[DomainError]]] = {
    **ACCOUNT_GUARDS,
    "ledger_attachment_limit": AttachmentsTooMany,
    "ledger_attachment_in_book": TransactionNotFound,
}


@dataclass(frozen=True, slots=True)
class Added:
    """An attachment, and whether it is new or was there already."""

    attachment: Attachment
    is_new: bool


def attachment_add(*, book: Book, transaction_id: UUID, data: bytes, name: str, now: dt.datetime) -> Added:
    """Will keep a file with a transaction; the same file again is the attachment that is there.

    Pictures are kept without place, camera and comments. The bytes are written first and taken back where the row is
    refused. Locks the transaction's attachments, so that two uploads do not reach for the same slot. Raises
    BodyTooLarge, AttachmentTypeUnknown, AttachmentDamaged, AttachmentTooManyPixels, TransactionNotFound,
    AccountReadOnly, AttachmentsTooMany or StorageUnavailable; nothing is kept then.
    """
    assert_acting()
    if len(data) > FILE_BYTES_MAX:
        raise file_too_large(FILE_BYTES_MAX)
    paper = paper_read(data)
    digest = hashlib.sha256(paper.data).hexdigest()
    present = attachments_of(book=book, transaction_id=transaction_id)
    same = next((attachment for attachment in present if attachment.sha256 == digest), None)
    if same:
        return Added(same, is_new=False)
    if len(present) >= LIVE_MAX:  # before the bytes travel; the database has the last word
        raise AttachmentsTooMany
    key = blob_write(data=paper.data, day=now.date())
    row = _row(book, transaction_id, paper, digest, name, key)
    try:
        _insert(row)
    except Exception as error:
        blob_discard(key=key)
        # The same file came twice at once: both get the one attachment.
        if isinstance(error, IntegrityError) and constraint_name(error) == "ledger_attachment_once":
            live = Attachment.objects.filter(book=book, transaction_id=transaction_id, removed_at=None)
            return Added(live.get(sha256=digest), is_new=False)
        raise
    return Added(Attachment.objects.get(book=book, pk=row["id"]), is_new=True)


def attachment_remove(*, book: Book, attachment_id: UUID) -> None:
    """Will take an attachment away from its transaction; its bytes are forgotten 30 days later.

    Raises AttachmentNotFound, also where somebody removed it meanwhile, and AccountReadOnly.
    """
    assert_acting()
    live = Attachment.objects.filter(book=book, pk=attachment_id, removed_at=None)
    with explaining(ACCOUNT_GUARDS):
        is_removed = live.update(removed_at=Now())
    if not is_removed:
        raise AttachmentNotFound


def attachments_purge() -> int:
    """Will forget up to 100 attachments that were removed more than 30 days ago, bytes and rows; how many it were.

    The bytes go before the rows are committed: where that fails, the rows stay and the next run tries again.
    """
    assert_acting()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_attachment_purge(%s)", [PURGE_ROWS_MAX])
        keys = [key for (key,) in cursor.fetchall()]
    blobs_delete(keys=keys)
    return len(keys)


def blobs_sweep(*, day: dt.date) -> int:
    """Will delete the files of a past day that no attachment knows, as an upload leaves that died halfway; how many.

    `day` lies two days or more back, so that no upload of it is still under way.
    """
    assert_acting()
    keys = blobs_of_day(day=day)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_attachment_orphans(%s)", [keys])
        orphans = [key for (key,) in cursor.fetchall()]
    blobs_delete(keys=orphans)
    return len(orphans)


def _row(book: Book, transaction_id: UUID, paper: Paper, digest: str, name: str, key: str) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "book": book.pk,
        "transaction": transaction_id,
        "live_max": LIVE_MAX,
        "name": name_clean(text=name, content_type=paper.content_type),
        "content_type": paper.content_type,
        "size_bytes": len(paper.data),
        "sha256": digest,
        "width": paper.width,
        "height": paper.height,
        "storage_key": key,
    }


def _insert(row: dict[str, Any]) -> None:
    with explaining(_GUARDS), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('ledger_attachment:' || %s, 0))",
            [str(row["transaction"])],
        )
        cursor.execute(_INSERT, row)
