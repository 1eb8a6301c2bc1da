"""What a transaction is, without a database: legs from an entry, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from rupaya.core.money import Money
from rupaya.core.text import composed, has_hidden, is_seen

TYPES: Final = ("income", "expense", "transfer")
STATUSES: Final = ("pending", "posted", "void")
DESCRIPTION_MAX: Final = 200  # characters
SPLITS_MAX: Final = 20
PAYEE_MAX: Final = 120
NOTES_MAX: Final = 2000
TAG_MAX: Final = 40
TAGS_MAX: Final = 20
EXTERNAL_ID_MAX: Final = 120
BATCH_MAX: Final = 500  # transactions
LINE_MAX: Final = 32767  # of a leg, as smallint has it; the legs of the version that stands go up to it


@dataclass(frozen=True, slots=True)
class Leg:
    """One posting, to be or standing: positive is debit. `base_minor` is the same in the book's currency."""

    account_id: UUID
    amount: Money
    base_minor: int

    def as_json(self) -> dict[str, Any]:
        """The leg as `ledger_post` and `ledger_amend` take it."""
        return {
            "account_id": str(self.account_id),
            "amount_minor": self.amount.minor,
            "currency": self.amount.currency,
            "base_minor": self.base_minor,
        }


# What `ledger_post` fills in by itself. Written out and read again, it took a tenth of a thousand transactions' time.
_FILLED_IN: Final[dict[str, Any]] = {
    "payee": "",
    "notes": "",
    "tags": [],
    "status": "posted",
    "is_reconciled": False,
    "external_id": None,
    "to_account_id": None,
}


def as_posted(item: Mapping[str, Any]) -> dict[str, Any]:
    """A new transaction (`Draft.as_json`) without what `ledger_post` fills in."""
    filled = _FILLED_IN | {"change_id": item["id"]}
    said = {name: value for name, value in item.items() if name not in filled or value != filled[name]}
    return said | {"postings": [_leg_as_posted(leg) for leg in item["postings"]]}


def _leg_as_posted(leg: Mapping[str, Any]) -> dict[str, Any]:
    is_alike = leg["base_minor"] == leg["amount_minor"]
    return {name: value for name, value in leg.items() if not (is_alike and name == "base_minor")}


@dataclass(frozen=True, slots=True)
class Side:
    """An account's share of an entry, positive: in its own currency and in the book's."""

    account_id: UUID
    amount: Money
    base_minor: int

    def leg(self, *, sign: int) -> Leg:
        """The leg that adds (1) or takes (-1) the share."""
        return Leg(
            self.account_id, Money(sign * self.amount.minor, self.amount.currency), sign * self.base_minor
        )


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
    status: str
    is_reconciled: bool
    date: dt.date
    description: str
    payee: str
    notes: str
    tags: tuple[str, ...]
    created_at: dt.datetime
    version: int
    undo_token: UUID
    amount: Money
    to_amount: Money | None
    account_id: UUID
    account: str
    to_account_id: UUID | None
    to_account: str
    parts: tuple[Part, ...]
    category: str
    icon: str
    colour: int

    @property
    def is_transfer(self) -> bool:
        """Whether money only changed its place."""
        return self.type == "transfer"

    @property
    def signed(self) -> Money:
        """The amount with the sign that a person expects: spent is negative."""
        return -self.amount if self.type == "expense" else self.amount


def description_fold(*, text: str) -> str | None:
    """A description on one line; '' where nothing of it shows, None where it holds what must not be shown.

    Each letter comes in its one spelling. What must not be shown is control characters and what turns the line around.
    Joiners stay: Indian scripts and emoji need them.
    """
    folded = " ".join(composed(text).split())
    if has_hidden(folded):
        return None
    return folded if is_seen(folded) else ""


def legs_of(*, entry_type: str, own: Side, others: Sequence[Side]) -> list[Leg]:
    """The balanced legs of an entry: `others` are its categories, or the one account a transfer goes to.

    Money leaves `own` for an expense and a transfer and reaches it for an income.
    """
    if entry_type == "income":
        return [own.leg(sign=1), *(other.leg(sign=-1) for other in others)]
    return [*(other.leg(sign=1) for other in others), own.leg(sign=-1)]


def view_of(body: bytes, icon: str | None) -> TransactionView:
    """A transaction's JSON of transactions_page.sql as people see it."""
    said = orjson.loads(body)
    parts = [(said["category_id"], said["category"], said["amount_minor"], said["currency"])]
    if said["splits"]:
        parts = [
            (split["category_id"], split["category"], split["amount_minor"], split["currency"])
            for split in said["splits"]
        ]
    is_transfer = said["type"] == "transfer"
    return TransactionView(
        id=UUID(said["id"]),
        type=said["type"],
        origin=said["origin"],
        status=said["status"],
        is_reconciled=said["is_reconciled"],
        date=dt.date.fromisoformat(said["date"]),
        description=said["description"],
        payee=said["payee"],
        notes=said["notes"],
        tags=tuple(said["tags"]),
        created_at=dt.datetime.fromisoformat(said["created_at"]),
        version=said["version"],
        undo_token=UUID(said["undo_token"]),
        amount=Money(said["amount_minor"], said["currency"]),
        to_amount=Money(said["to_amount_minor"], said["to_currency"]) if is_transfer else None,
        account_id=UUID(said["account_id"]),
        account=said["account"],
        to_account_id=UUID(said["to_account_id"]) if is_transfer else None,
        to_account=said["to_account"] or "",
        parts=() if is_transfer else tuple(_part(*part) for part in parts),
        category=said["category"],
        icon=icon or "tag",
        colour=colour_of(said["to_account_id"] if is_transfer else parts[0][0]),
    )


def _part(category_id: str, category: str, minor: int, currency: str) -> Part:
    return Part(UUID(category_id), category, Money(minor, currency))


def colour_of(account_id: str) -> int:
    """One of the six colours, always the same for an account."""
    return int(account_id[-6:], 16) % 6 + 1
