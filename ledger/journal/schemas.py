"""What the API's transactions look like, how a list is filtered, and what writing one may be refused for."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework import serializers

from ledger.books.schemas import BOOK_ASK, READS_BOOK, WRITES_BOOK
from ledger.chart.selectors import AccountUnknown
from ledger.chart.services import AccountMerged
from ledger.journal.drafts import AccountUnfit, AmountUnfit, TransferToItself
from ledger.journal.query.nodes import QueryInvalid
from ledger.journal.query.tokens import CHARACTERS_MAX
from ledger.journal.rules import PAYEE_MAX, STATUSES, TAG_MAX, TYPES
from ledger.journal.services import GUARDS, ExternalIdTwice
from rupaya.core.operations import (
    AMOUNT_SCHEMA,
    DAY_SCHEMA,
    Ask,
    CurrencyCode,
    MajorField,
    MinorField,
    Output,
    Refusals,
    page_of_shape,
)
from rupaya.core.parameters import IDS_MAX, FilterInvalid

POSTS: Final[Refusals] = (
    *WRITES_BOOK,
    AccountUnknown,
    AccountUnfit,
    AccountMerged,
    AmountUnfit,
    TransferToItself,
    ExternalIdTwice,
    *GUARDS.values(),
)
FILTERS: Final[Refusals] = (*READS_BOOK, FilterInvalid)
LISTS: Final[Refusals] = (*FILTERS, QueryInvalid)

_ID: Final = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_IDS: Final = {"type": "string", "pattern": f"^{_ID}(,{_ID}){{0,{IDS_MAX - 1}}}$"}
_SEEN: Final = {"type": "string", "pattern": r"\S"}
_TRUTH: Final = {"type": "boolean"}
_AMOUNT: Final = {**AMOUNT_SCHEMA, "type": "string"}


def ids_ask(name: str, description: str) -> Ask:
    """A parameter that takes ids with commas between."""
    return Ask(name, f"{description} Up to {IDS_MAX} ids with commas between.", _IDS)


def choice_ask(name: str, description: str, choices: tuple[str, ...]) -> Ask:
    """A parameter that takes one of a few words."""
    return Ask(name, description, {"type": "string", "enum": list(choices)})


def day_ask(name: str, description: str) -> Ask:
    """A parameter that takes a day."""
    return Ask(name, description, DAY_SCHEMA)


FILTER_ASKS: Final = (
    BOOK_ASK,
    choice_ask("type", "That type.", TYPES),
    choice_ask("status", "That status; without it void ones are left out.", (*STATUSES, "all")),
    day_ask("since", "From that day on."),
    day_ask("until", "Up to that day, inclusive."),
    ids_ask("account_id", "Money from or to one of these accounts."),
    ids_ask("category_id", "A part in one of these categories or below."),
    ids_ask("posting_account_id", "A part on exactly one of these accounts or categories."),
    Ask("payee", "Exactly that payee, upper and lower case alike.", {**_SEEN, "maxLength": PAYEE_MAX}),
    Ask("tag", "Exactly that tag, upper and lower case alike.", {**_SEEN, "maxLength": TAG_MAX}),
    Ask("amount_min", "At least that, in major units of each transaction's currency.", _AMOUNT),
    Ask("amount_max", "At most that, in major units of each transaction's currency.", _AMOUNT),
    Ask("is_reconciled", "Whether it was ticked off against the bank.", _TRUTH),
    Ask("has_attachment", "Whether it has a receipt or another paper.", _TRUTH),
    Ask(
        "q",
        "What the dashboard's search field takes, for example `swiggy -refund amount:>500`.",
        {"type": "string", "maxLength": CHARACTERS_MAX},
        may_be_empty=True,
    ),
)  # fmt: skip


class SplitOut(Output):
    """One part of a split, in the book's currency."""

    category_id = serializers.UUIDField()
    category = serializers.CharField()
    amount = MajorField()
    amount_minor = MinorField()
    currency = CurrencyCode()


_TRANSACTION: Final[dict[str, Any]] = {
    "id": "019ab1c2-5d70-7100-8000-0123456789ab",
    "book_id": "019ab1c2-5d70-7b00-8000-0123456789ab",
    "type": "expense",
    "origin": "manual",
    "status": "posted",
    "is_reconciled": False,
    "amount": 500,
    "amount_minor": 50000,
    "currency": "INR",
    "base_amount": 500,
    "base_amount_minor": 50000,
    "base_currency": "INR",
    "description": "Groceries",
    "payee": "More Supermarket",
    "notes": "",
    "tags": ["diwali"],
    "date": "2026-11-23",
    "account_id": "019ab1c2-5d70-7d04-8000-0123456789ab",
    "account": "Cash",
    "to_account_id": None,
    "to_account": None,
    "to_amount": None,
    "to_amount_minor": None,
    "to_currency": None,
    "rate": None,
    "category_id": "019ab1c2-5d70-7d02-8000-0123456789ab",
    "category": "Groceries",
    "splits": [],
    "external_id": "UPI-4415",
    "version": 1,
    "undo_token": "019ab1c2-5d70-7f00-8000-0123456789ab",
    "created_at": "2026-11-23T04:30:00.123456Z",
    "changed_at": "2026-11-23T04:30:00.123456Z",
    "changed_by": "019ab1c2-5d70-7a10-8000-0123456789ab",
}


class TransactionOut(Output):
    """A transaction. `amount` is positive; which way it went, `type` says."""

    example: ClassVar = _TRANSACTION
    id = serializers.UUIDField()
    book_id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=TYPES)
    origin = serializers.ChoiceField(choices=("manual", "statement", "opening", "adjustment"))
    status = serializers.ChoiceField(choices=STATUSES)
    is_reconciled = serializers.BooleanField()
    amount = MajorField()
    amount_minor = MinorField()
    currency = CurrencyCode()
    base_amount = MajorField(help_text="What the whole is worth in the book's currency.")
    base_amount_minor = MinorField()
    base_currency = CurrencyCode()
    description = serializers.CharField()
    payee = serializers.CharField()
    notes = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    date = serializers.DateField()
    account_id = serializers.UUIDField()
    account = serializers.CharField()
    to_account_id = serializers.UUIDField(allow_null=True)
    to_account = serializers.CharField(allow_null=True)
    to_amount = MajorField(allow_null=True)
    to_amount_minor = MinorField(allow_null=True)
    to_currency = CurrencyCode(allow_null=True)
    rate = MajorField(allow_null=True, help_text="`to_amount` for one of `amount`, between two currencies.")
    category_id = serializers.UUIDField(allow_null=True)
    category = serializers.CharField(allow_null=True)
    splits = SplitOut(many=True)
    external_id = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(min_value=1)
    undo_token = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    changed_by = serializers.UUIDField(allow_null=True)


TransactionPage: Final = page_of_shape(TransactionOut)
