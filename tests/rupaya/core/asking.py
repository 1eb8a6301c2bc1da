"""Asking as somebody, without the price of a password."""

from __future__ import annotations

from tests.accounts.phone import session_new
from tests.support.cast import Person


def bearer_of(person: Person) -> dict[str, str]:
    """The header of a person who signed in on a phone."""
    return {"Authorization": f"Bearer {session_new(person.user).access_token}"}
