"""Opening and closing books, sharing them, and saying who sees what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.db.models import Q
from django.template.loader import render_to_string
from procrastinate.contrib.django import app as queue

from ledger.books.access import BookReadOnly
from ledger.books.locks import book_lock
from ledger.books.models import AccountVisibility, Book, Invitation
from ledger.books.registry import opening_steps
from ledger.books.rules import Letter, name_for, name_read, token_hash, token_make
from ledger.books.selectors import AccountNotInBook, InvitationNotFound, MemberNotFound
from rupaya.core.db import assert_acting, constraints_now, explaining
from rupaya.core.errors import Conflict, DomainError, FieldError, Forbidden, Gone, Invalid, Rejected
from rupaya.core.ids import uuid7

INVITATION_TASK: Final = "ledger.invitation_mail_send"
_log = structlog.get_logger("ledger.books")


class PeriodOnlyCloses(Rejected):
    """Raised when a closing date would move back."""

    code = "period_only_closes"
    title = "A closed period stays closed"


class PeriodNotOver(Rejected):
    """Raised when a period would be closed that is not over: it could never be opened again."""

    code = "period_not_over"
    title = "Only days that are over can be closed"


class BooksTooMany(Rejected):
    """Raised when a person would own or share more books than one may."""

    code = "books_too_many"
    title = "One person owns at most 20 books and is a member of at most 100"


class TimeZoneUnknown(Invalid):
    """Raised for a time zone that the database does not know."""

    code = "time_zone_unknown"
    title = "There is no such time zone"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("time_zone", self.code, f"{self.title}.")])


class CurrencySettled(Rejected):
    """Raised when money was written in the book's currency already."""

    code = "book_currency_settled"
    title = "The currency stays once a book has transactions or statements"


class MembersTooMany(Rejected):
    """Raised when a book has as many members as it may."""

    code = "members_too_many"
    title = "A book has at most 20 members"


class BookNeedsOwner(Rejected):
    """Raised when the last owner would leave or step down."""

    code = "book_needs_owner"
    title = "A book needs an owner; make somebody else one first"


class OwnershipYours(Conflict):
    """Raised when an owner would hand the book to themselves."""

    code = "ownership_yours"
    title = "The book is yours already"


class MemberAlready(Conflict):
    """Raised when the person who is invited, or who accepts, is a member."""

    code = "member_already"
    title = "This person is a member of the book already"


class InvitationsTooMany(Rejected):
    """Raised when a book has sent as many invitations as it may."""

    code = "invitations_too_many"
    title = "A book has at most 20 open invitations and sends at most 50 a day"


class InvitationForAnother(Forbidden):
    """Raised when the actor's address is not the invited one: a forwarded link is of no use."""

    code = "invitation_for_another"
    title = "This invitation was sent to another e-mail address; sign in with that one"


class InvitationUsed(Gone):
    """Raised when an invitation was accepted before."""

    code = "invitation_used"
    title = "This invitation was used already"


class InvitationRevoked(Gone):
    """Raised when an owner took an invitation back, or sent a newer one."""

    code = "invitation_revoked"
    title = "This invitation was withdrawn, or a newer one took its place"


class InvitationExpired(Gone):
    """Raised when nobody accepted an invitation in time."""

    code = "invitation_expired"
    title = "This invitation has expired; ask for a new one"


class OwnerSeesAll(Rejected):
    """Raised when an account would be hidden from an owner."""

    code = "owner_sees_all"
    title = "An owner sees every account"


class AccountAlwaysShown(Rejected):
    """Raised when a category, or an account of the book's own, would be hidden."""

    code = "account_always_shown"
    title = "Only an account that holds or owes money can be hidden"


_MEMBERSHIP: Final[dict[str, type[DomainError]]] = {
    "ledger_book_owners_only": BookReadOnly,
    "ledger_member_exists": MemberNotFound,
    "ledger_book_keeps_owner": BookNeedsOwner,
    "ledger_book_at_most": BooksTooMany,
    "ledger_ownership_moves": OwnershipYours,
}
_INVITING: Final[dict[str, type[DomainError]]] = {
    "ledger_book_owners_only": BookReadOnly,
    "ledger_invitation_to_stranger": MemberAlready,
    "ledger_invitation_at_most": InvitationsTooMany,
    "ledger_invitation_exists": InvitationNotFound,
}
_ACCEPTING: Final[dict[str, type[DomainError]]] = {
    "ledger_invitation_exists": InvitationNotFound,
    "ledger_invitation_addressee": InvitationForAnother,
    "ledger_invitation_to_stranger": MemberAlready,
    "ledger_invitation_once": InvitationUsed,
    "ledger_invitation_stands": InvitationRevoked,
    "ledger_invitation_in_time": InvitationExpired,
    "ledger_member_at_most": MembersTooMany,
    "ledger_book_at_most": BooksTooMany,
}
_SHOWING: Final[dict[str, type[DomainError]]] = {
    "ledger_account_visibility_of_member": MemberNotFound,
    "ledger_account_visibility_account_in_book": AccountNotInBook,
    "ledger_account_visibility_of_owner": OwnerSeesAll,
    "ledger_account_visibility_of_money": AccountAlwaysShown,
}


