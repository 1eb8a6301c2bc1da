"""How statements look outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers

from ledger.statements.selectors import Preview
from rupaya.core.api import ClaimField, Input
from rupaya.core.money import Money

if TYPE_CHECKING:  # queries live in selectors
    from ledger.statements.models import Statement


class StatementIn(Input):
    """A bank's file, and the account it is for: one that exists, or the name of one (opened where there is none)."""

    example: ClassVar = {"file": "@july.txt", "account_name": "HDFC savings"}

    file = serializers.FileField(
        max_length=255,
        allow_empty_file=True,
        error_messages={"required": "Send the file that the bank gave; it can have up to 5 MB."},
    )
    account_id = serializers.UUIDField(required=False)
    account_name = serializers.CharField(max_length=80, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two ways to name the account."""
        if ("account_id" in attrs) == ("account_name" in attrs):
            sentence = "Give either account_id or account_name."
            raise serializers.ValidationError(
                {"account_id": serializers.ErrorDetail(sentence, "account_missing")}
            )
        return attrs


class ConfirmIn(Input):
    """The confirmation; `adjust` agrees to record a difference as an adjustment."""

    example: ClassVar = {"adjust": False}

    adjust = ClaimField(default=False)


def statement_out(statement: Statement) -> dict[str, Any]:
    """A statement in a list."""
    return {
        "id": statement.pk,
        "status": "posted" if statement.posted_at else "draft",
        "bank": statement.bank,
        "layout": statement.layout,
        "account_id": statement.account_id,
        "account": statement.account.name,
        "file_name": statement.file_name,
        "first_on": statement.first_on,
        "last_on": statement.last_on,
        "lines_count": statement.lines_count,
        **_amount("opening", statement.opening_minor, statement.currency),
        **_amount("closing", statement.closing_minor, statement.currency),
        "currency": statement.currency,
        "created_at": statement.created_at,
        "posted_at": statement.posted_at,
    }


def preview_out(preview: Preview) -> dict[str, Any]:
    """A statement with what posting it would do, or did."""
    currency = preview.statement.currency
    return {
        **statement_out(preview.statement),
        "new_count": preview.new_count,
        "known_count": preview.known_count,
        **_amount("money_in", preview.in_minor, currency),
        **_amount("money_out", preview.out_minor, currency),
        **_amount("balance_after", preview.plan.balance_after_minor, currency),
        **_amount("difference", preview.plan.difference_minor, currency),
    }


def line_out(row: dict[str, Any], *, currency: str) -> dict[str, Any]:
    """One row as the bank wrote it; amounts are signed, money in is positive."""
    return {
        "line_no": row["line_no"],
        "date": row["date"],
        "description": row["description"],
        "narration": row["narration"],
        "reference": row["reference"],
        **_amount("amount", row["amount_minor"], currency),
        **_amount("balance", row["balance_minor"], currency),
        "currency": currency,
        "is_known": row["is_known"],
        "transaction_id": row["transaction_id"],
    }


def _amount(name: str, minor: int, currency: str) -> dict[str, Any]:
    return {name: Money(minor, currency).major, f"{name}_minor": minor}
