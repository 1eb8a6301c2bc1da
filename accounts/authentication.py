"""Who speaks, by the access token in the Authorization header. Nothing is asked of the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.tokens import AccessToken, TokenInvalid, access_read
from rupaya.core import clock
from rupaya.core.db import SessionEnded
from rupaya.core.errors import DomainError, Unauthenticated
from rupaya.core.limits import request_speaks_for


@dataclass(frozen=True, slots=True)
class Person:
    """Who makes an API request: an id that a signed token vouches for, not a row."""

    id: UUID
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def pk(self) -> UUID:
        """The id, by the name that Django uses."""
        return self.id


class AccessTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>` (RFC 6750)."""

    refuses: ClassVar[tuple[type[DomainError], ...]] = (Unauthenticated, TokenInvalid, SessionEnded)

    def authenticate(self, request: Request) -> tuple[Person, AccessToken] | None:
        """Will read the header; None where there is none, raises TokenInvalid where it is not ours."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        try:
            token = access_read(token=bearer_token(header), now=clock.now())
        except TokenInvalid as error:
            if (
                error.user_id
            ):  # else all phones behind one address would share what is left for expired tokens
                request_speaks_for(request, error.user_id)
            raise
        return Person(id=token.user_id), token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """What a 401 asks for."""
        return "Bearer"


def bearer_token(header: str) -> str:
    """The token in an Authorization header; raises TokenInvalid where it is of another kind."""
    parts = header.split()
    if len(parts) != 2 or parts[0].lower() != "bearer":
        raise TokenInvalid("The Authorization header must be “Bearer”, a space, and the access token.")
    return parts[1]
