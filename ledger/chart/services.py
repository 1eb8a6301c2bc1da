"""Opening accounts and categories, changing what they say and where they stand, closing and reopening them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID

from django.db.models.functions import Now

from ledger.books.access import ACCOUNT_GUARDS
from ledger.books.locks import book_lock
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.rules import CATEGORY_KIND, ICON_OF_KIND, TYPE_OF_KIND, terms_unfit
from ledger.chart.selectors import AccountUnknown, account_named, account_of, accounts_by_id
from ledger.chart.starter_india import STARTER_CHART
from rupaya.core.db import assert_acting, constraints_now, explaining
from rupaya.core.errors import Conflict, DomainError, FieldError, Invalid, Rejected
from rupaya.core.money import AmountInvalid, money_parse
from rupaya.core.text import composed, has_hidden, is_seen

NAME_MAX: Final = 80  # characters
ACCOUNTS_MAX: Final = 2000  # a book; the database counts
DEPTH_MAX: Final = 10  # levels of the tree; the database counts
Check = Callable[[Account], None]


class AccountNameTaken(Conflict):
    """Raised when the place in the tree has an account of that type and name."""

    code = "account_name_taken"
    title = "The book has an account of that name there"


class AccountsTooMany(Rejected):
    """Raised when a book has as many accounts as it may."""

    code = "accounts_too_many"
    title = f"A book has at most {ACCOUNTS_MAX} accounts"


class AccountNameInvalid(Invalid):
    """Raised for a name that is empty, too long or not text; so for an institution's, which may be empty."""

    code = "account_name_invalid"
    title = "The account's name is not valid"

    def __init__(self, field: str = "name") -> None:
        message = (
            f"An institution's name has at most {NAME_MAX} characters that can be seen."
            if field == "institution"
            else f"An account's name has 1 to {NAME_MAX} characters that can be seen."
        )
        super().__init__(message, errors=[FieldError(field, self.code, message)])


class AccountTermsUnfit(Invalid):
    """Raised for a credit limit, statement day or due day on an account that has none."""

    code = "account_terms_unfit"
    title = "Only a credit card has a limit and a statement day; a due day, a card or a loan"

    def __init__(self, field: str = "kind") -> None:
        super().__init__(errors=[FieldError(field, self.code, f"{self.title}.")])


class ParentUnfit(Invalid):
    """Raised when an account would stand below one of another type."""

    code = "parent_unfit"
    title = "An account stands below one of its own type"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("parent_id", self.code, f"{self.title}.")])


class ParentBelow(Rejected):
    """Raised when an account would stand below itself."""

    code = "parent_below"
    title = "An account can't stand below itself"


class ParentClosed(Rejected):
    """Raised when an open account would stand below a closed one."""

    code = "parent_closed"
    title = "The account above is closed; reopen it first"


class TreeTooDeep(Rejected):
    """Raised when the tree would have more levels than it may."""

    code = "tree_too_deep"
    title = f"Accounts stand at most {DEPTH_MAX} levels deep"


class ChildrenOpen(Rejected):
    """Raised when an account closes that has open ones below it."""

    code = "children_open"
    title = "There are open accounts below this one; close or move them first"


class AccountNotEmpty(Rejected):
    """Raised when an account closes that holds or owes money."""

    code = "account_not_empty"
    title = "The account still holds or owes money; bring it to zero first"


class AccountNeeded(Rejected):
    """Raised when an account closes that RUPAYA itself reaches for."""

    code = "account_needed"
    title = "RUPAYA itself uses this account; it can be renamed and moved, not closed or merged into another"


class AccountMerged(Conflict):
    """Raised for a change of an account that was merged into another."""

    code = "account_merged"
    title = "This account was merged into another one"


GUARDS: Final[Mapping[str, type[DomainError]]] = {
    **ACCOUNT_GUARDS,
    "ledger_account_name_free": AccountNameTaken,
    "ledger_account_few": AccountsTooMany,
    "ledger_account_terms_fit": AccountTermsUnfit,
    "ledger_account_parent_fits": ParentUnfit,
    "ledger_account_parent_open": ParentClosed,
    "ledger_account_tree_whole": ParentBelow,
    "ledger_account_tree_depth": TreeTooDeep,
    "ledger_account_children_closed": ChildrenOpen,
    "ledger_account_closes_empty": AccountNotEmpty,
    "ledger_account_purpose_stays_open": AccountNeeded,
    "ledger_account_merged_stays_closed": AccountMerged,
}


class AccountSaid(TypedDict, total=False):
    """What may be said of an account beside its name. `credit_limit` is in major units of its currency."""

    parent_id: UUID | None
    icon: str
    institution: str
    number_last4: str
    credit_limit: str | int | Decimal | None
    statement_day: int | None
    due_day: int | None


class AccountChanges(AccountSaid, total=False):
    """What may be said of an account; what is left out stays."""

    name: str


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
    *,
    book: Book,
    name: str,
    kind: str = Account.Kind.BANK,
    currency: str = "",
    opened_by_upload: bool = False,
    **said: Unpack[AccountSaid],
) -> Account:
    """Will open an account for money that is owned or owed, in the book's currency where none is named.

    The kind decides its type. opened_by_upload: it goes with its last draft, if nothing else refers to it. Raises
    AccountNameInvalid, AccountNameTaken, AccountsTooMany, AccountTermsUnfit, and for a parent AccountUnknown,
    ParentUnfit, ParentClosed or TreeTooDeep.
    """
    return _open(
        book,
        Account(
            book=book,
            type=TYPE_OF_KIND[kind],
            kind=kind,
            currency=currency or book.base_currency,
            icon=ICON_OF_KIND[kind],
            opened_by_upload=opened_by_upload,
        ),
        {"name": name, **said},
    )


