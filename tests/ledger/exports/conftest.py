"""Files come from a transaction of their own, so everybody here really commits."""

from __future__ import annotations

import pytest

from tests.ledger.exports.taking import switched_on


@pytest.fixture
def on(committed):
    """Exports are switched on for everyone."""
    with switched_on() as flag:
        yield flag
