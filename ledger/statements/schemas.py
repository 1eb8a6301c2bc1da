"""What the API's statements look like, and what importing one may be refused for."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework import serializers

from ledger.books.access import BookVeiled
from ledger.books.schemas import READS_BOOK, WRITES_BOOK
from ledger.chart.schemas import SHAPES_CHART
from ledger.journal.services import GUARDS
from ledger.statements.parsers.text import StatementUnreadable
from ledger.statements.selectors import StatementNotFound
from ledger.statements.services import (
    AccountTakesNoStatement,
    BalanceDiffers,
    DraftsTooMany,
    StatementPosted,
    StatementRefused,
)
from rupaya.core.operations import CurrencyCode, MajorField, MinorField, Output, Refusals, page_of_shape

READS_STATEMENT: Final[Refusals] = (*READS_BOOK, StatementNotFound)
DRAFTS: Final[Refusals] = (
    *WRITES_BOOK,
    *SHAPES_CHART,
    AccountTakesNoStatement,
    BookVeiled,
    DraftsTooMany,
    StatementRefused,
    StatementUnreadable,
    *GUARDS.values(),
)
DISCARDS: Final[Refusals] = (*WRITES_BOOK, StatementNotFound, StatementPosted, *GUARDS.values())
CONFIRMS: Final[Refusals] = (*DRAFTS, *DISCARDS, BalanceDiffers)

_STATEMENT: Final[dict[str, Any]] = {
    "id": "019ab1c2-5d70-7300-8000-0123456789ab",
    "status": "draft",
    "bank": "HDFC Bank",
    "layout": "hdfc_delimited",
    "account_id": "019ab1c2-5d70-7d05-8000-0123456789ab",
    "account": "HDFC savings",
    "file_name": "july.txt",
    "first_on": "2026-07-01",
    "last_on": "2026-07-31",
    "lines_count": 12,
    "opening": 20000,
    "opening_minor": 2000000,
    "closing": 45212.5,
    "closing_minor": 4521250,
    "currency": "INR",
    "created_at": "2026-11-23T04:30:00.123456Z",
    "posted_at": None,
}
_LINE: Final[dict[str, Any]] = {
    "line_no": 2,
    "date": "2026-07-01",
    "description": "Salary",
    "narration": "NEFT CR-ACME SALARY JUL",
    "reference": "N182251",
    "amount": 85000,
    "amount_minor": 8500000,
    "balance": 105000,
    "balance_minor": 10500000,
    "currency": "INR",
    "is_known": False,
    "transaction_id": None,
}


class StatementOut(Output):
    """A statement in a list."""

    example: ClassVar = _STATEMENT
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=("draft", "posted"))
    bank = serializers.CharField()
    layout = serializers.CharField()
    account_id = serializers.UUIDField()
    account = serializers.CharField()
    file_name = serializers.CharField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    lines_count = serializers.IntegerField()
    opening = MajorField()
    opening_minor = MinorField()
    closing = MajorField()
    closing_minor = MinorField()
    currency = CurrencyCode()
    created_at = serializers.DateTimeField()
    posted_at = serializers.DateTimeField(allow_null=True)


class StatementPreviewOut(StatementOut):
    """A statement with what posting it would do, or did."""

    example: ClassVar = {
        **_STATEMENT,
        "new_count": 11,
        "known_count": 1,
        "money_in": 85000,
        "money_in_minor": 8500000,
        "money_out": 59787.5,
        "money_out_minor": 5978750,
        "balance_after": 45212.5,
        "balance_after_minor": 4521250,
        "difference": 0,
        "difference_minor": 0,
    }
    new_count = serializers.IntegerField()
    known_count = serializers.IntegerField()
    money_in = MajorField()
    money_in_minor = MinorField()
    money_out = MajorField()
    money_out_minor = MinorField()
    balance_after = MajorField()
    balance_after_minor = MinorField()
    difference = MajorField(help_text="What the account would lack to end at the bank's balance.")
    difference_minor = MinorField()


class StatementLineOut(Output):
    """One row as the bank wrote it; amounts are signed, money in is positive."""

    example: ClassVar = _LINE
    line_no = serializers.IntegerField()
    date = serializers.DateField()
    description = serializers.CharField()
    narration = serializers.CharField()
    reference = serializers.CharField()
    amount = MajorField()
    amount_minor = MinorField()
    balance = MajorField()
    balance_minor = MinorField()
    currency = CurrencyCode()
    is_known = serializers.BooleanField(help_text="Whether the books have it already.")
    transaction_id = serializers.UUIDField(allow_null=True)


StatementPage: Final = page_of_shape(StatementOut)
StatementLinePage: Final = page_of_shape(StatementLineOut)
