"""What an account held or owed before its first transaction: a transfer from or to equity, of origin `opening`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Unpack
from uuid import UUID

from ledger.amendments.services import transaction_change, transaction_void
from ledger.books.locks import book_lock
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown, accounts_by_id
from ledger.chart.services import AccountSaid, account_open
from ledger.journal.drafts import AmountUnfit, Entry
from ledger.journal.selectors import Shown
from ledger.journal.services import transaction_post
from ledger.openings.selectors import is_kept_by_statements, openings_of
from rupaya.core.db import whole
from rupaya.core.errors import Conflict
from rupaya.core.money import Money, money_parse


class OpeningFromStatement(Conflict):
    """Raised when an opening balance would be said that the bank's statements say already."""

    code = "opening_from_statement"
    title = "The opening balance comes from the bank's statements; it follows them"


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account opened with, at the end of a day, in major units of its currency; what is owed is negative.

    base_amount: the same in the book's currency; needed where the account is kept in another. path: where in the
    request the amounts stand, for refusals.
    """

    amount: str | int | Decimal
    on: dt.date
    base_amount: str | int | Decimal | None = None
    path: str = ""


def account_begin(
    *, book: Book, name: str, kind: str, currency: str, opening: Opening | None, **said: Unpack[AccountSaid]
) -> tuple[Account, UUID | None]:
    """Will open an account, with what it holds or owes already: (the account, that transaction's id).

    All or nothing. Raises what account_open raises, AmountInvalid, AmountUnfit and PeriodClosed.
    """
    with whole():
        account = account_open(book=book, name=name, kind=kind, currency=currency, **said)
        entry = _entry(book, account, opening) if opening else None
        return account, transaction_post(book=book, entry=entry) if entry else None


def opening_set(*, book: Book, account: Account, opening: Opening) -> UUID | None:
    """Will say what an account opened with, in place of what was said before; the transaction's id, None for zero.

    All or nothing. Locks the book, so an account has at most one that is not void. Raises OpeningFromStatement,
    AmountInvalid, AmountUnfit, AccountClosed, TransactionReconciled and PeriodClosed.
    """
    book_lock(book=book)
    if is_kept_by_statements(book=book, account=account):
        raise OpeningFromStatement
    entry = _entry(book, account, opening)
    standing = openings_of(book=book, account=account)
    with whole():
        if entry is None:
            _void(book, standing)
            return None
        _void(book, standing[1:])
        if not standing:
            return transaction_post(book=book, entry=entry)
        changes = {
            "date": entry.date,
            "amount": entry.amount,
            "account_id": entry.account_id,
            "to_account_id": entry.to_account_id,
            "to_amount": entry.to_amount,
        }
        transaction_change(book=book, transaction_id=standing[0], changes=changes, check=_anything)
        return standing[0]


def _void(book: Book, ids: Sequence[UUID]) -> None:
    for identity in ids:
        transaction_void(book=book, transaction_id=identity, check=_anything)


def _anything(shown: Shown) -> None:
    """The book is locked and the person speaks of the account, not of a version of its transaction."""


def _entry(book: Book, account: Account, opening: Opening) -> Entry | None:
    """The transfer that an opening balance is; None where it is zero."""
    amount = money_parse(opening.amount, currency=account.currency, field=f"{opening.path}amount")
    worth = _worth(book, amount, opening)
    if not amount.minor:
        return None
    accounts = accounts_by_id(book=book, ids=(), purposes=[Account.Purpose.OPENING])
    equity = accounts.get(Account.Purpose.OPENING)
    if equity is None:
        raise AccountUnknown(Account.Purpose.OPENING)
    held = Entry(
        type="transfer",
        origin="opening",
        date=opening.on,
        description=f"Opening balance, {account.name}",
        account_id=equity.pk,
        to_account_id=account.pk,
        parts=[(None, abs(worth))],
        to_amount=abs(amount).major,
    )
    if amount.minor > 0:
        return held
    return replace(
        held,
        account_id=account.pk,
        to_account_id=equity.pk,
        parts=[(None, abs(amount))],
        to_amount=abs(worth).major,
    )


def _worth(book: Book, amount: Money, opening: Opening) -> Money:
    """The amount in the book's currency."""
    field = f"{opening.path}base_amount"
    if opening.base_amount is None:
        if amount.minor and amount.currency != book.base_currency:
            raise AmountUnfit(
                field, f"Say what the {amount.currency} amount is worth in {book.base_currency}."
            )
        return Money(amount.minor, book.base_currency)
    worth = money_parse(opening.base_amount, currency=book.base_currency, field=field)
    if amount.currency == book.base_currency and worth != amount:
        raise AmountUnfit(field, f"The amount is in {amount.currency} already; leave base_amount out.")
    if (worth.minor > 0) - (worth.minor < 0) != (amount.minor > 0) - (amount.minor < 0):
        raise AmountUnfit(field, "Both amounts have the same sign: what is owed is negative.")
    return worth
