"""Reading people."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from accounts.models import User
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


def names_of(*, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The full names of people, by id. One query."""
    return dict(User.objects.filter(pk__in=set(ids)).order_by("pk").values_list("pk", "full_name"))