def book_open(
    *, name: str, base_currency: str = "INR", time_zone: str = "Asia/Kolkata", fiscal_year_start_month: int = 4
) -> Book:  # fmt: skip
    """Will open an empty book owned by the actor. India's defaults: rupees, IST, a year from April.

    The database makes the book and its first owner together; IntegrityError where nobody acts. Raises Invalid
    for a name that is none, BooksTooMany, TimeZoneUnknown.
    """
    assert_acting()
    book = Book(
        id=uuid7(),
        name=name_read(name),
        base_currency=base_currency,
        time_zone=time_zone,
        fiscal_year_start_month=fiscal_year_start_month,
    )
    with explaining({"ledger_book_at_most": BooksTooMany, "ledger_book_time_zone": TimeZoneUnknown}):
        terms = (base_currency, time_zone, fiscal_year_start_month)
        _call("ledger_book_open", book.id, uuid7(), book.name, *terms)
    return book


def book_start(*, name: str, month_start_day: int = 1, **how: Any) -> Book:
    """Will open a book with all that a book begins with: the registered opening steps. `how`: as `book_open`."""
    book = book_open(name=name, **how)
    if month_start_day != book.month_start_day:
        Book.objects.filter(pk=book.pk).update(month_start_day=month_start_day)
        book.month_start_day = month_start_day
    for step in opening_steps():
        step(book=book)
    return book


def household_start(*, user_id: UUID, full_name: str) -> None:  # noqa: ARG001  # the actor is in the transaction
    """Will open a new person's first book. Registered as a step of sign-up."""
    book_start(name=name_for(full_name=full_name))


def book_update(
    *,
    book: Book,
    today: dt.date,
    check: Callable[[Book], None] | None = None,
    base_currency: str | None = None,
    closed_until: dt.date | None = None,
    **settings_new: Any,
) -> None:
    """Will change a book's settings; None leaves one as it is.

    settings_new: name, time_zone, fiscal_year_start_month, month_start_day. check: raises where the book is not
    what the person looked at. Locks the book, and so waits for those who are posting. Raises BookReadOnly for whoever
    is not an owner, Invalid for a name, TimeZoneUnknown, CurrencySettled, PeriodNotOver, PeriodOnlyCloses.
    """
    _book_hold(book, check)
    if "name" in settings_new:
        settings_new["name"] = name_read(settings_new["name"])
    if settings_new:
        with explaining({"ledger_book_time_zone": TimeZoneUnknown}):
            if not Book.objects.filter(pk=book.pk).update(**settings_new):
                raise BookReadOnly
    if base_currency is not None and base_currency != book.base_currency:
        with explaining(
            {"ledger_book_owners_only": BookReadOnly, "ledger_book_currency_settled": CurrencySettled}
        ):
            _call("ledger_book_currency_set", book.pk, base_currency)
    if closed_until is not None:
        period_close(book=book, until=closed_until, today=today)
    constraints_now()


def _book_hold(book: Book, check: Callable[[Book], None] | None) -> None:
    """Will lock the book, read it anew and check it."""
    book_lock(book=book)
    try:
        book.refresh_from_db()
    except Book.DoesNotExist as error:  # whoever asks was a member a moment ago
        raise BookReadOnly from error
    if check:
        check(book)


def period_close(*, book: Book, until: dt.date, today: dt.date) -> None:
    """Will close the book up to and with a date: nothing is posted there from then on.

    today: the book's day. Waits for whoever is posting. Raises PeriodNotOver for a day that is not over,
    PeriodOnlyCloses for an earlier date than the present one, BookReadOnly for whoever is not an owner.
    """
    assert_acting()
    if until >= today:
        raise PeriodNotOver
    # The database compares: the book in hand may be older than somebody else's closing.
    is_forwards = Q(closed_until=None) | Q(closed_until__lte=until)
    if not Book.objects.filter(is_forwards, pk=book.pk).update(closed_until=until):
        book.refresh_from_db(fields=["closed_until"])
        if book.closed_until is None or book.closed_until <= until:
            raise BookReadOnly
        raise PeriodOnlyCloses(f"The book is closed until {book.closed_until:%d %b %Y} already.")
    book.closed_until = until
    constraints_now()


def member_role_set(*, book: Book, user_id: UUID, role: str) -> None:
    """Will give a member another role, at once; waits for others who change the members.

    Raises BookReadOnly, MemberNotFound, BookNeedsOwner, BooksTooMany.
    """
    assert_acting()
    with explaining(_MEMBERSHIP):
        _call("ledger_member_role_set", book.pk, user_id, role)
    _log.info("member.role_set", book_id=str(book.pk), member_id=str(user_id), role=role)


