"""Reading attachments."""

from __future__ import annotations

from uuid import UUID

from ledger.attachments.models import Attachment
from ledger.books.models import Book
from ledger.journal.models import Transaction
from ledger.journal.selectors import TransactionNotFound
from rupaya.core.errors import NotFound


class AttachmentNotFound(NotFound):
    """Raised when the book has no such attachment, or no more."""

    code = "attachment_not_found"
    title = "There is no such attachment"


def transaction_check(*, book: Book, transaction_id: UUID) -> None:
    """Will raise TransactionNotFound where the book has no such transaction. One query."""
    if not Transaction.objects.filter(book=book, pk=transaction_id).exists():
        raise TransactionNotFound


def attachments_of(*, book: Book, transaction_id: UUID) -> list[Attachment]:
    """The attachments that a transaction has now, oldest first, at most ten. One query; a second where there are none.

    Raises TransactionNotFound.
    """
    found = list(
        Attachment.objects.filter(book=book, transaction_id=transaction_id, removed_at=None).order_by("pk")
    )
    if not found:
        transaction_check(book=book, transaction_id=transaction_id)
    return found


def attachment_of(*, book: Book, attachment_id: UUID) -> Attachment:
    """One attachment that is not removed; raises AttachmentNotFound. One query."""
    found = Attachment.objects.filter(book=book, pk=attachment_id, removed_at=None).first()
    if found is None:
        raise AttachmentNotFound
    return found
