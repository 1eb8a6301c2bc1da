"""How attachments look outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers

from rupaya.core.api import Input

if TYPE_CHECKING:  # queries live in selectors
    from ledger.attachments.models import Attachment


class AttachmentIn(Input):
    """A file."""

    example: ClassVar = {"file": "@receipt.jpg"}

    file = serializers.FileField(
        max_length=1000, allow_empty_file=True, error_messages={"required": "Send the file as `file`."}
    )


def attachment_out(attachment: Attachment, *, download_url: str) -> dict[str, Any]:
    """An attachment, and where its bytes are for the next five minutes."""
    return {**attachment_kept(attachment), "download_url": download_url}


def attachment_kept(attachment: Attachment) -> dict[str, Any]:
    """An attachment, for whoever keeps what they were told: no address that soon leads nowhere."""
    return {
        "id": attachment.pk,
        "book_id": attachment.book_id,
        "transaction_id": attachment.transaction_id,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "width": attachment.width,
        "height": attachment.height,
        "created_at": attachment.created_at,
        "created_by": attachment.created_by,
    }
