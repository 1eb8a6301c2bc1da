"""A second way to the tests' database under the replica's name, which can't write."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connections

from rupaya.core import replica


@contextmanager
def replica_named(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Will have it named; what is said of how it stands is up to the test."""
    entry = copy.deepcopy(settings.DATABASES["default"])
    entry["OPTIONS"] |= {"options": "-c default_transaction_read_only=on"}
    entry["OPTIONS"].pop("pool", None)
    monkeypatch.setitem(settings.DATABASES, "replica", entry)
    replica._pause.end()
    replica._told["at"] = -replica._TOLD_EVERY_S
    try:
        yield
    finally:
        replica._pause.end()
        connections["replica"].close()
        del connections["replica"]
