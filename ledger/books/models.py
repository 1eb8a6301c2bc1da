"""Books and the people who may open them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from rupaya.core.ids import uuid7


class Book(models.Model):
    """One set of books: a person's or a household's. Every other table of the ledger has its `book_id`.

    Nothing is posted on or before `closed_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    base_currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=40)
    fiscal_year_start_month = models.PositiveSmallIntegerField()
    closed_until = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """What a book may be."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="ledger_book_is_named"),
            models.CheckConstraint(
                condition=models.Q(base_currency__regex=r"^[A-Z]{3}$"), name="ledger_book_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start_month__range=(1, 12)), name="ledger_book_fiscal_month"
            ),
        ]

    def __str__(self) -> str:
        """The book's name."""
        return self.name


class Member(models.Model):
    """A person's right in a book."""

    class Role(models.TextChoices):
        """Owner: everything. Editor: writes money. Viewer: reads."""

        OWNER = "owner"
        EDITOR = "editor"
        VIEWER = "viewer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One right a person and book."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "book"], name="ledger_member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "editor", "viewer"]), name="ledger_member_role"
            ),
        ]
