"""The limits that are promised, and clients whom nobody has counted yet."""

from __future__ import annotations

import itertools
import os
import secrets
from typing import Any

from django.test import Client

PROMISED = {
    "api": (100, 900),
    "transactions": (1000, 3600),
    "login": (5, 900),
    "login_address": (300, 900),
}
_numbers = itertools.count(secrets.randbelow(2**20) + (os.getpid() << 20) % 2**40)


def address_new() -> str:
    """An IPv6 address in a network from which nothing has come."""
    number = next(_numbers)
    return f"2001:db8:{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}::1"


def client_new(**defaults: Any) -> Client:
    """Somebody whom nothing was counted of."""
    return Client(**{"REMOTE_ADDR": address_new(), **defaults})


def left(response: Any) -> int:
    """What an answer says is left."""
    return int(response["RateLimit-Remaining"])
