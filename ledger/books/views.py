"""`/v1/books` and `/v1/invitations`: books, their members, and who sees what."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books import schemas, selectors, serializers, services
from ledger.books.access import Right, book_for, book_id_read
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read, list_body
from rupaya.core.conditional import expected, tagged
from rupaya.core.operations import IF_MATCH, documented
from rupaya.core.web import user_id_of

if TYPE_CHECKING:  # queries live in selectors
    from ledger.books.models import Book


class BookCollection(ApiView):
    """The books that a person is a member of."""

    @documented("books_list", "List your books", gives=schemas.BookPage)
    def get(self, request: Request) -> Response:
        """A page of them, oldest membership first: `?limit=` (50, at most 200), `?cursor=`."""
        results = [serializers.book_out(view) for view in selectors.books_of(user_id=user_id_of(request))]
        return Response(list_body(results, request=request))

    @documented(
        "book_create",
        "Open a book",
        takes=serializers.BookIn,
        gives={201: schemas.BookOut},
        refuses=schemas.OPENS_BOOK,
    )
    def post(self, request: Request) -> Response:
        """Will open a book with the starter chart; 201 with it."""
        values = input_read(serializers.BookIn, data=request.data)
        book = services.book_start(**values)
        return Response(_book_body(request, book), status=201)


class BookResource(ApiView):
    """One book and its settings."""

    @documented("book_get", "Show a book", gives=schemas.BookOut, refuses=schemas.READS_BOOK)
    def get(self, request: Request, book_id: UUID) -> Response:
        """The book."""
        return Response(_book_body(request, _book(request, book_id, "read")))

    @documented(
        "book_update",
        "Change a book",
        asks=(IF_MATCH,),
        takes=serializers.BookChangeIn,
        gives=schemas.BookOut,
        refuses=schemas.SETTLES,
        headers=("ETag",),
    )
    def patch(self, request: Request, book_id: UUID) -> Response:
        """Will change its settings; 200 with the book."""
        book = _book(request, book_id, "own")
        values = input_read(serializers.BookChangeIn, data=request.data)
        today = clock.today(zone=ZoneInfo(book.time_zone))
        services.book_update(book=book, today=today, check=_expected(request), **values)
        return tagged(_book_body(request, book))


class Ownership(ApiView):
    """Whose a book is."""

    @documented(
        "book_ownership_transfer",
        "Give a book to another member",
        asks=(IF_MATCH,),
        takes=serializers.OwnershipIn,
        gives=schemas.BookOut,
        refuses=schemas.MEMBERSHIP,
        headers=("ETag",),
    )
    def post(self, request: Request, book_id: UUID) -> Response:
        """Will make another member the owner, and the actor an editor; 200 with the book."""
        book = _book(request, book_id, "own")
        values = input_read(serializers.OwnershipIn, data=request.data)
        services.ownership_transfer(book=book, check=_expected(request), **values)
        return tagged(_book_body(request, book))


class MemberCollection(ApiView):
    """Who shares a book."""

    @documented(
        "members_list", "List who shares a book", gives=schemas.MemberPage, refuses=schemas.READS_BOOK
    )
    def get(self, request: Request, book_id: UUID) -> Response:
        """A page of the members, in the order in which they came."""
        reader_id = user_id_of(request)
        members = selectors.members_of(book=_book(request, book_id, "read"))
        results = [serializers.member_out(member, reader_id=reader_id) for member in members]
        return Response(list_body(results, request=request))


class MemberResource(ApiView):
    """One member."""

    @documented(
        "member_update",
        "Give a member another role",
        takes=serializers.MemberIn,
        gives=schemas.MemberOut,
        refuses=schemas.MEMBERSHIP,
    )
    def patch(self, request: Request, book_id: UUID, user_id: UUID) -> Response:
        """Will give the member another role; 200 with the member."""
        book = _book(request, book_id, "own")
        values = input_read(serializers.MemberIn, data=request.data)
        services.member_role_set(book=book, user_id=user_id, **values)
        member = selectors.member_of(book=book, user_id=user_id)
        return Response(serializers.member_out(member, reader_id=user_id_of(request)))

    @documented("member_remove", "Remove a member, or leave", gives={204: None}, refuses=schemas.MEMBERSHIP)
    def delete(self, request: Request, book_id: UUID, user_id: UUID) -> Response:
        """Will take the member out, or let the actor leave; 204."""
        is_leaving = user_id == user_id_of(request)
        book = _book(request, book_id, "read" if is_leaving else "own")
        services.member_remove(book=book, user_id=user_id)
        return Response(status=204)


class MemberAccountCollection(ApiView):
    """What a member sees of the accounts."""

    @documented(
        "member_accounts_list",
        "List what a member sees",
        gives=schemas.AccountShownPage,
        refuses=schemas.MEMBERSHIP,
    )
    def get(self, request: Request, book_id: UUID, user_id: UUID) -> Response:
        """A page of the accounts that hold or owe money. Owners ask for anybody, others for themselves."""
        is_own = user_id == user_id_of(request)
        book = _book(request, book_id, "read" if is_own else "own")
        selectors.member_of(book=book, user_id=user_id)
        accounts = selectors.accounts_shown(book=book, user_id=user_id)
        return Response(list_body([account.as_json() for account in accounts], request=request))


class MemberAccountResource(ApiView):
    """What a member sees of one account."""

    @documented(
        "member_account_set",
        "Show or hide an account",
        takes=serializers.VisibilityIn,
        gives=schemas.AccountShownOut,
        refuses=schemas.SHOWS,
    )
    def put(self, request: Request, book_id: UUID, user_id: UUID, account_id: UUID) -> Response:
        """Will set it; 200 with the account."""
        book = _book(request, book_id, "own")
        values = input_read(serializers.VisibilityIn, data=request.data)
        selectors.member_of(book=book, user_id=user_id)
        services.visibility_set(book=book, user_id=user_id, account_id=account_id, **values)
        shown = selectors.account_shown(book=book, user_id=user_id, account_id=account_id)
        return Response(shown.as_json())


class InvitationCollection(ApiView):
    """A book's open invitations; owners see them."""

    @documented(
        "invitations_list", "List open invitations", gives=schemas.InvitationPage, refuses=schemas.WRITES_BOOK
    )
    def get(self, request: Request, book_id: UUID) -> Response:
        """A page of them, oldest first."""
        found = selectors.invitations_open(book=_book(request, book_id, "own"), now=clock.now())
        results = [serializers.invitation_out(invitation) for invitation in found]
        return Response(list_body(results, request=request))

    @documented(
        "invitation_create",
        "Invite somebody",
        takes=serializers.InvitationIn,
        gives={201: schemas.InvitationOut},
        refuses=schemas.INVITES,
    )
    def post(self, request: Request, book_id: UUID) -> Response:
        """Will send an invitation; 201 with it, and the same whether or not the address has an account."""
        book = _book(request, book_id, "own")
        values = input_read(serializers.InvitationIn, data=request.data)
        invitation = services.member_invite(book=book, inviter_id=user_id_of(request), **values)
        return Response(serializers.invitation_out(invitation), status=201)


