"""What the tests about people share."""

from __future__ import annotations

import pytest


@pytest.fixture
def phone(committed):
    """A device that speaks to the API, with real commits behind it."""
    from tests.accounts.phone import Phone

    return Phone()


@pytest.fixture
def costly_passwords(settings):
    """Passwords cost here what they cost in production: those who come at once are at it for as long."""
    from tests.accounts.phone import password_hash

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    password_hash.cache_clear()
    yield
    password_hash.cache_clear()
