"""What the API's answers about people look like."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from accounts.selectors import PersonNotFound
from accounts.services import (
    CredentialsUnreadable,
    CredentialsWrong,
    EmailInvalid,
    EmailTaken,
    FullNameInvalid,
    WeakPassword,
)
from accounts.tokens import TokenInvalid
from rupaya.core.db import SessionEnded
from rupaya.core.errors import Unauthenticated
from rupaya.core.operations import Output, Refusals

SIGNS_UP: Final[Refusals] = (EmailInvalid, EmailTaken, FullNameInvalid, WeakPassword)
SIGNS_IN: Final[Refusals] = (CredentialsUnreadable, CredentialsWrong)
REFRESHES: Final[Refusals] = (TokenInvalid, SessionEnded, PersonNotFound)
SIGNS_OUT: Final[Refusals] = (Unauthenticated, TokenInvalid, SessionEnded)
SHOWS_ME: Final[Refusals] = (PersonNotFound,)

_PERSON: Final = {
    "id": "019ab1c2-5d70-7a10-8000-0123456789ab",
    "email": "meera@example.in",
    "full_name": "Meera Iyer",
    "created_at": "2026-11-23T04:30:00.123456Z",
}


class PersonOut(Output):
    """A person."""

    example: ClassVar = _PERSON
    id = serializers.UUIDField()
    email = serializers.CharField()
    full_name = serializers.CharField()
    created_at = serializers.DateTimeField()


class SignedInOut(Output):
    """What a device is given when somebody signs in on it."""

    example: ClassVar = {
        "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl",
        "refresh_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIifQ.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl",
        "token_type": "Bearer",
        "expires_in": 3600,
        "user": _PERSON,
    }
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=("Bearer",))
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lives.")
    user = PersonOut()