class InvitationResource(ApiView):
    """One open invitation."""

    @documented("invitation_revoke", "Take an invitation back", gives={204: None}, refuses=schemas.INVITES)
    def delete(self, request: Request, book_id: UUID, invitation_id: UUID) -> Response:
        """Will take it back; 204."""
        services.invitation_revoke(book=_book(request, book_id, "own"), invitation_id=invitation_id)
        return Response(status=204)


class InvitationAcceptance(ApiView):
    """The acceptance of an invitation, by the token of its letter."""

    @documented(
        "invitation_accept",
        "Join a book",
        takes=serializers.AcceptIn,
        gives=schemas.BookOut,
        refuses=schemas.ACCEPTS,
    )
    def post(self, request: Request) -> Response:
        """Will make the actor a member; 200 with the book."""
        values = input_read(serializers.AcceptIn, data=request.data)
        book_id = services.invitation_accept(**values)
        return Response(_book_body(request, _book(request, book_id, "read")))


def _book(request: Request, book_id: UUID, right: Right) -> Book:
    return book_for(user_id=user_id_of(request), book_id=book_id, right=right)


def book_of(request: Request, right: Right, *, using: str = DEFAULT_DB_ALIAS) -> Book:
    """The book that a request means, for a person with the right: `?book_id=`, else their first one. One query.

    using: the database that it is read from. Raises Invalid, BookNotFound, BookReadOnly.
    """
    book_id = book_id_read(request.GET.get("book_id"))
    return book_for(user_id=user_id_of(request), book_id=book_id, right=right, using=using)


def _expected(request: Request) -> Callable[[Book], None]:
    """The check that a change of a book begins with: `If-Match` refuses one that was changed meanwhile."""
    return expected(request, lambda book: _book_body(request, book))


def _book_body(request: Request, book: Book) -> dict[str, object]:
    return serializers.book_out(selectors.book_view(book=book, user_id=user_id_of(request)))
