"""From an entry, as a person says it, to a draft whose accounts and amounts are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.rules import MONEY_TYPES
from ledger.chart.selectors import AccountUnknown, Heir, accounts_by_id, heirs_of
from ledger.chart.services import AccountMerged
from ledger.journal.rules import Side, legs_of
from rupaya.core.errors import DomainError, FieldError, Invalid, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.money import Money, allocate, money_parse

_PLUGS: Final = frozenset({"opening", "adjustment"})


class TransferToItself(Rejected):
    """Raised when money would go from an account to the same account."""

    code = "transfer_to_itself"
    title = "A transfer needs two different accounts"


class AccountUnfit(Invalid):
    """Raised when an account can't take that part: money in a category, or a category for another type."""

    code = "account_unfit"
    title = "This account can't be used here"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(field, self.code, message)])


class AmountUnfit(Invalid):
    """Raised when the amounts of two currencies are missing, or do not agree with each other."""

    code = "amount_unfit"
    title = "The amounts do not fit the accounts' currencies"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(field, self.code, message)])


class EntriesRefused(Rejected):
    """Raised when entries of a batch are wrong: nothing of it is kept, and each wrong one is named by its place."""

    code = "entries_refused"
    title = "Some of the transactions are not right; none was recorded"

    def __init__(self, wrong: Sequence[tuple[int, DomainError]]) -> None:
        errors = [
            FieldError(
                f"transactions.{place}{f'.{inner.field}' if inner.field else ''}", inner.code, inner.message
            )
            for place, error in wrong
            for inner in (error.errors or [FieldError("", error.code, error.message)])
        ]
        super().__init__(f"{errors[0].field}: {errors[0].message}", errors=errors)
        self.is_for_want_of_right = any(error.is_for_want_of_right for _, error in wrong)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person wants to record. None stands for the book's default.

    parts: (category id or None, amount) for income and expense, one or several; for a transfer one amount. All are in
    the currency of `account_id`.
    to_amount: what reaches the target of a transfer, in major units of its currency; needed where that is another.
    base_amount: what the whole is worth in the book's currency; needed where no account of the entry is kept in it.
    base_parts: what each part is worth, where that is settled; shares of base_amount else.
    id: the new transaction's, from whoever may send the same wish twice. external_id: a client's own, once an account.
    """

    type: str
    date: dt.date
    description: str
    parts: Sequence[tuple[UUID | None, Money]]
    account_id: UUID | None = None
    to_account_id: UUID | None = None
    to_amount: str | int | Decimal | None = None
    base_amount: Money | None = None
    base_parts: Sequence[Money] = ()
    payee: str = ""
    notes: str = ""
    tags: Sequence[str] = ()
    status: str = "posted"
    is_reconciled: bool = False
    external_id: str | None = None
    id: UUID | None = None
    origin: str = "manual"

    @property
    def amount(self) -> Money:
        """The whole, in the currency of `account_id`."""
        return Money(sum(amount.minor for _, amount in self.parts), self.parts[0][1].currency)


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction whose accounts and amounts are known, ready for `ledger_post` and `ledger_amend`.

    own: the account that money leaves (expense, transfer) or reaches (income). others: the categories, or the target.
    gone: why it can't be written, where an account of it was merged into another.
    """

    id: UUID
    date: dt.date
    type: str
    origin: str
    description: str
    own: Side
    others: Sequence[Side]
    payee: str = ""
    notes: str = ""
    tags: Sequence[str] = ()
    status: str = "posted"
    is_reconciled: bool = False
    external_id: str | None = None
    change_id: UUID | None = None
    gone: AccountMerged | None = None

    @property
    def key(self) -> tuple[UUID, str] | None:
        """What it is known by: the account and the client's own id."""
        return (self.own.account_id, self.external_id) if self.external_id else None

    def as_json(self) -> dict[str, Any]:
        """The transaction as the SQL functions take it."""
        legs = legs_of(entry_type=self.type, own=self.own, others=self.others)
        return {
            "id": str(self.id),
            "date": self.date.isoformat(),
            "type": self.type,
            "origin": self.origin,
            "description": self.description,
            "payee": self.payee,
            "notes": self.notes,
            "tags": list(self.tags),
            "status": self.status,
            "is_reconciled": self.is_reconciled,
            "external_id": self.external_id,
            "account_id": str(self.own.account_id),
            "to_account_id": str(self.others[0].account_id) if self.type == "transfer" else None,
            "amount_minor": self.own.amount.minor,
            "change_id": str(self.change_id or self.id),
            "postings": [leg.as_json() for leg in legs],
        }


def drafts_of(*, book: Book, entries: Sequence[Entry], change_id: UUID | None = None) -> list[Draft]:
    """The drafts that entries stand for, in their order. One query, one more where an account was merged.

    Raises AccountUnknown, AccountUnfit, AmountUnfit or TransferToItself; of several entries, EntriesRefused with each
    wrong one's place.
    """
    accounts = _accounts_of(book, entries)
    heirs = heirs_of(book=book) if any(account.merged_into_id for account in accounts.values()) else {}
    drafts, wrong = [], []
    for index, entry in enumerate(entries):
        try:
            draft = _draft_of(book, entry, accounts, change_id)
            drafts.append(replace(draft, gone=_gone(draft, heirs)) if heirs else draft)
        except DomainError as error:
            if len(entries) == 1:
                raise
            wrong.append((index, error))
    if wrong:
        raise EntriesRefused(wrong)
    return drafts


