"""How often somebody may try to sign in: counted before the password is looked at, given back unless it was wrong.

So of forty guesses sent at once no more are looked at than of forty sent one after another, and signing in rightly
costs nothing. Counted for the account and the address together, so that nobody can lock another one out, and for the
address alone, so that nobody tries one password on everybody. In Valkey; while that is away, in PostgreSQL.
"""

from __future__ import annotations

import dataclasses
import hashlib
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.services import attempt_count, attempt_give_back, login_fail_record
from rupaya.core.client import client_network
from rupaya.core.counting import CountingAway
from rupaya.core.db import acting_as
from rupaya.core.errors import Unauthenticated
from rupaya.core.limits import (
    LOGIN,
    LOGIN_ADDRESS,
    LimitReached,
    Usage,
    usage_count,
    usage_give_back,
    usage_tell,
)
from rupaya.core.web import actor_of

_DIGEST_CHARACTERS: Final = 32
# What a guess is answered with; ValidationError by Django's own form in front of the admin.
_WRONG: Final = (Unauthenticated, ValidationError)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one attempt was counted as, and where."""

    usage: Usage
    is_in_valkey: bool


@contextmanager
def login_attempt(request: HttpRequest, *, email: str) -> Iterator[None]:
    """Will count one attempt to sign in with this address, typed in any case, around looking at the password.

    Given back where the body ends well, or fails for another reason than a wrong password. Two round trips to
    Valkey, two more for what is given back. A wrong password is told to the audit log, in a transaction of its own.
    Raises LimitReached, before the body.
    """
    network = client_network(request)
    counted: list[_Counted] = []
    try:
        for name, who in ((LOGIN_ADDRESS, network), (LOGIN, f"{account_digest(email)}@{network}")):
            counted.append(_count(request, name, who))
    except LimitReached as error:
        for one in counted:
            _give_back(request, one)
        usage_tell(request, error.usage)
        raise
    usage_tell(request, counted[-1].usage)
    try:
        yield
    except _WRONG:
        with acting_as(dataclasses.replace(actor_of(request), user_id=None, session_id=None)):
            login_fail_record(email=email)
        raise
    except BaseException:
        for one in counted:
            _give_back(request, one)
        raise
    for one in counted:
        usage_tell(request, _give_back(request, one))


def account_digest(email: str) -> str:
    """What stands for an address where attempts are counted: all spellings that PostgreSQL takes for one have one."""
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    return hashlib.sha256(folded.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]


def _count(request: HttpRequest, name: str, who: str) -> _Counted:
    try:
        return _Counted(usage_count(name=name, who=who), is_in_valkey=True)
    except CountingAway:
        most, period_s = settings.RATE_LIMITS[name]
    with acting_as(actor_of(request)):
        attempt = attempt_count(bucket=f"{name}:{who}", most=most, period_s=period_s)
    usage = Usage(name, who, most, period_s, attempt.attempts, attempt.left_s)
    if not attempt.is_counted:
        raise LimitReached(usage)
    return _Counted(usage, is_in_valkey=False)


def _give_back(request: HttpRequest, one: _Counted) -> Usage:
    if one.is_in_valkey:
        return usage_give_back(one.usage)
    with acting_as(actor_of(request)):
        attempt_give_back(bucket=f"{one.usage.name}:{one.usage.who}")
    return dataclasses.replace(one.usage, counted=max(0, one.usage.counted - 1))
