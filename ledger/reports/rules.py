"""What an account holds or owes, in its own currency and in the book's. No database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rupaya.core.money import Money


@dataclass(frozen=True, slots=True)
class Balance:
    """An account with its balance in its own currency, and as worth in the book's; what is owed is negative."""

    id: UUID
    type: str
    kind: str
    name: str
    icon: str
    balance: Money
    base: Money

    @property
    def is_foreign(self) -> bool:
        """Whether it is kept in another currency than the book."""
        return self.balance.currency != self.base.currency


@dataclass(frozen=True, slots=True)
class AccountBalance(Balance):
    """The same with what tells it apart at its bank."""

    institution: str
    number_last4: str


def balance_of(row: Mapping[str, Any], *, minor: int, base: str) -> AccountBalance:
    """A row of balances.sql, with what the account has in its own currency; base: the book's."""
    return AccountBalance(
        row["account_id"], row["type"], row["kind"], row["name"], row["icon"],
        Money(minor, row["currency"]), Money(row["base_minor"], base),
        row["institution"], row["number_last4"],
    )  # fmt: skip
