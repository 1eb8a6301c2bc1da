"""What `/v1/transactions` takes and gives."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar, cast

from rest_framework import serializers

from ledger.journal.drafts import Entry
from ledger.journal.rules import (
    DESCRIPTION_MAX,
    EXTERNAL_ID_MAX,
    NOTES_MAX,
    PAYEE_MAX,
    SPLITS_MAX,
    TAG_MAX,
    TAGS_MAX,
    TYPES,
    description_fold,
)
from rupaya.core.api import ClaimField, DateField, Input
from rupaya.core.money import CURRENCY_PLACES, AmountInvalid, Money, money_parse
from rupaya.core.operations import AMOUNT_SCHEMA
from rupaya.core.text import composed, has_hidden, is_key


class AmountField(serializers.Field[Money, Any, Any, Any]):
    """An amount in major units, a JSON number or a string; positive, and never rounded.

    The serializer's context holds the `currency`, the request's own where it names one, and the book's `base`.
    """

    json_schema: ClassVar = {**AMOUNT_SCHEMA, "exclusiveMinimum": 0}

    def __init__(self, *, in_base: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.in_base = in_base

    def to_internal_value(self, data: Any) -> Money:
        """Will parse exactly; raises ValidationError with what is wrong."""
        try:
            money = money_parse(
                number_read(data), currency=self.context["base" if self.in_base else "currency"]
            )
        except AmountInvalid as error:
            raise serializers.ValidationError(error.message, error.field_code) from error
        if money.minor <= 0:
            raise serializers.ValidationError(
                "The amount must be more than zero; `type` says which way it went.", "amount_not_positive"
            )
        return money

    def to_representation(self, value: Money) -> Decimal:
        """The amount in major units."""
        return value.major


class NumberField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An amount whose currency is an account's: the service parses it."""

    json_schema: ClassVar = AMOUNT_SCHEMA

    def to_internal_value(self, data: Any) -> str | int | Decimal:
        """Will take a JSON number or a string."""
        try:
            return number_read(data)
        except AmountInvalid as error:
            raise serializers.ValidationError(error.message, error.field_code) from error

    def to_representation(self, value: Any) -> Any:
        """As it is taken."""
        return value


def number_read(data: Any) -> str | int | Decimal:
    """A JSON number or a string; raises AmountInvalid for anything else."""
    if isinstance(data, bool) or not isinstance(data, int | str | Decimal):
        raise AmountInvalid("Write the amount as a number, for example 500 or 1234.50.")
    return data


class DescriptionField(serializers.CharField):
    """One line of text, white space folded."""

    def to_internal_value(self, data: Any) -> str:
        """Will fold white space and refuse control characters."""
        text = description_fold(text=super().to_internal_value(data))
        if text is None:
            raise serializers.ValidationError("This holds characters that can't be shown.", "invalid")
        if not text:
            raise serializers.ValidationError("This may not be blank.", "blank")
        return text


class KeyField(serializers.CharField):
    """A program's own key: kept as it is sent, or refused. Folded, two keys would become one, and a recording lost."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Will take characters that show, and single spaces between them."""
        text = super().to_internal_value(data)
        if not is_key(text):
            raise serializers.ValidationError(
                "A key is of characters that can be seen, and single spaces between them.", "invalid"
            )
        return text


class LineField(serializers.CharField):
    """One line of text or none, white space folded."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Will fold white space and refuse what can't be shown."""
        text = description_fold(text=super().to_internal_value(data))
        if text is None:
            raise serializers.ValidationError("This holds characters that can't be shown.", "invalid")
        return text


class NotesField(serializers.CharField):
    """Text of several lines or none."""

    def to_internal_value(self, data: Any) -> str:
        """Will keep line breaks and refuse what can't be shown."""
        text = composed(super().to_internal_value(data)).replace("\r\n", "\n")
        if has_hidden(text.replace("\n", "").replace("\t", "")):
            raise serializers.ValidationError("The notes hold characters that can't be shown.", "invalid")
        return text


class TagsField(serializers.ListField):
    """Up to 20 tags; the same tag once, upper and lower case alike."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.CharField(max_length=TAG_MAX)
        super().__init__(child=child, required=False, max_length=TAGS_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Will fold each to lower case on one line."""
        folded = [description_fold(text=tag) for tag in super().to_internal_value(data)]
        if not all(folded):
            raise serializers.ValidationError("A tag is a few characters that can be seen.", "invalid")
        tags = list(dict.fromkeys(composed(tag.casefold()) for tag in folded if tag))
        if any(len(tag) > TAG_MAX for tag in tags):  # ß is one character, and two in the case that is kept
            raise serializers.ValidationError(f"A tag has at most {TAG_MAX} characters.", "max_length")
        return tags


class SplitIn(Input):
    """One part of a split: how much went to which category."""

    category_id = serializers.UUIDField()
    amount = AmountField()


class InCurrency(Input):
    """A shape whose amounts are in the `currency` that it names, else in the context's, else in the book's `base`."""

    def to_internal_value(self, data: Any) -> Any:
        """Will read the amounts in the currency that the request names."""
        named = data.get("currency") if isinstance(data, dict) else None
        currency = named.upper() if isinstance(named, str) else ""
        context = cast("dict[str, Any]", self.context)
        if currency in CURRENCY_PLACES:
            context["currency"] = currency
        else:
            context.setdefault("currency", context["base"])
        return super().to_internal_value(data)

    def validate_currency(self, value: str) -> str:
        """One that RUPAYA knows."""
        if value.upper() not in CURRENCY_PLACES:
            raise serializers.ValidationError(
                f"{value} is not a currency that RUPAYA knows.", "currency_unknown"
            )
        return value.upper()


class TransactionIn(InCurrency):
    """What makes a transaction. `type`, `amount` and `description` are enough.

    The context holds the book's currency as `base`.
    """

    example: ClassVar = {"type": "expense", "amount": 500, "description": "Groceries"}

    type = serializers.ChoiceField(choices=TYPES)
    amount = AmountField()
    description = DescriptionField(max_length=DESCRIPTION_MAX)
    currency = serializers.CharField(max_length=3, required=False)
    base_amount = AmountField(required=False, in_base=True)
    date = DateField(required=False)
    account_id = serializers.UUIDField(required=False)
    to_account_id = serializers.UUIDField(required=False)
    to_amount = NumberField(required=False)
    category_id = serializers.UUIDField(required=False)
    splits = serializers.ListField(child=SplitIn(), required=False, allow_empty=False, max_length=SPLITS_MAX)
    payee = LineField(max_length=PAYEE_MAX)
    notes = NotesField(required=False, allow_blank=True, max_length=NOTES_MAX, trim_whitespace=True)
    tags = TagsField()
    status = serializers.ChoiceField(choices=("pending", "posted"), required=False)
    is_reconciled = ClaimField(required=False)
    external_id = KeyField(required=False, max_length=EXTERNAL_ID_MAX)

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
        if not is_transfer and "to_amount" in attrs:
            sentence = "Only a transfer has it."
            raise serializers.ValidationError(
                {"to_amount": serializers.ErrorDetail(sentence, "to_account_unfit")}
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
    same = ("account_id", "to_account_id", "to_amount", "base_amount", "payee", "notes", "tags", "status",
            "is_reconciled", "external_id")  # fmt: skip
    return Entry(
        type=values["type"],
        date=values.get("date") or today,
        description=values["description"],
        parts=parts or [(values.get("category_id"), values["amount"])],
        **{name: values[name] for name in same if name in values},
    )
