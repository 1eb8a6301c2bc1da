"""Books and the people who may open them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length, Lower, Now
from django.db.models.lookups import Exact

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
    month_start_day = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="1 to 28, or 31 for the last day of each month."
    )
    closed_until = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """What a book may be."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="ledger_book_is_named"),
            models.CheckConstraint(
                condition=Q(base_currency__regex=r"^[A-Z]{3}$"), name="ledger_book_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(fiscal_year_start_month__range=(1, 12)), name="ledger_book_fiscal_month"
            ),
            models.CheckConstraint(
                condition=Q(month_start_day__range=(1, 28)) | Q(month_start_day=31),
                name="ledger_book_month_start",
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
                condition=Q(role__in=["owner", "editor", "viewer"]), name="ledger_member_role"
            ),
        ]


class Invitation(models.Model):
    """A letter that lets one person into a book, once. Of its token only the SHA-256 is kept.

    Open until it is accepted, revoked or past `expires_at`; written by the database's functions alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Member.Role)
    token_hash = models.BinaryField(max_length=32)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """One open invitation an address and book; a token leads to one invitation."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token_hash"], name="ledger_invitation_token_once"),
            models.UniqueConstraint(
                F("book"), Lower("email"),
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="ledger_invitation_address_once",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "editor", "viewer"]), name="ledger_invitation_role"
            ),
            models.CheckConstraint(
                condition=Exact(Length("token_hash"), Value(32)), name="ledger_invitation_hash_is_sha256"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="ledger_invitation_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at__isnull=True),
                name="ledger_invitation_accepted_by_somebody",
            ),
        ]  # fmt: skip


class AccountVisibility(models.Model):
    """What a member sees of one account, where that is less than everything. It goes with the member."""

    class Level(models.TextChoices):
        """Read: nothing can be written to it. Hidden: it does not exist for the member."""

        READ = "read"
        HIDDEN = "hidden"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    visibility = models.CharField(max_length=6, choices=Level)

    class Meta:
        """One level a member and account. The member leads the key: each query asks for the actor's own."""

        db_table = "ledger_account_visibility"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "account", "book"], name="ledger_account_visibility_once"
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=["read", "hidden"]), name="ledger_account_visibility_level"
            ),
        ]
