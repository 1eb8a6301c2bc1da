"""Opening accounts."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown, account_named, accounts_by_id
from ledger.chart.starter_india import STARTER_CHART
from rupaya.core.db import assert_acting, constraints_now, explaining
from rupaya.core.errors import Conflict, FieldError, Invalid, Rejected

NAME_MAX: Final = 80  # characters
ACCOUNTS_MAX: Final = 2000  # a book


class AccountNameTaken(Conflict):
    """Raised when the book has an account of that type and name."""

    code = "account_name_taken"
    title = "The book has an account of that name"


class AccountsTooMany(Rejected):
    """Raised when a book has as many accounts as it may."""

    code = "accounts_too_many"
    title = "The book has too many accounts"


class AccountNameInvalid(Invalid):
    """Raised for a name that is empty, too long or not text."""

    code = "account_name_invalid"
    title = "The account's name is not valid"

    def __init__(self) -> None:
        message = f"An account's name has 1 to {NAME_MAX} printable characters."
        super().__init__(message, errors=[FieldError("account_name", self.code, message)])


def chart_start(*, book: Book) -> list[Account]:
    """Will fill a new book with the starter chart, in one statement. Registered as a step of opening a book."""
    assert_acting()
    return Account.objects.bulk_create(
        Account(
            book=book,
            type=starter.type,
            kind=starter.kind,
            name=starter.name,
            icon=starter.icon,
            currency=book.base_currency,
            purpose=starter.purpose or None,
        )
        for starter in STARTER_CHART
    )


def account_open(
    *, book: Book, name: str, kind: str = Account.Kind.BANK, institution: str = "", number_last4: str = ""
) -> Account:
    """Will open an account for money that is owned, in the book's currency.

    Raises AccountNameInvalid, AccountsTooMany, or AccountNameTaken where the book has it.
    """
    assert_acting()
    if Account.objects.filter(book=book).count() >= ACCOUNTS_MAX:
        raise AccountsTooMany(f"A book has at most {ACCOUNTS_MAX} accounts.")
    account = Account(
        book=book,
        type=Account.Type.ASSET,
        kind=kind,
        name=_name_read(name),
        icon="bank",
        currency=book.base_currency,
        institution=institution[:NAME_MAX],
        number_last4=number_last4,
    )
    with explaining({"ledger_account_name_once": AccountNameTaken}):
        account.save(force_insert=True)
        constraints_now()
    return account


def account_for(*, book: Book, account_id: UUID | None, name: str = "") -> Account:
    """The book's account by id, or by name; a name that the book does not have becomes a new bank account.

    Raises AccountUnknown for an id that is not the book's, AccountNameInvalid for a name that is none.
    """
    if account_id is not None:
        found = accounts_by_id(book=book, ids=[account_id], purposes=())
        if account_id not in found:
            raise AccountUnknown("account_id")
        return found[account_id]
    name = _name_read(name)
    found_by_name = account_named(book=book, name=name)
    if found_by_name:
        return found_by_name
    try:
        return account_open(book=book, name=name)
    except AccountNameTaken:  # somebody opened it at this very moment
        return account_named(book=book, name=name) or account_open(book=book, name=name)


def _name_read(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise AccountNameInvalid
    return name
