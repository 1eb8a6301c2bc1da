"""Reading the chart of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import Q

from ledger.books.models import Book
from ledger.chart.models import Account
from rupaya.core.errors import FieldError, Invalid

_MONEY_TYPES: Final = (Account.Type.ASSET, Account.Type.LIABILITY)
_CATEGORY_TYPES: Final = (Account.Type.INCOME, Account.Type.EXPENSE)
SHOWN_MAX: Final = 2000


class AccountUnknown(Invalid):
    """Raised when the book has no such account."""

    code = "account_unknown"
    title = "There is no such account in this book"

    def __init__(self, field: str) -> None:
        message = "There is no such account or category in this book."
        super().__init__(message, errors=[FieldError(field, self.code, message)])


def accounts_money(*, book: Book) -> list[Account]:
    """The accounts that hold or owe money, by type and name. One query."""
    return list(
        Account.objects.filter(book=book, type__in=_MONEY_TYPES).order_by("type", "name", "pk")[:SHOWN_MAX]
    )


def accounts_categories(*, book: Book) -> list[Account]:
    """The categories, income first, by name. One query."""
    return list(
        Account.objects.filter(book=book, type__in=_CATEGORY_TYPES).order_by("-type", "name", "pk")[
            :SHOWN_MAX
        ]
    )


def accounts_by_id(*, book: Book, ids: Iterable[UUID], purposes: Iterable[str]) -> dict[UUID | str, Account]:
    """The named accounts by id, and those that serve the named purposes by purpose. One query.

    What the book does not have is absent.
    """
    wanted = Account.objects.filter(Q(pk__in=set(ids)) | Q(purpose__in=set(purposes)), book=book).order_by(
        "pk"
    )
    found: dict[UUID | str, Account] = {}
    for account in wanted:
        found[account.pk] = account
        if account.purpose:
            found[account.purpose] = account
    return found


def account_named(*, book: Book, name: str) -> Account | None:
    """The money account of that name, upper and lower case alike. One query."""
    return Account.objects.filter(
        book=book, type__in=_MONEY_TYPES, name__iexact=" ".join(name.split()), parent=None
    ).first()


def accounts_below(*, book: Book, ids: Iterable[UUID]) -> list[UUID]:
    """These accounts of the book and everything below them in its tree. One query.

    A book has at most 2,000 accounts, so they are all read.
    """
    children: dict[UUID | None, list[UUID]] = {}
    known = set()
    for identity, parent_id in (
        Account.objects.filter(book=book).values_list("pk", "parent_id").order_by("pk")
    ):
        children.setdefault(parent_id, []).append(identity)
        known.add(identity)
    found, left = [], [identity for identity in ids if identity in known]
    while left:
        identity = left.pop()
        if identity not in found:
            found.append(identity)
            left += children.get(identity, [])
    return found


def chart_names(*, book: Book) -> list[tuple[UUID, str, str, UUID | None]]:
    """(id, name, type, parent id) of every account and category of the book. One query."""
    return list(
        Account.objects.filter(book=book).order_by("pk").values_list("pk", "name", "type", "parent_id")
    )
