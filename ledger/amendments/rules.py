"""What a change makes of a transaction, without a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

from ledger.journal.rules import Leg
from rupaya.core.errors import FieldError, Invalid
from rupaya.core.money import Money, allocate

# What of a header is money: it stays while a transaction agrees with the bank, and when it goes back to void.
MONEY: Final = ("date", "type", "account_id", "to_account_id", "amount_minor")
_SPLITS_UNFIT: Final = (
    "The transaction's categories do not fit the new type; say how it splits, or give one category_id."
)
_SPLITS_OF_TRANSFER: Final = "A transfer has no splits; give category_id as null to let them go."
# Of the names that undone changes give to their undoing.
_UNDOING: Final = UUID("6f1d6b0e-6c0a-5f0e-9a53-6a2f1c1f8f52")


class ChangeUnfit(Invalid):
    """Raised when a change leaves something open that only the person can say."""

    code = "change_unfit"
    title = "The change needs something more"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(field, self.code, message)])


@dataclass(frozen=True, slots=True)
class State:
    """A transaction as it stands, or as one of its versions stood."""

    id: UUID
    version: int
    change_id: UUID
    date: dt.date
    type: str
    origin: str
    description: str
    payee: str
    notes: str
    tags: tuple[str, ...]
    status: str
    is_reconciled: bool
    account_id: UUID
    to_account_id: UUID | None
    amount_minor: int
    legs: tuple[Leg, ...]

    @property
    def is_transfer(self) -> bool:
        """Whether money only changed its place."""
        return self.type == "transfer"

    @property
    def own(self) -> Leg:
        """The leg of the account that money left, or reached."""
        return next(leg for leg in self.legs if leg.account_id == self.account_id)

    @property
    def others(self) -> tuple[Leg, ...]:
        """The legs of the categories, or of a transfer's target."""
        return tuple(leg for leg in self.legs if leg.account_id != self.account_id)

    @property
    def amount(self) -> Money:
        """What moved, in the account's currency."""
        return Money(self.amount_minor, self.own.amount.currency)

    @property
    def parts(self) -> list[tuple[UUID | None, Money]]:
        """(category, amount in the account's currency) of an income or expense."""
        shares = [abs(leg.base_minor) for leg in self.others]
        amounts = allocate(self.amount, weights=shares)
        if self.own.amount.currency == self.others[0].amount.currency:
            amounts = [abs(leg.amount) for leg in self.others]
        return [(leg.account_id, amount) for leg, amount in zip(self.others, amounts, strict=True)]

    def is_worth_said(self, base_currency: str) -> bool:
        """Whether what it is worth in the book's currency was said apart: no account of it is kept in that."""
        moved = [self.own.amount, *(leg.amount for leg in self.others if self.is_transfer)]
        return all(amount.currency != base_currency for amount in moved)

    def as_json(self, *, status: str, with_legs: bool) -> dict[str, Any]:
        """The state as `ledger_amend` takes it; without legs the present ones stay, or retire where it is void."""
        item = {
            "id": str(self.id),
            "date": self.date.isoformat(),
            "type": self.type,
            "description": self.description,
            "payee": self.payee,
            "notes": self.notes,
            "tags": list(self.tags),
            "status": status,
            "is_reconciled": self.is_reconciled,
            "account_id": str(self.account_id),
            "to_account_id": str(self.to_account_id) if self.to_account_id else None,
            "amount_minor": self.amount_minor,
        }
        return item | {"postings": [leg.as_json() for leg in self.legs]} if with_legs else item

    def following(self, heirs: Mapping[UUID, UUID]) -> State:
        """The same of the accounts that took over from those that it speaks of."""
        return replace(
            self,
            account_id=heirs.get(self.account_id, self.account_id),
            to_account_id=self.to_account_id and heirs.get(self.to_account_id, self.to_account_id),
            legs=tuple(
                replace(leg, account_id=heirs.get(leg.account_id, leg.account_id)) for leg in self.legs
            ),
        )

    def says(self, other: State) -> bool:
        """Whether the one says all that the other says."""
        one, two = (state.as_json(status=state.status, with_legs=True) for state in (self, other))
        return one == two

    def same_money(self, other: State) -> bool:
        """Whether the postings of the one are those of the other."""
        return (self.date, self.legs) == (other.date, other.legs)


@dataclass(frozen=True, slots=True)
class Touched:
    """What one of a batch touches that a guard may keep: days, accounts, a mark of the bank, an external id.

    accounts: those that money reaches or leaves, by id or purpose; of categories those alone that it reaches. holders:
    the accounts that it was of, whether or not money moves. key: account, by id or purpose, and external id.
    """

    dates: Sequence[dt.date] = ()
    accounts: Collection[UUID | str] = ()
    holders: Collection[UUID] = ()
    key: tuple[UUID | str, str] | None = None
    moves_reconciled: bool = False
    version: int = 0


def touched_by(state: State, item: Mapping[str, Any] | None) -> Touched:
    """What the state's change to an item of `ledger_amend` touches; nothing where there is none."""
    if item is None:
        return Touched()
    standing = state.as_json(status=state.status, with_legs=False)
    holders = {account for account in (state.account_id, state.to_account_id) if account}
    reached = {UUID(leg["account_id"]) for leg in item.get("postings", ())}
    return Touched(
        dates=(state.date, dt.date.fromisoformat(item["date"])),
        accounts=reached | holders if reached else (),
        holders=holders,
        moves_reconciled=state.is_reconciled
        and item["is_reconciled"]
        and any(item[name] != standing[name] for name in MONEY),
        version=state.version,
    )


