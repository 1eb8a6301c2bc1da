"""What the tests about people share."""

from __future__ import annotations

import pytest


@pytest.fixture
def phone(committed):
    """A device that speaks to the API, with real commits behind it."""
    from tests.accounts.phone import Phone

    return Phone()
