"""The journal: transactions and their postings.

Rows are written only by the SQL function `ledger_post` and guarded by triggers; see migrations/sql/.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models.functions import Now

from rupaya.core.ids import uuid7

# Minor units a month may add to an account. Far from what 64 bits hold, so that the check speaks before they overflow.
TOTAL_MAX: Final = 10**18


class Transaction(models.Model):
    """A balanced whole: what happened to money on a date, in the book's time zone."""

    class Type(models.TextChoices):
        """Which way money went."""

        INCOME = "income"
        EXPENSE = "expense"
        TRANSFER = "transfer"

    class Origin(models.TextChoices):
        """What wrote it."""

        MANUAL = "manual"
        STATEMENT = "statement"
        OPENING = "opening"
        ADJUSTMENT = "adjustment"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    date = models.DateField()
    type = models.CharField(max_length=10, choices=Type)
    origin = models.CharField(max_length=10, choices=Origin)
    description = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """`ledger_transaction_key` serves three: lists by date, the postings' foreign key, and tenancy."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "date", "id"], name="ledger_transaction_key"),
            models.CheckConstraint(
                condition=models.Q(type__in=["income", "expense", "transfer"]), name="ledger_transaction_type"
            ),
            models.CheckConstraint(
                condition=models.Q(origin__in=["manual", "statement", "opening", "adjustment"]),
                name="ledger_transaction_origin",
            ),
        ]


class Posting(models.Model):
    """One leg. Positive is debit. Append-only."""

    # Not led by the book: for a book too new for statistics the planner would take this key for any query.
    pk = models.CompositePrimaryKey("transaction_id", "line", "book_id")
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="postings", db_constraint=False, db_index=False
    )
    line = models.PositiveSmallIntegerField()
    account = models.ForeignKey(
        "ledger.Account",
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
    )
    date = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    base_minor = models.BigIntegerField()

    class Meta:
        """The covering index carries every balance."""

        indexes: ClassVar = [
            models.Index(
                fields=["book", "account", "date"],
                include=["base_minor", "amount_minor"],
                name="ledger_posting_account",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="ledger_posting_amount_not_zero"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, base_minor__gt=0)
                | models.Q(amount_minor__lt=0, base_minor__lt=0),
                name="ledger_posting_signs_agree",
            ),
        ]


class MonthTotal(models.Model):
    """What a month added to an account. Kept by the postings' trigger; `verify_ledger` recomputes it."""

    pk = models.CompositePrimaryKey("book_id", "account_id", "month")
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    month = models.DateField()
    amount_minor = models.BigIntegerField()
    base_minor = models.BigIntegerField()

    class Meta:
        """A month is named by its first day."""

        db_table = "ledger_month_total"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(month__day=1), name="ledger_month_total_first_day"),
            models.CheckConstraint(
                condition=models.Q(
                    amount_minor__range=(-TOTAL_MAX, TOTAL_MAX), base_minor__range=(-TOTAL_MAX, TOTAL_MAX)
                ),
                name="ledger_month_total_in_range",
            ),
        ]
