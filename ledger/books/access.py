"""The only door to a book: a stranger finds nothing, a member without the right is refused."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from ledger.books.models import Book, Member
from rupaya.core.errors import DomainError, FieldError, Forbidden, Invalid, NotFound

Right = Literal["read", "write", "own"]
_ROLES: Final[dict[Right, frozenset[str]]] = {
    "read": frozenset({"owner", "editor", "viewer"}),
    "write": frozenset({"owner", "editor"}),
    "own": frozenset({"owner"}),
}


class BookNotFound(NotFound):
    """Raised when there is no such book, or none that this person may know of."""

    code = "book_not_found"
    title = "There is no such book"


class BookReadOnly(Forbidden):
    """Raised when a member's role does not give the right."""

    code = "book_read_only"
    title = "Your role in this book does not allow this"


class AccountReadOnly(Forbidden):
    """Raised when a member writes to an account that an owner lets them only read."""

    code = "account_read_only"
    title = "In this account you may look and not write"


# For whoever writes what belongs to an account: the guard that speaks, and what it means.
ACCOUNT_GUARDS: Final[dict[str, type[DomainError]]] = {"ledger_account_writable": AccountReadOnly}


def book_for(*, user_id: UUID, book_id: UUID | None, right: Right) -> Book:
    """The book, for a member with the right; without an id the person's first one. One query.

    Raises BookNotFound for a stranger, BookReadOnly for a member without the right.
    """
    members = Member.objects.select_related("book").filter(user_id=user_id)
    if book_id is not None:
        members = members.filter(book_id=book_id)
    member = members.order_by("created_at", "id").first()
    if member is None:
        raise BookNotFound
    if member.role not in _ROLES[right]:
        raise BookReadOnly
    return member.book


def book_id_read(text: str | None) -> UUID | None:
    """Will read `?book_id=`; raises Invalid."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        message = "book_id must be a UUID."
        raise Invalid(message, errors=[FieldError("book_id", "invalid", message)]) from error
