"""The shapes of what the API takes and gives about people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers

from accounts.rules import (
    EMAIL_MAX,
    FULL_NAME_MAX,
    PASSWORD_MAX,
    email_normal,
    email_validate,
    full_name_normal,
    full_name_validate,
)
from accounts.tokens import TOKEN_CHARACTERS_MAX, TokenPair
from rupaya.core.api import Input

if TYPE_CHECKING:  # queries live in selectors
    from accounts.models import User


class EmailField(serializers.EmailField):
    """An address in its stored form: the composed form may be longer than what was typed."""

    def to_internal_value(self, data: Any) -> str:
        """Will read and compose it; the length is checked after."""
        return email_normal(super().to_internal_value(data))


class FullNameField(serializers.CharField):
    """A name in its stored form."""

    def to_internal_value(self, data: Any) -> str:
        """Will read and compose it; the length is checked after."""
        return full_name_normal(super().to_internal_value(data))


class SignupIn(Input):
    """`POST auth/signup`."""

    example: ClassVar = {
        "email": "meera@example.in",
        "password": "monsoon-mango-42",
        "full_name": "Meera Iyer",
    }

    email = EmailField(max_length=EMAIL_MAX, validators=[email_validate])
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False)
    full_name = FullNameField(max_length=FULL_NAME_MAX, validators=[full_name_validate])


class LoginIn(Input):
    """`POST auth/login`. Any text is taken as an address: what nobody has is simply wrong."""

    example: ClassVar = {"email": "meera@example.in", "password": "monsoon-mango-42"}

    email = serializers.CharField(max_length=EMAIL_MAX)
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False)


class RefreshIn(Input):
    """`POST auth/refresh`."""

    example: ClassVar = {
        "refresh_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIifQ.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl"
    }

    refresh_token = serializers.CharField(max_length=TOKEN_CHARACTERS_MAX)


class LogoutIn(Input):
    """`POST auth/logout`."""

    example: ClassVar = {}

    refresh_token = serializers.CharField(max_length=TOKEN_CHARACTERS_MAX, required=False)


def person_out(user: User) -> dict[str, Any]:
    """A person as the API shows them: `{id, email, full_name, created_at}`."""
    return {
        "id": user.pk,
        "email": user.email,
        "full_name": user.full_name,
        "created_at": user.created_at,
    }


def signed_in_out(user: User, pair: TokenPair) -> dict[str, Any]:
    """What a device is given: `{access_token, refresh_token, token_type, expires_in, user}`."""
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "Bearer",
        "expires_in": pair.expires_in,
        "user": person_out(user),
    }
