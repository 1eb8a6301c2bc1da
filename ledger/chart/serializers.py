"""How accounts and categories look outside, and what opening and changing them takes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rest_framework import serializers

from ledger.chart.rules import CATEGORY_TYPES, MONEY_KINDS
from ledger.chart.services import NAME_MAX
from rupaya.core.api import Input
from rupaya.core.money import CURRENCY_PLACES, Money
from rupaya.core.operations import AMOUNT_SCHEMA
from rupaya.core.text import composed, has_hidden, is_seen

if TYPE_CHECKING:  # queries live in selectors
    from ledger.chart.models import Account
    from ledger.chart.selectors import Placed

_NUMBER_END: Final = re.compile(r"[0-9A-Z]{0,4}", re.ASCII)


class NameField(serializers.CharField):
    """A name on one line, white space folded."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=NAME_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Will fold white space; raises ValidationError for what can't be shown."""
        text = " ".join(composed(super().to_internal_value(data)).split())
        if has_hidden(text) or (text and not is_seen(text)):
            raise serializers.ValidationError("This holds characters that can't be shown.", "invalid")
        return text


class NumberEndField(serializers.CharField):
    """The last four characters of an account's number. More than that is never kept."""

    def to_internal_value(self, data: Any) -> str:
        """Will take up to four digits or letters."""
        text = super().to_internal_value(data).upper()
        if not _NUMBER_END.fullmatch(text):
            raise serializers.ValidationError(
                "Give the last four digits or letters alone; RUPAYA keeps no whole account numbers.",
                "invalid",
            )
        return text


class DayField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A day of the month, 1 to 31; a month that is too short has it on its last day."""

    json_schema: ClassVar = {"type": "integer", "minimum": 1, "maximum": 31}

    def to_internal_value(self, data: Any) -> int:
        """Will take a whole JSON number."""
        if isinstance(data, bool) or not isinstance(data, int) or not 1 <= data <= 31:
            raise serializers.ValidationError("This is a day of the month, from 1 to 31.", "invalid")
        return data

    def to_representation(self, value: int) -> int:
        """As it is taken."""
        return value


class LimitField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """An amount in the account's currency; the service reads it."""

    json_schema: ClassVar = AMOUNT_SCHEMA

    def to_internal_value(self, data: Any) -> str | int | Decimal:
        """Will take a JSON number or a string."""
        if isinstance(data, bool) or not isinstance(data, int | str | Decimal):
            raise serializers.ValidationError(
                "Write the amount as a number, for example 50000.", "amount_invalid"
            )
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is taken."""
        return value


class FixedField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """What an account is, and stays."""

    json_schema: ClassVar = None  # nothing that may be sent

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_internal_value(self, data: Any) -> Any:  # noqa: ARG002  # whatever it says
        """Will refuse any value."""
        raise serializers.ValidationError("This stays as the account was opened; open another one.", "fixed")

    def to_representation(self, value: Any) -> Any:
        """Never given."""
        return value


class SaidIn(Input):
    """What may be said of an account or a category at any time."""

    parent_id = serializers.UUIDField(required=False, allow_null=True)
    icon = serializers.RegexField(
        r"^[a-z-]{1,20}$",
        required=False,
        error_messages={"invalid": "An icon's name has 1 to 20 letters a to z."},
    )


class AccountSaidIn(SaidIn):
    """What may be said of an account at any time. null takes a limit or a day away."""

    institution = NameField(required=False, allow_blank=True)
    number_last4 = NumberEndField(required=False, allow_blank=True)
    credit_limit = LimitField(required=False, allow_null=True)
    statement_day = DayField(required=False, allow_null=True)
    due_day = DayField(required=False, allow_null=True)


class AccountIn(AccountSaidIn):
    """What opens an account. `name` and `kind` are enough."""

    name = NameField()
    kind = serializers.ChoiceField(choices=MONEY_KINDS)
    currency = serializers.CharField(max_length=3, required=False)

    def validate_currency(self, value: str) -> str:
        """One that RUPAYA knows."""
        if value.upper() not in CURRENCY_PLACES:
            raise serializers.ValidationError(
                f"{value} is not a currency that RUPAYA knows.", "currency_unknown"
            )
        return value.upper()


class AccountChangeIn(AccountSaidIn):
    """What of an account changes; what is left out stays."""

    example: ClassVar = {"name": "HDFC Regalia", "due_day": 7}

    name = NameField(required=False)
    kind = FixedField()
    type = FixedField()
    currency = FixedField()


class CategoryIn(SaidIn):
    """What opens a category. `name` and `type` are enough."""

    example: ClassVar = {"name": "Groceries", "type": "expense"}

    name = NameField()
    type = serializers.ChoiceField(choices=CATEGORY_TYPES)


class CategoryChangeIn(SaidIn):
    """What of a category changes; what is left out stays."""

    example: ClassVar = {"icon": "basket"}

    name = NameField(required=False)
    type = FixedField()


def account_out(placed: Placed) -> dict[str, Any]:
    """An account's structure, without its balance, which is a report."""
    account = placed.account
    limit = account.credit_limit_minor
    return {
        "id": account.pk,
        "name": account.name,
        "path": placed.path,
        "type": account.type,
        "kind": account.kind,
        "currency": account.currency,
        "parent_id": account.parent_id,
        "icon": account.icon,
        "institution": account.institution,
        "number_last4": account.number_last4,
        "credit_limit": None if limit is None else Money(limit, account.currency).major,
        "credit_limit_minor": limit,
        "statement_day": account.statement_day,
        "due_day": account.due_day,
        "is_everyday": account.purpose == "everyday",
        **_end(account),
    }


def category_out(placed: Placed) -> dict[str, Any]:
    """A category: an income or expense account."""
    account = placed.account
    return {
        "id": account.pk,
        "name": account.name,
        "path": placed.path,
        "type": account.type,
        "icon": account.icon,
        "parent_id": account.parent_id,
        "is_uncategorised": bool(account.purpose),
        **_end(account),
    }


def _end(account: Account) -> dict[str, Any]:
    return {"is_closed": account.closed_at is not None, "merged_into_id": account.merged_into_id}
