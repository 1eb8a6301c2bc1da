"""Reading books, their members and their invitations."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from ledger.books.models import AccountVisibility, Book, Invitation, Member
from ledger.books.rules import MONEY_TYPES, AccountShown
from rupaya.core.errors import NotFound


class MemberNotFound(NotFound):
    """Raised when a book has no such member."""

    code = "member_not_found"
    title = "The book has no such member"


class InvitationNotFound(NotFound):
    """Raised when there is no such invitation, or it is over and the asker need not know."""

    code = "invitation_not_found"
    title = "There is no such invitation"


class AccountNotInBook(NotFound):
    """Raised when the book has no such account that holds or owes money."""

    code = "account_not_in_book"
    title = "The book has no such account that holds or owes money"


@dataclass(frozen=True, slots=True)
class BookView:
    """A book as one of its members sees it."""

    book: Book
    role: str
    members_count: int


def books_of(*, user_id: UUID) -> list[BookView]:
    """The books that a person is a member of, oldest membership first. One query."""
    return [_view(member) for member in _memberships(user_id)]


def book_view(*, book: Book, user_id: UUID) -> BookView:
    """The book as one of its members sees it, fresh. One query."""
    return _view(_memberships(user_id).get(book=book))


def members_of(*, book: Book) -> list[Member]:
    """The members with their people, in the order in which they came. One query; at most 20."""
    return list(Member.objects.filter(book=book).select_related("user").order_by("created_at", "id"))


def member_of(*, book: Book, user_id: UUID) -> Member:
    """One member with their person; raises MemberNotFound. One query."""
    member = Member.objects.filter(book=book, user_id=user_id).select_related("user").first()
    if member is None:
        raise MemberNotFound
    return member


def invitations_open(*, book: Book, now: dt.datetime) -> list[Invitation]:
    """The invitations that can still be accepted, with who sent them, oldest first. One query; at most 20."""
    waiting = Invitation.objects.filter(
        book=book, accepted_at=None, revoked_at=None, expires_at__gt=now
    ).select_related("invited_by")
    return list(waiting.order_by("id"))


def invitation_to_deliver(*, invitation_id: UUID, now: dt.datetime) -> Invitation | None:
    """An open invitation with its book and who sent it; None once it is over. One query."""
    return (
        Invitation.objects.filter(pk=invitation_id, accepted_at=None, revoked_at=None, expires_at__gt=now)
        .select_related("book", "invited_by")
        .first()
    )


def accounts_shown(*, book: Book, user_id: UUID) -> list[AccountShown]:
    """The accounts that hold or owe money, with what a member sees of each, by type and name. Two queries.

    Row-level security takes out what the asker may not know of.
    """
    levels = dict(
        AccountVisibility.objects.filter(book=book, user_id=user_id).values_list("account_id", "visibility")
    )
    accounts = book.accounts.filter(type__in=MONEY_TYPES).order_by("type", "name", "pk")
    return [
        AccountShown(account.pk, account.name, account.type, account.kind, levels.get(account.pk, "full"))
        for account in accounts
    ]


def account_shown(*, book: Book, user_id: UUID, account_id: UUID) -> AccountShown:
    """What a member sees of one account; raises AccountNotInBook. Two queries."""
    for account in accounts_shown(book=book, user_id=user_id):
        if account.id == account_id:
            return account
    raise AccountNotInBook


def _memberships(user_id: UUID) -> QuerySet[Member]:
    found = Member.objects.filter(user_id=user_id).select_related("book")
    return found.annotate(members_count=Count("book__members")).order_by("created_at", "id")


def _view(member: Member) -> BookView:
    return BookView(member.book, member.role, member.members_count)  # type: ignore[attr-defined]  # annotated
