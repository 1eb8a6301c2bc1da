"""The cast of every test: Asha owns a book, Bala shares it, Chitra is a stranger."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from uuid import UUID

import psycopg

from accounts.models import User
from ledger.books.models import Book
from ledger.books.services import household_start
from ledger.chart.models import Account
from rupaya.core.db import Actor, acting_as
from rupaya.core.ids import uuid7

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with a book of their own."""

    user: User
    book: Book

    @property
    def id(self) -> UUID:
        return self.user.pk

    @property
    def actor(self) -> Actor:
        return Actor(user_id=self.user.pk, kind="user", request_id="test-request")

    def account(self, name: str) -> Account:
        """An account of the person's book by its name."""
        with acting_as(self.actor):
            return Account.objects.get(book=self.book, name=name)


def person_make(name: str) -> Person:
    """Somebody new, with a household book; no two have the same address."""
    user_id = uuid7()
    with acting_as(Actor(user_id=user_id, kind="user")):
        email = f"{name.lower()}-{next(_numbers)}-{secrets.token_hex(4)}@example.in"
        user = User(id=user_id, email=email, full_name=f"{name} Rao")
        user.set_unusable_password()
        user.save(force_insert=True)
        household_start(user_id=user_id, full_name=user.full_name)
        book = Book.objects.get(members__user_id=user_id)
    return Person(user, book)


def member_add(admin_url: str, *, book: Book, person: Person, role: str) -> None:
    """Will make a person a member of another's book; as the administrator, which is quicker than a letter."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO ledger_member (id, book_id, user_id, role) VALUES (%s, %s, %s, %s)",
            [uuid7(), book.pk, person.id, role],
        )