def member_remove(*, book: Book, user_id: UUID) -> None:
    """Will take a member out of the book, or let the actor leave it; waits for others who change the members.

    Raises BookReadOnly, MemberNotFound, BookNeedsOwner.
    """
    assert_acting()
    with explaining(_MEMBERSHIP):
        _call("ledger_member_remove", book.pk, user_id)
    _log.info("member.removed", book_id=str(book.pk), member_id=str(user_id))


def ownership_transfer(*, book: Book, user_id: UUID, check: Callable[[Book], None] | None = None) -> None:
    """Will make a member the owner, and the actor an editor; waits for others who change the members.

    check: raises where the book is not what the person looked at. Locks the book. Raises BookReadOnly,
    MemberNotFound, OwnershipYours, BooksTooMany.
    """
    _book_hold(book, check)
    with explaining(_MEMBERSHIP):
        _call("ledger_ownership_transfer", book.pk, user_id)
    _log.info("ownership.transferred", book_id=str(book.pk), member_id=str(user_id))


def member_invite(*, book: Book, inviter_id: UUID, email: str, role: str) -> Invitation:
    """Will invite whoever has this address, and queue the letter in the same transaction.

    An older open invitation to the address ends. Whether anybody has an account with it is not asked.
    Raises BookReadOnly, MemberAlready, InvitationsTooMany.
    """
    assert_acting()
    identity = uuid7()
    token = token_make(invitation_id=identity, secret=settings.SECRET_KEY)
    with explaining(_INVITING):
        _call("ledger_invitation_open", identity, book.pk, email, role, token_hash(token))
    task = queue.configure_task(INVITATION_TASK, queueing_lock=f"{INVITATION_TASK}:{identity}")
    task.defer(invitation_id=str(identity), inviter_id=str(inviter_id))
    return Invitation.objects.select_related("invited_by").get(pk=identity)


def invitation_revoke(*, book: Book, invitation_id: UUID) -> None:
    """Will end an open invitation; its link leads nowhere from then on. Raises BookReadOnly, InvitationNotFound."""
    assert_acting()
    with explaining(_INVITING):
        _call("ledger_invitation_revoke", book.pk, invitation_id)


def invitation_show(*, token: str) -> Letter:
    """What the actor is invited to. One query; raises what `invitation_accept` would, but for the limits."""
    assert_acting()
    with explaining(_ACCEPTING), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_invitation_show(%s)", [token_hash(token)])
        return Letter(*cursor.fetchone())


def invitation_accept(*, token: str) -> UUID:
    """Will make the actor a member of the book that the token leads to, once; the book's id.

    Waits for others who change the members. Raises InvitationNotFound, InvitationForAnother, MemberAlready,
    InvitationUsed, InvitationRevoked, InvitationExpired, MembersTooMany, BooksTooMany.
    """
    assert_acting()
    with explaining(_ACCEPTING):
        book_id: UUID = _call("ledger_invitation_accept", token_hash(token))
    _log.info("invitation.accepted", book_id=str(book_id))
    return book_id


def invitation_mail_deliver(*, invitation: Invitation) -> None:
    """Will hand an invitation's letter to the mail service; raises what that raises."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    tokens = [token_make(invitation_id=invitation.pk, secret=key) for key in keys]
    (token,) = [token for token in tokens if token_hash(token) == bytes(invitation.token_hash)]
    context = {
        "inviter": invitation.invited_by.full_name,
        "book_name": invitation.book.name,
        "role": invitation.role,
        "expires_at": invitation.expires_at,
        "url": f"{settings.FRONTEND_URL}/invitations/{token}",
    }
    mail = EmailMultiAlternatives(
        subject=f"{context['inviter']} invites you to a book on {settings.APP_NAME}",
        body=render_to_string("emails/invitation.txt", context),
        to=[invitation.email],
    )
    mail.attach_alternative(render_to_string("emails/invitation.html", context), "text/html")
    mail.send()


def visibility_set(*, book: Book, user_id: UUID, account_id: UUID, visibility: str) -> None:
    """Will say what a member sees of an account: full, read or hidden; at once.

    Raises MemberNotFound, AccountNotInBook, OwnerSeesAll, AccountAlwaysShown.
    """
    assert_acting()
    if visibility == "full":
        AccountVisibility.objects.filter(book=book, user_id=user_id, account_id=account_id).delete()
        return
    level = AccountVisibility(book=book, user_id=user_id, account_id=account_id, visibility=visibility)
    with explaining(_SHOWING):
        AccountVisibility.objects.bulk_create(
            [level], update_conflicts=True, update_fields=["visibility"], unique_fields=["user", "account", "book"]
        )  # fmt: skip
        constraints_now()


def _call(function: str, *arguments: Any) -> Any:
    """What one of the database's functions for books answers."""
    places = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({places})", arguments)  # the names stand in this module
        return cursor.fetchone()[0]