def changed(state: State, changes: Mapping[str, Any], *, base_currency: str) -> dict[str, Any]:
    """The fields of the entry that the state becomes; what the changes leave out stays where it still fits.

    Raises ChangeUnfit where only the person can say what becomes of splits, or where a transfer goes.
    """
    entry_type = changes.get("type", state.type)
    _check_fits(changes, entry_type)
    parts = _parts(state, changes, entry_type)
    stays = _stays(state, changes, entry_type, parts)
    fields = {
        "type": entry_type,
        "date": changes.get("date", state.date),
        "description": changes.get("description", state.description),
        "payee": changes.get("payee", state.payee),
        "notes": changes.get("notes", state.notes),
        "tags": tuple(changes.get("tags", state.tags)),
        "status": changes.get("status", state.status),
        "is_reconciled": changes.get("is_reconciled", state.is_reconciled),
        "account_id": changes.get("account_id", state.account_id),
        "parts": parts,
        "base_amount": changes.get("base_amount"),
    }
    if entry_type == "transfer":
        fields |= _target(state, changes, stays=stays)
    if stays and state.is_worth_said(base_currency):
        worth = Money(abs(state.own.base_minor), base_currency)
        fields["base_amount"] = fields["base_amount"] or worth
        if fields["base_amount"] == worth and len(parts) > 1 and "splits" not in changes:
            # Shares are kept in the book's currency: from those of a foreign amount and back, some of them would move.
            fields["base_parts"] = [Money(abs(leg.base_minor), base_currency) for leg in state.others]
    return fields


def _check_fits(changes: Mapping[str, Any], entry_type: str) -> None:
    """What the type has no place for is refused, not passed over."""
    is_transfer = entry_type == "transfer"
    for name in ("category_id", "splits") if is_transfer else ("to_account_id", "to_amount"):
        if changes.get(name) is not None:
            raise ChangeUnfit(
                name, f"{'A transfer has no' if is_transfer else 'Only a transfer has a'} {name}."
            )


def _stays(
    state: State, changes: Mapping[str, Any], entry_type: str, parts: Sequence[tuple[UUID | None, Money]]
) -> bool:
    """Whether the same amount moves as before, from and to the same accounts."""
    total = Money(sum(amount.minor for _, amount in parts), parts[0][1].currency)
    return (
        (entry_type == "transfer") == state.is_transfer
        and total == state.amount
        and changes.get("account_id", state.account_id) == state.account_id
        and changes.get("to_account_id", state.to_account_id) == state.to_account_id
    )


def _target(state: State, changes: Mapping[str, Any], *, stays: bool) -> dict[str, Any]:
    target = changes.get("to_account_id", state.to_account_id)
    if target is None:
        raise ChangeUnfit("to_account_id", "A transfer needs the account that the money goes to.")
    to_amount = changes.get("to_amount")
    if to_amount is None and stays:
        to_amount = abs(state.others[0].amount).major
    return {"to_account_id": target, "to_amount": to_amount}


def _parts(state: State, changes: Mapping[str, Any], entry_type: str) -> Sequence[tuple[UUID | None, Money]]:
    amount = changes.get("amount", state.amount)
    if entry_type != state.type and len(state.others) > 1 and not {"category_id", "splits"} & changes.keys():
        raise ChangeUnfit("splits", _SPLITS_OF_TRANSFER if entry_type == "transfer" else _SPLITS_UNFIT)
    if entry_type == "transfer":
        return [(None, amount)]
    if "splits" in changes:
        parts = [(split["category_id"], split["amount"]) for split in changes["splits"]]
        if "amount" in changes and sum(part.minor for _, part in parts) != amount.minor:
            raise ChangeUnfit("splits", "The splits must add up to the amount.")
        return parts
    if "category_id" in changes or entry_type != state.type:
        return [(changes.get("category_id"), amount)]
    if len(state.parts) == 1:
        return [(state.parts[0][0], amount)]
    if amount != state.amount:
        raise ChangeUnfit("splits", "Say how the new amount splits over the categories.")
    return state.parts


def undoing_of(change_id: UUID) -> UUID:
    """The id of the change that takes a change back: it follows from what is undone, and so tells what that was."""
    return uuid5(_UNDOING, str(change_id))


@dataclass(frozen=True, slots=True)
class Step:
    """One version in a transaction's life: whether it was void, and which change made it."""

    version: int
    is_void: bool
    change_id: UUID


def version_before_void(steps: Sequence[Step]) -> int | None:
    """Which version counted before a transaction became void; the last step is the void one that stands.

    A restore that was taken back leaves it as void as it was before: that void is meant, not the one that took it
    back. steps: the versions in order, those that are hidden left out; None where the answer hangs on one of these.
    """
    by_version = {step.version: step for step in steps}
    at = steps[-1]
    while before := by_version.get(at.version - 1):
        if before.version == 1 or at.change_id != undoing_of(before.change_id):
            return before.version
        earlier = by_version.get(before.version - 1)
        if earlier is None:
            return None
        if not earlier.is_void:
            return before.version
        at = earlier
    return None
