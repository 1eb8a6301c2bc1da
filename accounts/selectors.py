"""Reading people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from rupaya.core.db import rows_as_dicts
from rupaya.core.errors import NotFound


class PersonNotFound(NotFound):
    """Raised when there is no such person."""

    code = "person_not_found"
    title = "There is no such person"


def person_by_id(*, user_id: UUID) -> User:
    """The person with this id, in one query; raises PersonNotFound."""
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise PersonNotFound
    return person


def person_by_email(*, email: str) -> User | None:
    """The person with this address in any case, or None. One query."""
    return User.objects.by_email(email).first()


def id_of(*, email: str) -> UUID | None:
    """The id of the person with this address in any case, or None. One query."""
    person = person_by_email(email=email)
    return person.pk if person else None


def names_of(*, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The full names of people, by id. One query."""
    return dict(User.objects.filter(pk__in=set(ids)).order_by("pk").values_list("pk", "full_name"))


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """How often somebody tried to sign in while Valkey was away, and for how many seconds that counts."""

    bucket: str
    attempts: int
    left_s: int


def login_attempts(*, bucket_like: str) -> list[LoginAttempts]:
    """What is counted in the buckets that fit a LIKE pattern, in their order. One query."""
    query = "SELECT * FROM accounts_login_attempts(%(like)s)"
    return [LoginAttempts(**row) for row in rows_as_dicts(query, {"like": bucket_like})]
