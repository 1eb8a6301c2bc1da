"""What a transaction is, without a database: legs from an entry, and back."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from rupaya.core.money import Money
from rupaya.core.text import has_hidden

TYPES: Final = ("income", "expense", "transfer")
DESCRIPTION_MAX: Final = 200  # characters
SPLITS_MAX: Final = 20
EARLIEST: Final = dt.date(1950, 1, 1)
LATEST: Final = dt.date(2150, 12, 31)
_OWN: Final = frozenset({"asset", "liability", "equity"})


@dataclass(frozen=True, slots=True)
class Leg:
    """One posting to be: positive is debit."""

    account_id: UUID
    amount: Money

    def as_json(self) -> dict[str, Any]:
        """The leg as `ledger_post` takes it."""
        return {
            "account_id": str(self.account_id),
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
        }


@dataclass(frozen=True, slots=True)
class Part:
    """What of a transaction went to one category."""

    category_id: UUID
    category: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A transaction as people see it. `amount` is positive; the sign follows from `type`.

    `account` is where money came from (expense, transfer) or went to (income); `to_account` is the other side of
    a transfer. `parts` has one category for an ordinary entry, several for a split, none for a transfer.
    """

    id: UUID
    type: str
    origin: str
    date: dt.date
    description: str
    created_at: dt.datetime
    amount: Money
    account_id: UUID
    account: str
    to_account_id: UUID | None
    to_account: str
    parts: tuple[Part, ...]
    icon: str
    colour: int

    @property
    def is_transfer(self) -> bool:
        """Whether money only changed its place."""
        return self.type == "transfer"

    @property
    def category(self) -> str:
        """The category's name, or what stands for it."""
        if self.is_transfer:
            return {"opening": "Opening balance", "adjustment": "Adjustment"}.get(self.origin, "Transfer")
        return self.parts[0].category if len(self.parts) == 1 else f"Split in {len(self.parts)}"

    @property
    def signed(self) -> Money:
        """The amount with the sign that a person expects: spent is negative."""
        return -self.amount if self.type == "expense" else self.amount


def description_fold(*, text: str) -> str | None:
    """A description on one line; '' where nothing of it shows, None where it holds what must not be shown.

    That is control characters and what turns the line around. Joiners stay: Indian scripts and emoji need them.
    """
    folded = " ".join(text.split())
    if has_hidden(folded):
        return None
    shows = any(unicodedata.category(character) not in {"Cf", "Mn"} for character in folded)
    return folded if shows else ""


def legs_of(*, entry_type: str, account_id: UUID, others: Sequence[tuple[UUID, Money]]) -> list[Leg]:
    """The balanced legs of an entry: `others` are its categories, or the one account a transfer goes to.

    Money leaves `account_id` for an expense and a transfer and reaches it for an income.
    """
    total = sum((amount for _, amount in others[1:]), start=others[0][1])
    if entry_type == "income":
        return [Leg(account_id, total), *(Leg(other, -amount) for other, amount in others)]
    return [*(Leg(other, amount) for other, amount in others), Leg(account_id, -total)]


def view_of(row: dict[str, Any]) -> TransactionView:
    """A row of transactions_page.sql as people see it."""
    legs = orjson.loads(row["legs"])
    own = [leg for leg in legs if leg["type"] in _OWN]
    parts = [leg for leg in legs if leg["type"] not in _OWN]
    is_transfer = row["type"] == "transfer"
    source = next((leg for leg in own if leg["amount_minor"] < 0), own[0]) if is_transfer else own[0]
    target = next((leg for leg in own if leg is not source), None) if is_transfer else None
    face = target if target is not None else parts[0]
    return TransactionView(
        id=row["id"],
        type=row["type"],
        origin=row["origin"],
        date=row["date"],
        description=row["description"],
        created_at=row["created_at"],
        amount=Money(abs(source["amount_minor"]), source["currency"]),
        account_id=UUID(source["account_id"]),
        account=source["name"],
        to_account_id=UUID(target["account_id"]) if target else None,
        to_account=target["name"] if target else "",
        parts=tuple(
            Part(UUID(leg["account_id"]), leg["name"], Money(abs(leg["amount_minor"]), leg["currency"]))
            for leg in parts
        ),
        icon=face["icon"] or "tag",
        colour=colour_of(face["account_id"]),
    )


def colour_of(account_id: str) -> int:
    """One of the six colours, always the same for an account."""
    return int(account_id[-6:], 16) % 6 + 1
