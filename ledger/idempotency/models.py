"""The keys of requests that moved money, with their answers."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact, LessThanOrEqual

from ledger.idempotency.rules import BODY_BYTES_MAX, KEY_MAX


class IdempotencyKey(models.Model):
    """A person's key and what its request was answered; written once, and purged after a day.

    `fingerprint` is the request's SHA-256. `status`, `headers` and `body` are written with the row, in the
    transaction of the change: where the change is, its answer is. (They are nullable for the release before.)
    """

    pk = models.CompositePrimaryKey("user_id", "key")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key = models.CharField(max_length=KEY_MAX)
    fingerprint = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.BinaryField(null=True)

    class Meta:
        """What a key and its answer may be."""

        db_table = "ledger_idempotency_key"
        indexes: ClassVar = [models.Index(fields=["created_at"], name="ledger_idempotency_key_age")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[!-~]+$"), name="ledger_idempotency_key_is_visible"
            ),
            models.CheckConstraint(
                condition=Exact(Length("fingerprint"), models.Value(32)),
                name="ledger_idempotency_key_fingerprint",
            ),
            models.CheckConstraint(
                condition=models.Q(status__isnull=True, headers__isnull=True, body__isnull=True)
                | models.Q(status__isnull=False, headers__isnull=False, body__isnull=False),
                name="ledger_idempotency_key_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(status__range=(200, 299)), name="ledger_idempotency_key_answer_is_success"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("body"), models.Value(BODY_BYTES_MAX)),
                name="ledger_idempotency_key_body_fits",
            ),
        ]
