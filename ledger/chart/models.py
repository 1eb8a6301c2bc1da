"""The chart of accounts: where money sits and why it moves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower, Now

from ledger.chart.rules import CATEGORY_KIND, CATEGORY_TYPES, KINDS_WITH, TYPE_OF_KIND
from rupaya.core.ids import uuid7


def _kinds_fit() -> models.Q:
    """Each kind with its type; a category is of income or of expense."""
    fits = models.Q(kind=CATEGORY_KIND, type__in=CATEGORY_TYPES)
    for account_type in dict.fromkeys(TYPE_OF_KIND.values()):
        kinds = [kind for kind, its_type in TYPE_OF_KIND.items() if its_type == account_type]
        fits |= models.Q(type=account_type, kind__in=kinds)
    return fits


def _terms_fit() -> models.Q:
    """Only a card has a limit and a statement's day; a loan has a day on which it is due."""
    columns = {"credit_limit": "credit_limit_minor"}
    fits = models.Q()
    for name, kinds in KINDS_WITH.items():
        absent = models.Q(**{f"{columns.get(name, name)}__isnull": True})
        fits &= absent | models.Q(kind__in=sorted(kinds))
    return fits


class Account(models.Model):
    """A place money sits (asset, liability) or a reason it moves (income, expense: a category; equity).

    `parent` makes a tree within the book. `purpose` marks the few accounts that RUPAYA itself
    reaches for; each exists once a book. What an account is (type, kind) never changes; the currency of what was
    opened with the book does with the book's, while no money is written there. A merged account is closed for ever and
    hidden: its postings went to `merged_into`.
    """

    class Type(models.TextChoices):
        """The five types of double entry."""

        ASSET = "asset"
        LIABILITY = "liability"
        EQUITY = "equity"
        INCOME = "income"
        EXPENSE = "expense"

    class Kind(models.TextChoices):
        """What it is in life."""

        BANK = "bank", "Bank account"
        CASH = "cash", "Cash"
        WALLET = "wallet", "Wallet"
        CREDIT_CARD = "credit_card", "Credit card"
        LOAN = "loan", "Loan"
        DEPOSIT = "deposit", "Deposit"
        INVESTMENT = "investment", "Investment"
        RECEIVABLE = "receivable", "Money lent"
        PROPERTY = "property", "Property"
        OTHER_ASSET = "other_asset", "Gold and other assets"
        PAYABLE = "payable", "Money borrowed"
        OTHER_DEBT = "other_debt", "Other debt"
        CATEGORY = "category", "Category"
        EQUITY = "equity", "Equity"

    class Purpose(models.TextChoices):
        """Which default it serves as."""

        EVERYDAY = "everyday"
        UNCATEGORISED_INCOME = "uncategorised_income"
        UNCATEGORISED_EXPENSE = "uncategorised_expense"
        OPENING = "opening"
        ADJUSTMENT = "adjustment"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Foreign keys within a book are composite with book_id; the migration's SQL makes them.
    book = models.ForeignKey("ledger.Book", on_delete=models.PROTECT, related_name="accounts")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=10, choices=Type)
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    icon = models.CharField(max_length=20, default="", blank=True)
    institution = models.CharField(max_length=80, default="", blank=True)
    number_last4 = models.CharField(max_length=4, default="", blank=True)
    purpose = models.CharField(max_length=25, choices=Purpose, null=True)
    credit_limit_minor = models.BigIntegerField(null=True)
    # Days of a month, for cards; a month that is too short has it on its last day.
    statement_day = models.PositiveSmallIntegerField(null=True)
    due_day = models.PositiveSmallIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # Said once, when it is opened: such an account goes with the last draft of a statement, if nothing else is on it.
    opened_by_upload = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """What an account may be."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "id", "currency"], name="ledger_account_key"),
            models.UniqueConstraint(
                models.F("book"), models.F("type"), Lower("name"), models.F("parent"),
                condition=models.Q(merged_into__isnull=True),
                name="ledger_account_name_free", nulls_distinct=False,
            ),
            models.UniqueConstraint(fields=["book", "purpose"], name="ledger_account_purpose_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="ledger_account_is_named"),
            models.CheckConstraint(
                condition=models.Q(type__in=["asset", "liability", "equity", "income", "expense"]),
                name="ledger_account_type",
            ),
            models.CheckConstraint(condition=_kinds_fit(), name="ledger_account_kind_fits"),
            models.CheckConstraint(condition=_terms_fit(), name="ledger_account_terms_fit"),
            models.CheckConstraint(
                condition=models.Q(purpose__isnull=True) | models.Q(closed_at__isnull=True),
                name="ledger_account_purpose_stays_open",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(closed_at__isnull=False),
                name="ledger_account_merged_stays_closed",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_account_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=models.Q(credit_limit_minor__isnull=True) | models.Q(credit_limit_minor__gte=0),
                name="ledger_account_credit_limit",
            ),
            models.CheckConstraint(
                condition=(models.Q(statement_day__isnull=True) | models.Q(statement_day__range=(1, 31)))
                & (models.Q(due_day__isnull=True) | models.Q(due_day__range=(1, 31))),
                name="ledger_account_days",
            ),
            models.CheckConstraint(
                condition=models.Q(number_last4__regex=r"^[0-9A-Z]{0,4}$"), name="ledger_account_number_is_masked"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """The account's name."""
        return self.name
