"""What `/v1/transactions` takes and gives."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from rest_framework import serializers

from ledger.journal.rules import (
    DESCRIPTION_MAX,
    EARLIEST,
    LATEST,
    SPLITS_MAX,
    TransactionView,
    description_fold,
)
from ledger.journal.services import Entry
from rupaya.core.api import Input
from rupaya.core.money import AmountInvalid, Money, money_parse

if TYPE_CHECKING:  # queries live in selectors
    from ledger.books.models import Book

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TYPES: Final = ("income", "expense", "transfer")


class AmountField(serializers.Field[Money, Any, Any, Any]):
    """An amount in major units, a JSON number or a string; positive, and never rounded.

    The serializer's context holds the `currency`.
    """

    def to_internal_value(self, data: Any) -> Money:
        """Will parse exactly; raises ValidationError with what is wrong."""
        if isinstance(data, bool) or not isinstance(data, int | str | Decimal):
            raise serializers.ValidationError(
                "Write the amount as a number, for example 500 or 1234.50.", "amount_invalid"
            )
        try:
            money = money_parse(data, currency=self.context["currency"])
        except AmountInvalid as error:
            raise serializers.ValidationError(error.message, error.code) from error
        if money.minor <= 0:
            raise serializers.ValidationError(
                "The amount must be more than zero; `type` says which way it went.", "amount_not_positive"
            )
        return money

    def to_representation(self, value: Money) -> Decimal:
        """The amount in major units."""
        return value.major


class DateField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A day as `YYYY-MM-DD`, in these digits and no other form."""

    def to_internal_value(self, data: Any) -> dt.date:
        """Will read the day; raises ValidationError for anything else, and for what can only be a typing error."""
        try:
            day = dt.date.fromisoformat(data) if isinstance(data, str) and _DAY.fullmatch(data) else None
        except ValueError:
            day = None
        if day is None:
            raise serializers.ValidationError(
                "Write the date as YYYY-MM-DD, for example 2026-11-23.", "invalid"
            )
        if not EARLIEST <= day <= LATEST:
            raise serializers.ValidationError(
                f"The date must lie between {EARLIEST} and {LATEST}.", "date_out_of_range"
            )
        return day

    def to_representation(self, value: dt.date) -> str:
        """The day as it is taken."""
        return value.isoformat()


class DescriptionField(serializers.CharField):
    """One line of text, white space folded."""

    def to_internal_value(self, data: Any) -> str:
        """Will fold white space and refuse control characters."""
        text = description_fold(text=super().to_internal_value(data))
        if text is None:
            raise serializers.ValidationError(
                "The description holds characters that can't be shown.", "invalid"
            )
        if not text:
            raise serializers.ValidationError("The description may not be blank.", "blank")
        return text


class SplitIn(Input):
    """One part of a split: how much went to which category."""

    category_id = serializers.UUIDField()
    amount = AmountField()


class TransactionIn(Input):
    """What makes a transaction. `type`, `amount` and `description` are enough."""

    type = serializers.ChoiceField(choices=_TYPES)
    amount = AmountField()
    description = DescriptionField(max_length=DESCRIPTION_MAX)
    currency = serializers.CharField(max_length=3, required=False)
    date = DateField(required=False)
    account_id = serializers.UUIDField(required=False)
    to_account_id = serializers.UUIDField(required=False)
    category_id = serializers.UUIDField(required=False)
    splits = serializers.ListField(child=SplitIn(), required=False, allow_empty=False, max_length=SPLITS_MAX)

    def validate_currency(self, value: str) -> str:
        """A book of one currency takes that currency."""
        if value.upper() != self.context["currency"]:
            raise serializers.ValidationError(
                f"This book is kept in {self.context['currency']}.", "currency_unfit"
            )
        return value.upper()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What fits together: a transfer has another account, a split adds up to its amount."""
        is_transfer = attrs["type"] == "transfer"
        if is_transfer != ("to_account_id" in attrs):
            sentence = (
                "A transfer needs the account that the money goes to."
                if is_transfer
                else "Only a transfer has it."
            )
            raise serializers.ValidationError(
                {"to_account_id": serializers.ErrorDetail(sentence, "to_account_unfit")}
            )
        for name in ("category_id", "splits"):
            if name in attrs and (is_transfer or {"category_id", "splits"} <= attrs.keys()):
                sentence = (
                    "A transfer has no category." if is_transfer else "Give either category_id or splits."
                )
                raise serializers.ValidationError({name: serializers.ErrorDetail(sentence, "category_unfit")})
        splits = attrs.get("splits", [])
        if splits and sum(split["amount"].minor for split in splits) != attrs["amount"].minor:
            sentence = "The splits must add up to the amount."
            raise serializers.ValidationError({"splits": serializers.ErrorDetail(sentence, "splits_unequal")})
        return attrs


def entry_of(values: dict[str, Any], *, today: dt.date) -> Entry:
    """The entry that validated input stands for; without a date it is today's."""
    parts = [(split["category_id"], split["amount"]) for split in values.get("splits", [])]
    return Entry(
        type=values["type"],
        date=values.get("date") or today,
        description=values["description"],
        parts=parts or [(values.get("category_id"), values["amount"])],
        account_id=values.get("account_id"),
        to_account_id=values.get("to_account_id"),
    )


def transaction_out(view: TransactionView, *, book: Book) -> dict[str, Any]:
    """A transaction as `/v1/transactions` gives it; `amount` is positive and `type` tells the way."""
    single = view.parts[0] if len(view.parts) == 1 else None
    return {
        "id": view.id,
        "book_id": book.pk,
        "type": view.type,
        "origin": view.origin,
        "amount": view.amount.major,
        "amount_minor": view.amount.minor,
        "currency": view.amount.currency,
        "description": view.description,
        "date": view.date,
        "account_id": view.account_id,
        "account": view.account,
        "to_account_id": view.to_account_id,
        "to_account": view.to_account or None,
        "category_id": single.category_id if single else None,
        "category": view.category,
        "splits": [
            {
                "category_id": part.category_id,
                "category": part.category,
                "amount": part.amount.major,
                "amount_minor": part.amount.minor,
            }
            for part in (view.parts if len(view.parts) > 1 else ())
        ],
        "created_at": view.created_at,
    }
