"""Reading the chart of accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import CharField, Func, Q

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.rules import CATEGORY_TYPES, MONEY_TYPES, TYPES, path_of
from rupaya.core.db import columns_of, database_of, instances
from rupaya.core.errors import FieldError, Invalid, NotFound
from rupaya.core.prepared import ids_text
from rupaya.core.text import composed

SHOWN_MAX: Final = 2000


_WANTED_SQL: Final = f"""
SELECT {columns_of(Account, "a")} FROM ledger_account a
 WHERE a.book_id = %(book)s AND (a.id = ANY(%(ids)s::uuid[]) OR a.purpose = ANY(%(purposes)s::text[]))
 ORDER BY a.id
"""  # noqa: S608  # columns only


class AccountUnknown(Invalid):
    """Raised when the book has no such account."""

    code = "account_unknown"
    title = "There is no such account in this book"

    def __init__(self, field: str) -> None:
        message = "There is no such account or category in this book."
        super().__init__(message, errors=[FieldError(field, self.code, message)])


class AccountNotFound(NotFound):
    """Raised when the book has no such account, or it is a category, or the other way round."""

    code = "account_not_found"
    title = "There is no such account"


@dataclass(frozen=True, slots=True)
class Placed:
    """An account and the names from the top of the tree down to it."""

    account: Account
    path: list[str]


@dataclass(frozen=True, slots=True)
class Heir:
    """The account that a merged one became. None and "" where whoever asks does not see it."""

    name_before: str
    account_id: UUID | None
    name: str

    @property
    def sentence(self) -> str:
        """What happened, without a full stop."""
        return f"“{self.name_before}” was merged into {f'“{self.name}”' if self.name else 'another account'}"


def account_of(*, book: Book, account_id: UUID, types: Sequence[str]) -> Account:
    """One account of these types, closed or merged ones too; raises AccountNotFound. One query."""
    found = Account.objects.filter(book=book, pk=account_id, type__in=types).first()
    if found is None:
        raise AccountNotFound
    return found


def account_placed(*, book: Book, account: Account) -> Placed:
    """An account with its path. One query."""
    rows = Account.objects.filter(book=book, type=account.type).order_by("pk")
    places = {pk: (name, parent_id) for pk, name, parent_id in rows.values_list("pk", "name", "parent_id")}
    return Placed(account, path_of(account.pk, places=places))


def accounts_money(*, book: Book) -> list[Account]:
    """The open accounts that hold or owe money, by type and name. One query."""
    found = Account.objects.filter(book=book, type__in=MONEY_TYPES, closed_at=None)
    return list(found.order_by("type", "name", "pk")[:SHOWN_MAX])


def accounts_categories(*, book: Book) -> list[Account]:
    """The open categories, income first, by name. One query."""
    return _categories(book, include_closed=False)


def categories_placed(*, book: Book, include_closed: bool = False) -> list[Placed]:
    """The categories with their paths, income first, by name; never those that were merged. One query.

    All above an open category are open, and nothing stands below a merged one.
    """
    found = _categories(book, include_closed=include_closed)
    places = {category.pk: (category.name, category.parent_id) for category in found}
    return [Placed(category, path_of(category.pk, places=places)) for category in found]


def _categories(book: Book, *, include_closed: bool) -> list[Account]:
    found = Account.objects.filter(book=book, type__in=CATEGORY_TYPES, merged_into=None)
    if not include_closed:
        found = found.filter(closed_at=None)
    return list(found.order_by("-type", "name", "pk")[:SHOWN_MAX])


def accounts_by_id(*, book: Book, ids: Iterable[UUID], purposes: Iterable[str]) -> dict[UUID | str, Account]:
    """The named accounts by id, and those that serve the named purposes by purpose. One query.

    What the book does not have is absent.
    """
    parameters = {"book": book.pk, "ids": ids_text(set(ids)), "purposes": list(set(purposes))}
    wanted = instances(Account, _WANTED_SQL, parameters)
    found: dict[UUID | str, Account] = {}
    for _, account in wanted:
        found[account.pk] = account
        if account.purpose:
            found[account.purpose] = account
    return found


def heirs_of(*, book: Book) -> dict[UUID, Heir]:
    """What became of the book's merged accounts, by their ids; chains are followed to the end. One query."""
    merged = Account.objects.filter(book=book, merged_into__isnull=False)
    rows = Account.objects.filter(book=book).filter(
        Q(merged_into__isnull=False) | Q(pk__in=merged.values("merged_into_id"))
    )
    known = {account.pk: account for account in rows.only("name", "merged_into_id").order_by("pk")}
    heirs = {}
    for account in known.values():
        heir: Account | None = account
        while heir and heir.merged_into_id:
            heir = known.get(heir.merged_into_id)
        if heir != account:
            heirs[account.pk] = Heir(account.name, heir.pk if heir else None, heir.name if heir else "")
    return heirs


def account_named(*, book: Book, name: str) -> Account | None:
    """The money account of that name at the top of the tree, in any case; never a merged one. One query."""
    found = Account.objects.filter(book=book, type__in=MONEY_TYPES, parent=None, merged_into=None)
    # What was named before names had one spelling is found by it too, else its bank's file would open a second account.
    found = found.annotate(composed=Func("name", function="normalize", output_field=CharField()))
    return found.filter(composed__iexact=" ".join(composed(name).split())).order_by("type", "pk").first()


class OfAnotherType(LookupError):
    """Raised for a category where an account is meant, or the other way round; its text is the name."""


def accounts_below(*, book: Book, ids: Iterable[UUID], types: Collection[str] = TYPES) -> list[UUID]:
    """These accounts of the book and everything below them in its tree. One query.

    A book has at most 2,000 accounts, so they are all read. types: what they must be of; raises OfAnotherType.
    """
    children: dict[UUID | None, list[UUID]] = {}
    known = {}
    rows = Account.objects.using(database_of(book)).filter(book=book)
    found_rows = rows.values_list("pk", "parent_id", "name", "type").order_by("pk")
    for identity, parent_id, name, account_type in found_rows:
        children.setdefault(parent_id, []).append(identity)
        known[identity] = (name, account_type)
    found, left = [], [identity for identity in ids if identity in known]
    for name, account_type in map(known.__getitem__, left):
        if account_type not in types:
            raise OfAnotherType(name)
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


def accounts_foreign(*, book: Book) -> list[tuple[UUID, str]]:
    """(id, currency) of the accounts that are kept in another currency than the book's. One query."""
    found = Account.objects.filter(book=book).exclude(currency=book.base_currency).order_by("pk")
    return list(found.values_list("pk", "currency"))
