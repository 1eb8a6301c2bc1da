"""A bank's file and its rows, as the bank wrote them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from rupaya.core.ids import uuid7


class Statement(models.Model):
    """One file for one account. A draft until its new rows are posted in one go."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    layout = models.CharField(max_length=30)
    bank = models.CharField(max_length=80)
    file_name = models.CharField(max_length=120)
    file_sha256 = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    first_on = models.DateField()
    last_on = models.DateField()
    opening_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    lines_count = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    posted_at = models.DateTimeField(null=True)

    class Meta:
        """A list by book, newest first; the key that lines refer to."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "id", "account"], name="ledger_statement_key"),
            models.UniqueConstraint(
                fields=["book", "account", "file_sha256"], name="ledger_statement_file_once"
            ),
            models.CheckConstraint(
                condition=models.Q(first_on__lte=models.F("last_on")), name="ledger_statement_dates"
            ),
        ]


class StatementLine(models.Model):
    """One row. Only `transaction` is ever filled in; the bank's words stay as they came.

    `fingerprint` is equal for the same bank row in any file, and posted once an account.
    """

    # Not led by the book, so that a book too new for statistics still finds fingerprints by their own index.
    pk = models.CompositePrimaryKey("statement_id", "line_no", "book_id")
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line_no = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    date = models.DateField()
    value_date = models.DateField(null=True)
    narration = models.CharField(max_length=500)
    description = models.CharField(max_length=200)
    reference = models.CharField(max_length=60)
    amount_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64)
    transaction = models.ForeignKey(
        "ledger.Transaction",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        """The same bank row is posted once, whoever tries and however often."""

        db_table = "ledger_statement_line"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["book", "account", "fingerprint"],
                condition=models.Q(transaction__isnull=False),
                name="ledger_statement_line_posted_once",
            ),
            models.UniqueConstraint(
                fields=["statement", "position", "book"], name="ledger_statement_line_position"
            ),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="ledger_statement_line_amount"),
        ]
