"""Writing the journal: everything goes through the SQL function `ledger_post`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown, accounts_by_id
from ledger.journal.rules import Leg, TransactionView, legs_of
from rupaya.core.db import assert_acting, constraints_now, explaining
from rupaya.core.errors import Conflict, DomainError, FieldError, Invalid, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.money import Money

_OWN: Final = frozenset({Account.Type.ASSET, Account.Type.LIABILITY})


class TransactionUnbalanced(Rejected):
    """Raised when the postings of a transaction do not sum to zero."""

    code = "transaction_unbalanced"
    title = "The parts of the transaction do not add up"


class PeriodClosed(Rejected):
    """Raised when the date lies in a closed period."""

    code = "period_closed"
    title = "The date lies in a period that is closed"


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


class TotalTooLarge(Rejected):
    """Raised when a month's sum on an account would leave the numbers that are counted."""

    code = "total_too_large"
    title = "A month on this account would hold more than can be counted"


class TransactionRecorded(Conflict):
    """Raised when a transaction of this id is in the ledger: the same wish came twice."""

    code = "transaction_recorded"
    title = "This is recorded already"


GUARDS: Final[Mapping[str, type[DomainError]]] = {
    "ledger_transaction_pkey": TransactionRecorded,
    "ledger_posting_pkey": TransactionRecorded,  # header and postings come together; either key may speak first
    "ledger_transaction_balanced": TransactionUnbalanced,
    "ledger_posting_base_equals_amount": TransactionUnbalanced,
    "ledger_transaction_legs_fit": TransactionUnbalanced,
    "ledger_month_total_in_range": TotalTooLarge,
    "ledger_period_open": PeriodClosed,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person wants to record. None stands for the book's default.

    parts: (category id or None, amount) for income and expense, one or several; for a transfer one amount.
    id: the new transaction's, from whoever may send the same wish twice.
    """

    type: str
    date: dt.date
    description: str
    parts: Sequence[tuple[UUID | None, Money]]
    account_id: UUID | None = None
    to_account_id: UUID | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction whose legs are known, ready for `ledger_post`."""

    id: UUID
    date: dt.date
    type: str
    origin: str
    description: str
    legs: Sequence[Leg]

    def as_json(self) -> dict[str, Any]:
        """The transaction as `ledger_post` takes it."""
        return {
            "id": str(self.id),
            "date": self.date.isoformat(),
            "type": self.type,
            "origin": self.origin,
            "description": self.description,
            "postings": [leg.as_json() for leg in self.legs],
        }


def transaction_post(*, book: Book, entry: Entry) -> UUID:
    """Will record an entry and return the new transaction's id. Two queries and the guards.

    Raises AccountUnknown, AccountUnfit, TransferToItself, PeriodClosed, TransactionRecorded; nothing is written then.
    """
    assert_acting()
    draft = _draft_of(book, entry)
    transactions_write(book=book, drafts=[draft])
    return draft.id


def is_same(view: TransactionView, entry: Entry) -> bool:
    """Whether a recorded transaction says what the entry says, as far as a person would see it."""
    total = sum(amount.minor for _, amount in entry.parts)
    said = (view.type, view.date, view.description, view.amount.minor)
    return said == (entry.type, entry.date, entry.description, total)


def transactions_write(*, book: Book, drafts: Sequence[Draft]) -> None:
    """Will write any number of transactions, whole, in one statement; the guards have the say.

    Raises PeriodClosed, TransactionUnbalanced or TransactionRecorded; nothing is written then.
    """
    assert_acting()
    with explaining(GUARDS), connection.cursor() as cursor:
        items = orjson.dumps([draft.as_json() for draft in drafts]).decode()
        cursor.execute("SELECT ledger_post(%s, %s)", [book.pk, items])
        constraints_now()


def _draft_of(book: Book, entry: Entry) -> Draft:
    ids = [entry.account_id, entry.to_account_id, *(category_id for category_id, _ in entry.parts)]
    accounts = accounts_by_id(
        book=book,
        ids=[account_id for account_id in ids if account_id],
        purposes=[Account.Purpose.EVERYDAY, f"uncategorised_{entry.type}"],
    )
    source = _found(accounts, entry.account_id or Account.Purpose.EVERYDAY, "account_id")
    _check_money(source, "account_id")
    if entry.type == "transfer":
        target = _found(accounts, entry.to_account_id or "", "to_account_id")
        _check_money(target, "to_account_id")
        if target.pk == source.pk:
            raise TransferToItself
        others = [(target, entry.parts[0][1])]
    else:
        others = [
            (_found(accounts, category_id or f"uncategorised_{entry.type}", "category_id"), amount)
            for category_id, amount in entry.parts
        ]
        for category, _ in others:
            _check_category(category, entry.type)
    for account, amount in [(source, others[0][1]), *others]:
        _check_currency(account, amount)
    legs = legs_of(
        entry_type=entry.type,
        account_id=source.pk,
        others=[(account.pk, amount) for account, amount in others],
    )
    return Draft(entry.id or uuid7(), entry.date, entry.type, "manual", entry.description, legs)


def _found(accounts: Mapping[UUID | str, Account], key: UUID | str, field: str) -> Account:
    try:
        return accounts[key]
    except KeyError as error:
        raise AccountUnknown(field) from error


def _check_money(account: Account, field: str) -> None:
    if account.type not in _OWN:
        raise AccountUnfit(field, f"“{account.name}” is not an account that holds money.")


def _check_category(account: Account, entry_type: str) -> None:
    if account.type != entry_type:
        raise AccountUnfit("category_id", f"“{account.name}” is not a category for {entry_type}.")


def _check_currency(account: Account, amount: Money) -> None:
    if account.currency != amount.currency:
        raise AccountUnfit(
            "currency", f"“{account.name}” is kept in {account.currency}, not in {amount.currency}."
        )
