"""Access and refresh tokens: JSON Web Tokens (RFC 7519), signed with HS256 under two different keys.

Both are a pure function of a session and the instant of its rotation. So nothing but a hash has to be
stored, and whoever asks twice for the successor of one token is given the very same one.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal
from uuid import UUID

import jwt
from django.conf import settings

from rupaya.core.errors import Unauthenticated

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "rupaya"
LEEWAY_S: Final = 30  # how far two machines' clocks may stand apart
TOKEN_CHARACTERS_MAX: Final = 1000
VERIFIED_MAX: Final = 4096  # tokens remembered, per process

TokenType = Literal["access", "refresh"]


class TokenInvalid(Unauthenticated):
    """Raised for a token that is broken, expired, of the wrong type, or not ours.

    `user_id`: whose it was, where all that is wrong is its age.
    """

    code = "token_invalid"
    title = "This token is not valid or has expired; refresh it or sign in again"

    def __init__(self, message: str = "", *, user_id: UUID | None = None) -> None:
        self.user_id = user_id
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an access token says: who, in which session."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token says: who, in which session, and which one of its refreshes it stands for."""

    user_id: UUID
    session_id: UUID
    counter: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What both tokens are made of: a session as it is after its latest rotation. Instants are UTC."""

    user_id: UUID
    session_id: UUID
    counter: int
    rotated_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a device is given. `expires_in` is the access token's life in whole seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


def pair_make(*, grant: Grant) -> TokenPair:
    """Will sign both tokens. The same grant always gives the same pair."""
    issued_at = int(grant.rotated_at.timestamp())
    ends_at = int(grant.expires_at.timestamp())
    access_ends_at = min(issued_at + settings.JWT_EXPIRY, ends_at)
    refresh_ends_at = min(issued_at + settings.JWT_REFRESH_EXPIRY, ends_at)
    common = {
        "sub": str(grant.user_id),
        "sid": str(grant.session_id),
        "aud": AUDIENCE,
        "iss": settings.API_BASE_URL,
        "iat": issued_at,
        "jti": f"{grant.session_id.hex}.{grant.counter}",
    }
    return TokenPair(
        access_token=_sign({**common, "typ": "access", "exp": access_ends_at}, settings.JWT_SECRET),
        refresh_token=_sign(
            {**common, "typ": "refresh", "exp": refresh_ends_at, "ctr": grant.counter},
            settings.JWT_REFRESH_SECRET,
        ),
        expires_in=access_ends_at - issued_at,
    )


def access_read(*, token: str, now: dt.datetime) -> AccessToken:
    """Will check an access token without asking the database; raises TokenInvalid.

    Whether its session was ended since is asked by `acting_as`, in its one round trip.
    """
    claims = _claims(token, typ="access", secret=settings.JWT_SECRET, now=now)
    return AccessToken(user_id=_uuid(claims["sub"]), session_id=_uuid(claims["sid"]))


def refresh_read(*, token: str, now: dt.datetime) -> RefreshToken:
    """Will check a refresh token's signature, type and life; raises TokenInvalid."""
    claims = _claims(token, typ="refresh", secret=settings.JWT_REFRESH_SECRET, now=now)
    counter = claims.get("ctr")
    if type(counter) is not int or counter < 0:
        raise TokenInvalid
    return RefreshToken(_uuid(claims["sub"]), _uuid(claims["sid"]), counter)


def token_hash(token: str) -> bytes:
    """What is stored of a token: SHA-256. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def key_id(secret: str) -> str:
    """A key's name in a token's header: the first eight hexadecimal digits of its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def _sign(claims: dict[str, Any], secret: str) -> str:
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key_id(secret)})


def _claims(token: str, *, typ: TokenType, secret: str, now: dt.datetime) -> Mapping[str, Any]:
    if len(token) > TOKEN_CHARACTERS_MAX or not token.isascii():
        raise TokenInvalid
    try:
        claims = _verified(token, secret, settings.API_BASE_URL)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise TokenInvalid from error
    if claims["typ"] != typ or type(claims["exp"]) is not int:
        raise TokenInvalid
    if now.timestamp() >= claims["exp"] + LEEWAY_S:
        raise TokenInvalid(user_id=_uuid(claims["sub"]))
    return claims


@functools.lru_cache(maxsize=VERIFIED_MAX)
def _verified(token: str, secret: str, issuer: str) -> Mapping[str, Any]:
    """The claims of a token whose signature is ours; raises what the library raises.

    A phone sends the same token for an hour, and a signature once right stays right, so it is checked once: that was a
    twelfth of a request. What changes with time (its end, its session) is asked each time, by the callers.
    """
    ring = {key_id(secret): secret}  # a key that is on its way out will be one more entry
    key = ring[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=issuer,
        # The library would ask the clock itself.
        options={
            "verify_exp": False,
            "verify_iat": False,
            "require": ["sub", "sid", "exp", "jti", "typ"],
        },
    )
    return MappingProxyType(claims)


def _uuid(text: Any) -> UUID:
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError) as error:
        raise TokenInvalid from error
