"""The audit log. Only PostgreSQL triggers write it: see migrations/sql/."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from audit.seals.models import Anchor as Anchor
from audit.seals.models import Leaf as Leaf
from audit.seals.models import Seal as Seal
from audit.seals.models import SubjectKey as SubjectKey
from rupaya.core.ids import uuid7


class AuditLog(models.Model):
    """One change of one row of an audited table. Append-only.

    `changes`: of an UPDATE each field that changed as `[before, after]`; of an INSERT or DELETE the row itself, without
    what is NULL. Hidden fields are left out.
    `resource_type` is the table, `resource_id` the row's id.
    """

    class Action(models.TextChoices):
        """What happened to the row."""

        INSERT = "INSERT"
        UPDATE = "UPDATE"
        DELETE = "DELETE"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=20)
    action = models.CharField(max_length=10, choices=Action)
    resource_type = models.CharField(max_length=63)
    resource_id = models.CharField(max_length=120)
    book_id = models.UUIDField(null=True)
    changes = models.JSONField()
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.TextField()
    request_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Indexes for a person's, a book's and a row's history, newest first."""

        db_table = "audit_logs"
        indexes: ClassVar = [
            models.Index(fields=["user_id", "-created_at"], name="audit_logs_user"),
            models.Index(fields=["book_id", "-created_at"], name="audit_logs_book"),
            models.Index(fields=["resource_type", "resource_id", "-created_at"], name="audit_logs_resource"),
        ]


class Check(models.Model):
    """How the last verification of a name ended; the schema's owner writes it, operators read it."""

    name = models.CharField(max_length=40, primary_key=True)
    differences = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        """One row a name."""

        db_table = "audit_check"
