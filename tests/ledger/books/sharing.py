"""How a book comes to be shared in tests: by the letter, as in life."""

from __future__ import annotations

from django.conf import settings

from ledger.books.rules import token_make
from ledger.books.selectors import accounts_shown, books_of, members_of
from ledger.books.services import invitation_accept, member_invite, visibility_set
from rupaya.core.db import acting_as


def invite(owner, email, role="editor", *, book=None):
    """An open invitation's id and token."""
    with acting_as(owner.actor):
        made = member_invite(book=book or owner.book, inviter_id=owner.id, email=email, role=role)
    return made.pk, token_make(invitation_id=made.pk, secret=settings.SECRET_KEY)


def share(owner, guest, role="editor", *, book=None):
    """Invited and accepted."""
    _, token = invite(owner, guest.user.email, role, book=book)
    with acting_as(guest.actor):
        invitation_accept(token=token)


def restrict(owner, guest, name, visibility):
    """What the guest sees of the owner's account of that name; its id."""
    account = owner.account(name)
    with acting_as(owner.actor):
        visibility_set(book=owner.book, user_id=guest.id, account_id=account.pk, visibility=visibility)
    return account.pk


def roles(owner):
    """The roles in the owner's first book by person, as they see them."""
    with acting_as(owner.actor):
        return {member.user_id: member.role for member in members_of(book=owner.book)}


def role_in(person, book):
    """A person's role in a book, as they themselves see it; None where they are no member."""
    with acting_as(person.actor):
        return next((view.role for view in books_of(user_id=person.id) if view.book == book), None)


def levels(reader, owner, guest):
    """What a guest sees of the owner's accounts, by name, where it is not everything."""
    with acting_as(reader.actor):
        found = accounts_shown(book=owner.book, user_id=guest.id)
    return {account.name: account.visibility for account in found if account.visibility != "full"}
