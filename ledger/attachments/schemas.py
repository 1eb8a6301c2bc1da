"""What the API's attachments look like, and what keeping one may be refused for."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from ledger.attachments.blobs import StorageUnavailable
from ledger.attachments.formats import AttachmentDamaged, AttachmentTooManyPixels, AttachmentTypeUnknown
from ledger.attachments.rules import ENDINGS
from ledger.attachments.selectors import AttachmentNotFound
from ledger.attachments.services import AttachmentsTooMany
from ledger.books.access import AccountReadOnly, BookNotFound
from ledger.books.schemas import READS_BOOK, WRITES_BOOK
from ledger.journal.selectors import TransactionNotFound
from rupaya.core.operations import Ask, Bytes, Output, Refusals, page_of_shape

TOKEN_ASK: Final = Ask(
    "token",
    "The right to fetch the file; `download_url` has it.",
    {"type": "string", "maxLength": 500},
    is_required=True,
    may_be_empty=True,
)
LISTS: Final[Refusals] = (*READS_BOOK, TransactionNotFound)
READS_ATTACHMENT: Final[Refusals] = (*READS_BOOK, AttachmentNotFound)
REMOVES: Final[Refusals] = (*WRITES_BOOK, AttachmentNotFound, AccountReadOnly)
FETCHES: Final[Refusals] = (AttachmentNotFound, BookNotFound, StorageUnavailable)
ATTACHES: Final[Refusals] = (
    *WRITES_BOOK,
    TransactionNotFound,
    AccountReadOnly,
    AttachmentDamaged,
    AttachmentTooManyPixels,
    AttachmentTypeUnknown,
    AttachmentsTooMany,
    StorageUnavailable,
)


class PaperBytes(Bytes):
    """A paper, of one of the types that are taken."""

    media_types = tuple(ENDINGS)


class AttachmentOut(Output):
    """A receipt or another paper, and where its bytes are for the next five minutes."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7200-8000-0123456789ab",
        "book_id": "019ab1c2-5d70-7b00-8000-0123456789ab",
        "transaction_id": "019ab1c2-5d70-7100-8000-0123456789ab",
        "name": "receipt.jpg",
        "content_type": "image/jpeg",
        "size_bytes": 48213,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "width": 1080,
        "height": 1920,
        "created_at": "2026-11-23T04:30:00.123456Z",
        "created_by": "019ab1c2-5d70-7a10-8000-0123456789ab",
        "download_url": "http://localhost:8000/v1/attachments/019ab1c2-5d70-7200-8000-0123456789ab/file?token=WyIw",
    }
    id = serializers.UUIDField()
    book_id = serializers.UUIDField()
    transaction_id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.UUIDField(allow_null=True)
    download_url = serializers.URLField()


AttachmentPage: Final = page_of_shape(AttachmentOut)
