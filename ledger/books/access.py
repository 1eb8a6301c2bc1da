"""The only door to a book: a stranger finds nothing, a member without the right is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from ledger.books.models import Book
from rupaya.core.db import columns_of, instances, rows_as_dicts
from rupaya.core.errors import DomainError, FieldError, Forbidden, Invalid, NotFound

Right = Literal["read", "write", "own"]
_ROLES: Final[dict[Right, frozenset[str]]] = {
    "read": frozenset({"owner", "editor", "viewer"}),
    "write": frozenset({"owner", "editor"}),
    "own": frozenset({"owner"}),
}


_FIND_SQL: Final = f"""
SELECT m.role, {columns_of(Book, "b")}
  FROM ledger_member m JOIN ledger_book b ON b.id = m.book_id
 WHERE m.user_id = %(user)s {{named}}
 ORDER BY m.created_at, m.id
 LIMIT 1
"""  # noqa: S608  # columns only


_opened: ContextVar[list[UUID] | None] = ContextVar("books_opened", default=None)


class BookNotFound(NotFound):
    """Raised when there is no such book, or none that this person may know of."""

    code = "book_not_found"
    title = "There is no such book"
    is_for_want_of_right = True

    def __init__(self, message: str = "", *, book_id: UUID | None = None) -> None:
        super().__init__(message)
        self.book_id = book_id
        if book_id is None:  # it was the person's first one that was asked for, and they have none any more
            self.way_on = "book_new"


class BookReadOnly(Forbidden):
    """Raised when a member's role does not give the right."""

    code = "book_read_only"
    title = "Your role in this book does not allow this"

    def __init__(self, message: str = "", *, book_id: UUID | None = None) -> None:
        super().__init__(message)
        self.book_id = book_id


class AccountReadOnly(Forbidden):
    """Raised when a member writes to an account that an owner lets them only read."""

    code = "account_read_only"
    title = "In this account you may look and not write"


class BookVeiled(Forbidden):
    """Raised when a member from whom an account is hidden does what needs all of the book."""

    code = "book_veiled"
    title = "An account of this book is hidden from you, and this needs all of it"

    def __init__(self, message: str = "", *, book_id: UUID | None = None) -> None:
        super().__init__(message)
        self.book_id = book_id


# For whoever writes what belongs to an account: the guard that speaks, and what it means.
ACCOUNT_GUARDS: Final[dict[str, type[DomainError]]] = {"ledger_account_writable": AccountReadOnly}


def book_for(*, user_id: UUID, book_id: UUID | None, right: Right, using: str = DEFAULT_DB_ALIAS) -> Book:
    """The book, for a member with the right; without an id the person's first one. One query.

    using: the database that it is read from, and with it what selectors read of it (`database_of`).
    Raises BookNotFound for a stranger, BookReadOnly for a member without the right.
    """
    named = "" if book_id is None else "AND m.book_id = %(book)s"
    found = instances(Book, _FIND_SQL.format(named=named), {"user": user_id, "book": book_id}, using=using)
    if not found:
        raise BookNotFound(book_id=book_id)
    (((role,), book),) = found
    if role not in _ROLES[right]:
        raise BookReadOnly(book_id=book.pk)
    opened = _opened.get()
    if opened is not None:
        opened.append(book.pk)
    return book


@contextmanager
def books_noted() -> Iterator[list[UUID]]:
    """Will note the books that `book_for` opens inside, in their order: which one a request meant it may not say."""
    opened: list[UUID] = []
    token = _opened.set(opened)
    try:
        yield opened
    finally:
        _opened.reset(token)


def whole_book_check(*, book: Book) -> None:
    """Will let pass who sees every account of the book; raises BookVeiled. One query."""
    (row,) = rows_as_dicts("SELECT %(book)s = ANY (app_books_veiled()) AS is_veiled", {"book": book.pk})
    if row["is_veiled"]:
        raise BookVeiled(book_id=book.pk)


def book_id_read(text: str | None) -> UUID | None:
    """Will read `?book_id=`; raises Invalid."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        message = "book_id must be a UUID."
        raise Invalid(message, errors=[FieldError("book_id", "invalid", message)]) from error
