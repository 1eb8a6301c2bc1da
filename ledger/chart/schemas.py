"""What the API's answers about accounts and categories look like, and what their trees refuse."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from rest_framework import serializers

from ledger.books.schemas import READS_BOOK, WRITES_BOOK
from ledger.chart.rules import ACCOUNT_TYPES, CATEGORY_TYPES, TYPE_OF_KIND
from ledger.chart.selectors import AccountNotFound, AccountUnknown
from ledger.chart.services import GUARDS, AccountMerged, AccountNameInvalid
from rupaya.core.operations import Ask, CurrencyCode, MajorField, MinorField, Output, Refusals, page_of_shape

SHAPES_CHART: Final[Refusals] = (
    AccountMerged,
    AccountNameInvalid,
    AccountUnknown,
    *GUARDS.values(),
)
WRITES_CHART: Final[Refusals] = (*WRITES_BOOK, *SHAPES_CHART)
READS_ACCOUNT: Final[Refusals] = (*READS_BOOK, AccountNotFound)
WRITES_ACCOUNT: Final[Refusals] = (*WRITES_CHART, AccountNotFound)
CLOSED_ASK: Final = Ask(
    "include_closed", "Whether closed ones are listed too.", {"type": "boolean", "default": False}
)

_ACCOUNT: Final[dict[str, Any]] = {
    "id": "019ab1c2-5d70-7d00-8000-0123456789ab",
    "name": "HDFC credit card",
    "path": ["Cards", "HDFC credit card"],
    "type": "liability",
    "kind": "credit_card",
    "currency": "INR",
    "parent_id": "019ab1c2-5d70-7d01-8000-0123456789ab",
    "icon": "card",
    "institution": "HDFC Bank",
    "number_last4": "4021",
    "credit_limit": 200000,
    "credit_limit_minor": 20000000,
    "statement_day": 18,
    "due_day": 7,
    "is_everyday": False,
    "is_closed": False,
    "merged_into_id": None,
}
_CATEGORY: Final[dict[str, Any]] = {
    "id": "019ab1c2-5d70-7d02-8000-0123456789ab",
    "name": "Groceries",
    "path": ["Food", "Groceries"],
    "type": "expense",
    "icon": "basket",
    "parent_id": "019ab1c2-5d70-7d03-8000-0123456789ab",
    "is_uncategorised": False,
    "is_closed": False,
    "merged_into_id": None,
}


class AccountOut(Output):
    """An account's structure; its balance stands in the list."""

    example: ClassVar = _ACCOUNT
    id = serializers.UUIDField()
    name = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField(), help_text="The names from the top down.")
    type = serializers.ChoiceField(choices=ACCOUNT_TYPES)
    kind = serializers.ChoiceField(choices=tuple(TYPE_OF_KIND))
    currency = CurrencyCode()
    parent_id = serializers.UUIDField(allow_null=True)
    icon = serializers.CharField()
    institution = serializers.CharField()
    number_last4 = serializers.CharField()
    credit_limit = MajorField(allow_null=True)
    credit_limit_minor = MinorField(allow_null=True)
    statement_day = serializers.IntegerField(allow_null=True)
    due_day = serializers.IntegerField(allow_null=True)
    is_everyday = serializers.BooleanField(help_text="Where money comes from if nobody says otherwise.")
    is_closed = serializers.BooleanField()
    merged_into_id = serializers.UUIDField(allow_null=True)


class CategoryOut(Output):
    """A category: why money comes in or goes out."""

    example: ClassVar = _CATEGORY
    id = serializers.UUIDField()
    name = serializers.CharField()
    path = serializers.ListField(child=serializers.CharField(), help_text="The names from the top down.")
    type = serializers.ChoiceField(choices=CATEGORY_TYPES)
    icon = serializers.CharField()
    parent_id = serializers.UUIDField(allow_null=True)
    is_uncategorised = serializers.BooleanField(help_text="What stands where nobody named a category.")
    is_closed = serializers.BooleanField()
    merged_into_id = serializers.UUIDField(allow_null=True)


CategoryPage: Final = page_of_shape(CategoryOut)
