"""What a change takes, and how a transaction's history looks outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import orjson
from rest_framework import serializers

from ledger.journal.models import VERSIONS_LIVE_MAX
from ledger.journal.rules import BATCH_MAX, DESCRIPTION_MAX, NOTES_MAX, PAYEE_MAX, SPLITS_MAX, TYPES
from ledger.journal.serializers import (
    AmountField,
    DescriptionField,
    InCurrency,
    LineField,
    NotesField,
    NumberField,
    SplitIn,
    TagsField,
)
from rupaya.core.api import ClaimField, DateField, Input, input_read
from rupaya.core.errors import FieldError, Invalid


class TransactionChange(InCurrency):
    """What of a transaction changes; what is left out stays. `category_id: null` takes the category away.

    The context holds the transaction's `currency`, and the book's as `base`.
    """

    example: ClassVar = {"amount": 540, "tags": ["diwali"]}

    type = serializers.ChoiceField(choices=TYPES, required=False)
    amount = AmountField(required=False)
    currency = serializers.CharField(max_length=3, required=False)
    base_amount = AmountField(required=False, in_base=True)
    description = DescriptionField(required=False, max_length=DESCRIPTION_MAX)
    date = DateField(required=False)
    account_id = serializers.UUIDField(required=False)
    to_account_id = serializers.UUIDField(required=False)
    to_amount = NumberField(required=False)
    category_id = serializers.UUIDField(required=False, allow_null=True)
    splits = serializers.ListField(child=SplitIn(), required=False, allow_empty=False, max_length=SPLITS_MAX)
    payee = LineField(max_length=PAYEE_MAX)
    notes = NotesField(required=False, allow_blank=True, max_length=NOTES_MAX)
    tags = TagsField()
    status = serializers.ChoiceField(choices=("pending", "posted"), required=False)
    is_reconciled = ClaimField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A category or splits, not both; an amount goes with a currency that is named."""
        if {"category_id", "splits"} <= attrs.keys():
            sentence = "Give either category_id or splits."
            raise serializers.ValidationError({"splits": serializers.ErrorDetail(sentence, "category_unfit")})
        if "currency" in attrs and not {"amount", "splits"} & attrs.keys():
            sentence = "Give the amount in that currency too."
            raise serializers.ValidationError(
                {"currency": serializers.ErrorDetail(sentence, "amount_missing")}
            )
        return attrs


class BatchChange(TransactionChange):
    """One change of a batch. `version`, where given, must be the one that stands."""

    example: ClassVar = {"id": "019ab1c2-5d70-7100-8000-0123456789ab", "is_reconciled": True}

    id = serializers.UUIDField()
    version = serializers.IntegerField(required=False, min_value=1, max_value=VERSIONS_LIVE_MAX + 1)


class UndoIn(Input):
    """Which change to take back."""

    example: ClassVar = {"undo_token": "019ab1c2-5d70-7f00-8000-0123456789ab"}

    undo_token = serializers.UUIDField()


def batch_read(data: Any) -> list[Mapping[str, Any]]:
    """The items of `{"transactions": […]}`; raises Invalid where there are none, or more than 500."""
    items = data.get("transactions") if isinstance(data, Mapping) and set(data) == {"transactions"} else None
    if not isinstance(items, list) or not 1 <= len(items) <= BATCH_MAX:
        message = f"Send {{“transactions”: […]}} with 1 to {BATCH_MAX} of them and nothing else."
        raise Invalid(message, errors=[FieldError("transactions", "invalid", message)])
    return items


def ids_read(items: list[Mapping[str, Any]]) -> list[UUID]:
    """The transactions that a batch changes; raises Invalid naming each item without an id, or with one of before."""
    ids: list[UUID] = []
    errors = []
    for index, item in enumerate(items):
        place = f"transactions.{index}.id"
        identity = _uuid(item.get("id") if isinstance(item, Mapping) else None)
        if identity is None:
            errors.append(FieldError(place, "invalid", "Each change names its transaction's id, a UUID."))
        elif identity in ids:
            errors.append(FieldError(place, "id_twice", "Each transaction may be in a batch once."))
        else:
            ids.append(identity)
    if errors:
        raise Invalid(f"{errors[0].field}: {errors[0].message}", errors=errors)
    return ids


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def items_read(
    shape: type[Input], items: Sequence[Any], *, contexts: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Will validate each item of a batch; raises Invalid naming every wrong field as `transactions.3.amount`."""
    values, errors = [], []
    for index, (item, context) in enumerate(zip(items, contexts, strict=True)):
        if not isinstance(item, Mapping):
            errors.append(
                FieldError(f"transactions.{index}", "invalid", "Each transaction is a JSON object.")
            )
            continue
        try:
            values.append(input_read(shape, data=item, context=context))
        except Invalid as error:
            place = f"transactions.{index}"
            errors += [
                FieldError(f"{place}.{inner.field}" if inner.field else place, inner.code, inner.message)
                for inner in (error.errors or [FieldError("", error.code, error.message)])
            ]
    if errors:
        raise Invalid(f"{errors[0].field}: {errors[0].message}", errors=errors)
    return values


def version_out(body: bytes, names: Mapping[str, str]) -> dict[str, Any]:
    """A version in a history: who made it when, and what the transaction said."""
    said = orjson.loads(body)
    return {
        "version": said["version"],
        "changed_at": said["changed_at"],
        "changed_by": said["changed_by"],
        "changed_by_name": names.get(said["changed_by"]),
        "transaction": orjson.Fragment(body),
    }
