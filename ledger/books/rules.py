"""What a book's settings and its letters are made of. Pure: no database, no clock."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import zoneinfo
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.crypto import salted_hmac

from rupaya.core.errors import FieldError, Invalid
from rupaya.core.text import composed, has_hidden, is_seen

NAME_MAX: Final = 80  # characters
SURNAME_MAX: Final = 60  # characters of it in the name of somebody's first book
_NAME_SAID: Final = f"A book's name has 1 to {NAME_MAX} characters that can be seen."
MONTH_START_DAY_MAX: Final = 28  # the last day that every month has
LAST_DAY: Final = 31  # as month_start_day: the last day of each month
TOKEN_CHARACTERS_MAX: Final = 100
MONEY_TYPES: Final = ("asset", "liability")  # of accounts that hold or owe money: those that can be hidden


@dataclass(frozen=True, slots=True)
class Letter:
    """An invitation as its reader sees it: who invites, into what, as what, until when (UTC)."""

    book_name: str
    inviter: str
    role: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AccountShown:
    """What a member sees of one account: `full`, `read` or `hidden`."""

    id: UUID
    name: str
    type: str
    kind: str
    visibility: str

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {name: getattr(self, name) for name in self.__slots__}


def name_read(text: str) -> str:
    """A book's name, white space folded; raises Invalid where nothing of it shows, too much, or what must not."""
    name = " ".join(composed(text).split())
    if len(name) > NAME_MAX or not is_seen(name) or has_hidden(name):
        raise Invalid(_NAME_SAID, errors=[FieldError("name", "invalid", _NAME_SAID)])
    return name


def name_for(*, full_name: str) -> str:
    """What a person's first book is called. A surname that would not fit is cut: nobody typed it for a book."""
    surname = full_name.strip().rpartition(" ")[2] or "My"
    return f"{surname[:SURNAME_MAX]} household"


@functools.cache
def time_zones() -> frozenset[str]:
    """The names of all time zones (IANA), read once."""
    return frozenset(zoneinfo.available_timezones())


def token_make(*, invitation_id: UUID, secret: str | bytes) -> str:
    """An invitation's token: 43 URL-safe characters for 32 bytes that only we can make from its id.

    So nothing but its hash is stored, not even in the queue, and a letter that is sent twice says the same.
    """
    raw = salted_hmac("ledger.invitation", invitation_id.bytes, secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """What is stored of a token: SHA-256. It is long and nobody can guess it, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()
