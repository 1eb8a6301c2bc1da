"""A receipt, or another paper of a transaction. The bytes lie in the storage, under `storage_key`."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from ledger.attachments.rules import ENDINGS, FILE_BYTES_MAX, LIVE_MAX, NAME_MAX
from rupaya.core.ids import uuid7


class Attachment(models.Model):
    """One file of a transaction. Never changes; `removed_at` is set once, by the database's own clock.

    `slot` numbers the attachments that a transaction has now: a number can be taken once, so there can't be more than
    numbers, whoever writes at the same time. `sha256` is of what is stored. Pixels as stored, None for a PDF.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction = models.ForeignKey(
        "ledger.Transaction", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    slot = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=NAME_MAX)
    content_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    storage_key = models.CharField(max_length=60)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.UUIDField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """What is there now is found by its transaction; what was removed, by when."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["transaction", "slot"],
                condition=models.Q(removed_at=None),
                name="ledger_attachment_slot",
            ),
            models.UniqueConstraint(
                fields=["transaction", "sha256"],
                condition=models.Q(removed_at=None),
                name="ledger_attachment_once",
            ),
            models.UniqueConstraint(fields=["storage_key"], name="ledger_attachment_blob"),
            models.CheckConstraint(
                condition=models.Q(slot__range=(1, LIVE_MAX)), name="ledger_attachment_limit"
            ),
            models.CheckConstraint(
                condition=models.Q(size_bytes__range=(1, FILE_BYTES_MAX)), name="ledger_attachment_size"
            ),
            models.CheckConstraint(
                condition=models.Q(content_type__in=list(ENDINGS)), name="ledger_attachment_type"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="ledger_attachment_is_named"),
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="ledger_attachment_sha256"
            ),
            # The key is a place below one folder, and no other: a path that climbs is not one.
            models.CheckConstraint(
                condition=models.Q(
                    storage_key__regex=r"^attachments/[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9a-f]{32}$"
                ),
                name="ledger_attachment_key",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["removed_at"],
                condition=models.Q(removed_at__isnull=False),
                name="ledger_attachment_removed",
            )
        ]