def category_open(
    *, book: Book, name: str, category_type: str, parent_id: UUID | None = None, icon: str = ""
) -> Account:
    """Will open a category of income or expense, kept in the book's currency.

    Raises AccountNameInvalid, AccountNameTaken, AccountsTooMany, and for a parent AccountUnknown, ParentUnfit,
    ParentClosed or TreeTooDeep.
    """
    category = Account(book=book, type=category_type, kind=CATEGORY_KIND, currency=book.base_currency)
    return _open(
        book, category, {"name": name, "parent_id": parent_id, "icon": icon or ICON_OF_KIND[CATEGORY_KIND]}
    )


def account_change(
    *, book: Book, account: Account, check: Check | None = None, **changes: Unpack[AccountChanges]
) -> Account:
    """Will rename an account, move it (`parent_id`, None for the top), or change what else is said of it.

    check: raises where it is not what the person looked at. Locks the book. Raises what opening one raises,
    ParentBelow where it would stand below itself, AccountMerged and AccountNotFound.
    """
    account = _locked(book, account, check)
    if account.merged_into_id:
        raise AccountMerged
    columns = _columns(book, account, changes)
    if columns:
        with explaining(GUARDS):
            Account.objects.filter(book=book, pk=account.pk).update(**columns)
            constraints_now()
        account.refresh_from_db()
    return account


def account_close(*, book: Book, account: Account, check: Check | None = None) -> Account:
    """Will close an account or category: nothing is posted on it any more. A closed one stays as it is.

    check: as for a change. Locks the book, so that no posting slips in. Raises AccountNotEmpty, ChildrenOpen,
    AccountNeeded or AccountNotFound.
    """
    account = _locked(book, account, check)
    with explaining(GUARDS):
        Account.objects.filter(book=book, pk=account.pk, closed_at=None).update(closed_at=Now())
        constraints_now()
    account.refresh_from_db()
    return account


def account_reopen(*, book: Book, account: Account, check: Check | None = None) -> Account:
    """Will reopen an account or category; an open one stays as it is.

    check: as for a change. Locks the book. Raises AccountMerged, ParentClosed or AccountNotFound.
    """
    account = _locked(book, account, check)
    with explaining(GUARDS):
        Account.objects.filter(book=book, pk=account.pk).exclude(closed_at=None).update(closed_at=None)
        constraints_now()
    account.refresh_from_db()
    return account


def account_for(*, book: Book, account_id: UUID | None, name: str = "") -> Account:
    """The book's account for an upload, by id or by name; a name that the book does not have becomes a bank account.

    Such a new one goes with its last draft, if nothing else refers to it then.
    Raises AccountUnknown for an id that is not the book's, AccountNameInvalid for a name that is none.
    """
    if account_id is not None:
        found = accounts_by_id(book=book, ids=[account_id], purposes=())
        if account_id not in found:
            raise AccountUnknown("account_id")
        return found[account_id]
    name = _name_read(name, "account_name")
    found_by_name = account_named(book=book, name=name)
    if found_by_name:
        return found_by_name
    try:
        return account_open(book=book, name=name, opened_by_upload=True)
    except AccountNameTaken:  # somebody opened it at this very moment
        return account_named(book=book, name=name) or account_open(
            book=book, name=name, opened_by_upload=True
        )


def _locked(book: Book, account: Account, check: Check | None) -> Account:
    """The account as it stands under the book's lock, which whoever changes the chart or posts takes too."""
    book_lock(book=book)
    found = account_of(book=book, account_id=account.pk, types=[account.type])
    if check:
        check(found)
    return found


def _open(book: Book, account: Account, said: AccountChanges) -> Account:
    assert_acting()
    for column, value in _columns(book, account, said).items():
        setattr(account, column, value)
    with explaining(GUARDS):
        account.save(force_insert=True)
        constraints_now()
    return account


def _columns(book: Book, account: Account, said: AccountChanges) -> dict[str, Any]:
    """What is said as the columns that keep it."""
    unfit = terms_unfit(kind=account.kind, given=said)
    if unfit:
        raise AccountTermsUnfit(unfit)
    columns: dict[str, Any] = dict(said)
    if "name" in said:
        columns["name"] = _name_read(said["name"], "name")
    if "institution" in said:
        columns["institution"] = said["institution"] and _name_read(said["institution"], "institution")
    if "credit_limit" in said:
        columns["credit_limit_minor"] = _limit_read(columns.pop("credit_limit"), account.currency)
    parent_id = said.get("parent_id")
    if parent_id and parent_id not in accounts_by_id(book=book, ids=[parent_id], purposes=()):
        raise AccountUnknown("parent_id")
    return columns


def _limit_read(limit: str | int | Decimal | None, currency: str) -> int | None:
    if limit is None:
        return None
    minor = money_parse(limit, currency=currency, field="credit_limit").minor
    if minor < 0:
        raise AmountInvalid("A credit limit is zero or more.", field="credit_limit")
    return minor


def _name_read(name: str, field: str) -> str:
    name = " ".join(composed(name).split())
    if len(name) > NAME_MAX or has_hidden(name) or not is_seen(name):
        raise AccountNameInvalid(field)
    return name
