"""The audit log. Only PostgreSQL writes it, by its triggers and by `audit_event`: see migrations/sql/."""

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
    """One change of one row of an audited table, or one event beside the data. Append-only, in months of UTC.

    `changes`: of an UPDATE each field that changed as `[before, after]`; of an INSERT or DELETE the row itself, without
    what is NULL; of an event what is to be said of it. Hidden fields are left out.
    `resource_type` is the table, `resource_id` the row's id. `about_id`: the person whom a row without a book is about.
    The table's key is (id, created_at); an id alone is found by it too.
    """

    class Action(models.TextChoices):
        """What happened to the row; the rest are events, which `audit_event` takes."""

        INSERT = "INSERT"
        UPDATE = "UPDATE"
        DELETE = "DELETE"
        SIGN_UP = "SIGN_UP"
        SIGN_IN = "SIGN_IN"
        SIGN_IN_FAILED = "SIGN_IN_FAILED"
        SIGN_OUT = "SIGN_OUT"
        REFRESH_REPLAYED = "REFRESH_REPLAYED"
        PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  # no password
        TOKEN_USED = "TOKEN_USED"  # noqa: S105  # no token
        REFUSED = "REFUSED"
        EXPORTED = "EXPORTED"
        PERSON_READ = "PERSON_READ"
        STAFF_ACTED = "STAFF_ACTED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=20)
    action = models.CharField(max_length=30, choices=Action)
    resource_type = models.CharField(max_length=63)
    resource_id = models.CharField(max_length=120)
    book_id = models.UUIDField(null=True)
    changes = models.JSONField()
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.TextField()
    request_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    about_id = models.UUIDField(null=True)

    class Meta:
        """Indexes for a person's, a book's and a row's history, newest first, and for what one request did."""

        db_table = "audit_logs"
        verbose_name = "entry of the log"
        verbose_name_plural = "log"
        indexes: ClassVar = [
            models.Index(fields=["user_id", "-created_at"], name="audit_logs_user"),
            models.Index(fields=["book_id", "-created_at"], name="audit_logs_book"),
            models.Index(fields=["resource_type", "resource_id", "-created_at"], name="audit_logs_resource"),
            models.Index(
                fields=["about_id", "-created_at"],
                name="audit_logs_about",
                condition=models.Q(about_id__isnull=False),
            ),
            models.Index(fields=["request_id"], name="audit_logs_request"),
        ]

    def __str__(self) -> str:
        """What happened to what, as staff read it."""
        return f"{self.get_action_display()}: {self.resource_type} {self.resource_id}"


class Check(models.Model):
    """How the last verification of a name ended; the schema's owner writes it, operators read it."""

    name = models.CharField(max_length=40, primary_key=True)
    differences = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        """One row a name."""

        db_table = "audit_check"
