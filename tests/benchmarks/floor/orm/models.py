"""The floor schema's tables as ordinary models."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property


class Account(models.Model):
    """A place money sits, or a reason it moves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=80)
    type = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)

    class Meta:
        """Made by sql/floor.sql."""

        managed = False
        db_table = '"floor"."ledger_account"'


class Transaction(models.Model):
    """A header."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    book_id = models.UUIDField()
    date = models.DateField()
    type = models.CharField(max_length=10)
    origin = models.CharField(max_length=10, default="manual")
    description = models.CharField(max_length=200)
    payee = models.CharField(max_length=120, default="", blank=True)
    notes = models.CharField(max_length=2000, default="", blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    status = models.CharField(max_length=10, default="posted")
    is_reconciled = models.BooleanField(default=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    amount_minor = models.BigIntegerField()
    change_id = models.UUIDField(default=uuid.uuid4)
    version = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.UUIDField(null=True)
    external_id = models.CharField(max_length=120, null=True)

    account_id: uuid.UUID
    to_account_id: uuid.UUID | None
    postings: Any
    objects: ClassVar[models.Manager[Transaction]]

    class Meta:
        """Made by sql/floor.sql."""

        managed = False
        db_table = '"floor"."ledger_transaction"'

    @cached_property
    def own_leg(self) -> Posting:
        """The leg on its own account."""
        own: Posting = next(leg for leg in self.postings.all() if leg.account_id == self.account_id)
        return own

    @cached_property
    def to_leg(self) -> Posting | None:
        """A transfer's other leg."""
        return next((leg for leg in self.postings.all() if leg.account_id == self.to_account_id), None)

    @cached_property
    def parts(self) -> list[Posting]:
        """The legs on categories."""
        return [leg for leg in self.postings.all() if leg.account.type in {"income", "expense"}]


class Posting(models.Model):
    """A leg."""

    pk = models.CompositePrimaryKey("transaction_id", "line", "book_id")
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="postings")
    line = models.PositiveSmallIntegerField()
    book_id = models.UUIDField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    base_minor = models.BigIntegerField()

    account_id: uuid.UUID
    objects: ClassVar[models.Manager[Posting]]

    class Meta:
        """Made by sql/floor.sql."""

        managed = False
        db_table = '"floor"."ledger_posting"'
        ordering: ClassVar = ["line"]
