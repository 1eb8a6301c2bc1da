"""The journal: transactions, their postings, and what they were before.

Rows are written only by the SQL functions `ledger_post` and `ledger_amend` and guarded by triggers: migrations/sql/.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Abs, Greatest, Now
from django.db.models.lookups import Exact, LessThan, LessThanOrEqual

from rupaya.core.ids import uuid7

# Minor units a month may add to an account. Far from what 64 bits hold, so that the check speaks before they overflow.
TOTAL_MAX: Final = 10**18
VERSIONS_MAX: Final = 1000  # of edits
VERSIONS_LIVE_MAX: Final = 1100  # beyond edits a transaction only becomes void and is restored


class Header(models.Model):
    """What a version of a transaction says, beside its legs."""

    class Type(models.TextChoices):
        """Which way money went."""

        INCOME = "income"
        EXPENSE = "expense"
        TRANSFER = "transfer"

    class Status(models.TextChoices):
        """Pending counts like posted; void counts no more."""

        PENDING = "pending"
        POSTED = "posted"
        VOID = "void"

    date = models.DateField()
    type = models.CharField(max_length=10, choices=Type)
    description = models.CharField(max_length=200)
    payee = models.CharField(max_length=120, default="", db_default="")
    notes = models.CharField(max_length=2000, default="", db_default="")
    tags = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    status = models.CharField(max_length=10, choices=Status, default=Status.POSTED, db_default="posted")
    is_reconciled = models.BooleanField(default=False, db_default=False)
    # The accounts that hold or owe the money; categories are in the postings alone.
    account = models.ForeignKey(
        "ledger.Account", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    to_account = models.ForeignKey(
        "ledger.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    amount_minor = models.BigIntegerField()
    # Which made this version; it names the version's undo.
    change_id = models.UUIDField()
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.UUIDField(null=True)

    class Meta:
        """Two tables: as it is, and as it was."""

        abstract = True


class Transaction(Header):
    """A balanced whole: what happened to money on a date, in the book's time zone.

    Its present legs are the postings from `first_line` on. `external_id` is a client's own key, used once an account
    for ever, whatever becomes of the transaction.
    """

    class Origin(models.TextChoices):
        """What wrote it."""

        MANUAL = "manual"
        STATEMENT = "statement"
        OPENING = "opening"
        ADJUSTMENT = "adjustment"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(
        "ledger.Book", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    origin = models.CharField(max_length=10, choices=Origin)
    external_id = models.CharField(max_length=120, null=True)
    external_account = models.ForeignKey(
        "ledger.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    version = models.SmallIntegerField(default=1, db_default=1)
    first_line = models.SmallIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """`ledger_transaction_key` serves lists by date. Search has indexes of its own, made in SQL.

        What the words of a header may be is asked by its guards: `ledger_header_problem`.
        """

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "date", "id"], name="ledger_transaction_key"),
            models.UniqueConstraint(
                fields=["book", "external_account", "external_id"],
                condition=models.Q(external_id__isnull=False),
                name="ledger_transaction_external_once",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="ledger_transaction_amount_positive"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["change_id"], name="ledger_transaction_of_change")]


class TransactionVersion(Header):
    """What a transaction said before a change; append-only. Its legs are the postings `first_line` to `last_line`."""

    pk = models.CompositePrimaryKey("transaction_id", "version", "book_id")
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="versions", db_constraint=False, db_index=False
    )
    version = models.PositiveSmallIntegerField()
    first_line = models.PositiveSmallIntegerField()
    last_line = models.PositiveSmallIntegerField()

    class Meta:
        """One row a superseded version."""

        db_table = "ledger_transaction_version"
        indexes: ClassVar = [models.Index(fields=["change_id"], name="ledger_version_change")]


class Posting(models.Model):
    """One leg. Positive is debit. Append-only but for `retired_at`, which a later version of the transaction sets once.

    A leg counts from `recorded_at` until `retired_at`; so a report can be asked as it was known at any instant.
    """

    # Not led by the book: for a book too new for statistics the planner would take this key for any query.
    pk = models.CompositePrimaryKey("transaction_id", "line", "book_id")
    book = models.ForeignKey(
        "ledger.Book", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="postings", db_constraint=False, db_index=False
    )
    line = models.SmallIntegerField()
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
    recorded_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)

    class Meta:
        """The covering index carries every balance: of the legs that count. The other, what was once known."""

        indexes: ClassVar = [
            models.Index(
                fields=["book", "account", "date"],
                include=["base_minor", "amount_minor", "recorded_at"],
                condition=models.Q(retired_at__isnull=True),
                name="ledger_posting_live",
            ),
            models.Index(
                fields=["book", "account", "retired_at"],
                condition=models.Q(retired_at__isnull=False),
                name="ledger_posting_retired",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="ledger_posting_amount_not_zero"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    Exact(LessThan(models.F("amount_minor"), 0), LessThan(models.F("base_minor"), 0))
                )
                & ~models.Q(base_minor=0),
                name="ledger_posting_signs_agree",
            ),
        ]


class MonthTotal(models.Model):
    """What a month added to an account. Kept by the postings' trigger; `verify_ledger` recomputes it."""

    pk = models.CompositePrimaryKey("book_id", "account_id", "month")
    book = models.ForeignKey(
        "ledger.Book", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
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
            models.CheckConstraint(
                condition=models.Q(
                    LessThanOrEqual(Greatest(Abs("amount_minor"), Abs("base_minor")), TOTAL_MAX)
                ),
                name="ledger_month_total_in_range",
            ),
        ]