def _accounts_of(book: Book, entries: Sequence[Entry]) -> dict[UUID | str, Account]:
    ids = {
        account_id
        for entry in entries
        for account_id in (entry.account_id, entry.to_account_id, *(part for part, _ in entry.parts))
        if account_id
    }
    purposes = {str(Account.Purpose.EVERYDAY) for entry in entries if entry.account_id is None} | {
        f"uncategorised_{entry.type}"
        for entry in entries
        if entry.type != "transfer" and any(part is None for part, _ in entry.parts)
    }
    return accounts_by_id(book=book, ids=ids, purposes=purposes)


def _draft_of(
    book: Book, entry: Entry, accounts: Mapping[UUID | str, Account], change_id: UUID | None
) -> Draft:
    source = _found(accounts, entry.account_id or Account.Purpose.EVERYDAY, "account_id")
    _check_money(source, "account_id", entry)
    if source.currency != entry.amount.currency:
        raise AccountUnfit(
            "currency", f"“{source.name}” is kept in {source.currency}, not in {entry.amount.currency}."
        )
    if entry.type == "transfer":
        own, others = _transfer_sides(book, entry, source, accounts)
    else:
        own, others = _category_sides(book, entry, source, accounts)
    return Draft(
        id=entry.id or uuid7(),
        date=entry.date,
        type=entry.type,
        origin=entry.origin,
        description=entry.description,
        own=own,
        others=others,
        payee=entry.payee,
        notes=entry.notes,
        tags=entry.tags,
        status=entry.status,
        is_reconciled=entry.is_reconciled,
        external_id=entry.external_id,
        change_id=change_id,
    )


def _gone(draft: Draft, heirs: Mapping[UUID, Heir]) -> AccountMerged | None:
    """Why the draft can't be written: a merged account is closed for ever."""
    other = "to_account_id" if draft.type == "transfer" else "category_id"
    for field, side in (("account_id", draft.own), *((other, side) for side in draft.others)):
        if side.account_id in heirs:
            message = f"{heirs[side.account_id].sentence}; use that one."
            return AccountMerged(message, errors=[FieldError(field, AccountMerged.code, message)])
    return None


def _transfer_sides(
    book: Book, entry: Entry, source: Account, accounts: Mapping[UUID | str, Account]
) -> tuple[Side, list[Side]]:
    target = _found(accounts, entry.to_account_id or "", "to_account_id")
    _check_money(target, "to_account_id", entry)
    if target.pk == source.pk:
        raise TransferToItself
    if entry.origin in _PLUGS and Account.Type.EQUITY not in {source.type, target.type}:
        raise AccountUnfit(
            "account_id", "An opening balance or adjustment keeps the book's equity on one side."
        )
    reached = _reached(entry, target)
    known = reached if target.currency == book.base_currency else entry.amount
    base = _base_of(book, known, entry.base_amount)
    return Side(source.pk, entry.amount, base.minor), [Side(target.pk, reached, base.minor)]


def _reached(entry: Entry, target: Account) -> Money:
    """What reaches the target of a transfer, in its currency."""
    if entry.to_amount is None:
        if target.currency != entry.amount.currency:
            raise AmountUnfit("to_amount", f"Say how much {target.currency} reached “{target.name}”.")
        return entry.amount
    reached = money_parse(entry.to_amount, currency=target.currency, field="to_amount")
    if reached.minor <= 0:
        raise AmountUnfit("to_amount", "The amount must be more than zero.")
    if target.currency == entry.amount.currency and reached != entry.amount:
        raise AmountUnfit("to_amount", "Between accounts of one currency the same amount leaves and arrives.")
    return reached


def _category_sides(
    book: Book, entry: Entry, source: Account, accounts: Mapping[UUID | str, Account]
) -> tuple[Side, list[Side]]:
    categories = [
        _found(accounts, category_id or f"uncategorised_{entry.type}", "category_id")
        for category_id, _ in entry.parts
    ]
    for category in categories:
        _check_category(category, entry.type)
    base = _base_of(book, entry.amount, entry.base_amount)
    shares: Sequence[Money] = [amount for _, amount in entry.parts]
    if entry.amount.currency != book.base_currency:
        shares = entry.base_parts or allocate(base, weights=[share.minor for share in shares])
        _check_worth(shares)
    sides = [
        Side(category.pk, share, share.minor) for category, share in zip(categories, shares, strict=True)
    ]
    return Side(source.pk, entry.amount, base.minor), sides


def _check_worth(shares: Sequence[Money]) -> None:
    """A part too small for the book's currency would be a leg of nothing."""
    for place, share in enumerate(shares):
        if share.minor == 0:
            raise AmountUnfit(
                f"splits.{place}.amount",
                f"Part {place + 1} of the split is worth nothing in {share.currency}; join it with another part.",
            )


def _base_of(book: Book, amount: Money, worth: Money | None) -> Money:
    """What an amount is worth in the book's currency."""
    if amount.currency == book.base_currency:
        if worth is not None and worth.currency == amount.currency and worth != amount:
            raise AmountUnfit(
                "base_amount", f"The amount is in {amount.currency} already; leave base_amount out."
            )
        return amount
    if worth is None:
        raise AmountUnfit(
            "base_amount", f"Say what the {amount.currency} amount is worth in {book.base_currency}."
        )
    return worth


def _found(accounts: Mapping[UUID | str, Account], key: UUID | str, field: str) -> Account:
    try:
        return accounts[key]
    except KeyError as error:
        raise AccountUnknown(field) from error


def _check_money(account: Account, field: str, entry: Entry) -> None:
    """Equity stands on the other side of opening balances and adjustments, and nowhere else."""
    if account.type == Account.Type.EQUITY and entry.origin in _PLUGS:
        return
    if account.type not in MONEY_TYPES:
        raise AccountUnfit(field, f"“{account.name}” is not an account that holds money.")


def _check_category(account: Account, entry_type: str) -> None:
    if account.type != entry_type:
        raise AccountUnfit("category_id", f"“{account.name}” is not a category for {entry_type}.")
