"""How much one person, or one address, may ask for: django-ratelimit's windows, counted in Valkey.

Each `/v1` request counts once, for the person it speaks for, else for the address it comes from. A limit has a name
and a rate in settings.RATE_LIMITS; settings.RATE_LIMIT_PEOPLE raises one for one person. Windows are fixed: they
begin at a moment of each counted one's own, so that not everybody's ends at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django_ratelimit.core import get_usage

from rupaya.core.client import client_network
from rupaya.core.counting import CountingAway, CountingCache, give_back
from rupaya.core.errors import FieldError, TooManyRequests
from rupaya.core.metrics import limit_counted

API: Final = "api"
TRANSACTIONS: Final = "transactions"
LOGIN: Final = "login"
LOGIN_ADDRESS: Final = "login_address"
ROWS_A_CALL: Final = 10  # rows of a batch that cost as much as one call
_TRANSACTIONS_PATH: Final = "/v1/transactions"
# Under META, which Django's request and REST framework's share.
_USAGE: Final = "rupaya.limit.usage"
_PERSON: Final = "rupaya.limit.person"
_log = structlog.get_logger("rupaya.limits")


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a limit is used: `counted` of `most` in a window of `period_s` that ends in `left_s` seconds.

    `who` is a person's id, an address, or for sign-ins an account's digest, `@`, an address.
    """

    name: str
    who: str
    most: int
    period_s: int
    counted: int
    left_s: int
    key: str = ""

    @property
    def remaining(self) -> int:
        """How much may still be asked for."""
        return max(0, self.most - self.counted)


class LimitReached(TooManyRequests):
    """Raised over a limit; nothing was done. `usage` says when to come back."""

    def __init__(self, usage: Usage, *, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(retry_after_s=usage.left_s, policies=[usage.name], errors=errors)
        self.usage = usage


def request_count(request: HttpRequest, *, person: UUID | None = None) -> None:
    """Will count a request once, for the person, else for the address; a second call changes nothing.

    One round trip to Valkey. Where that is away the request goes on uncounted. Raises LimitReached.
    """
    if _USAGE in request.META:
        return
    request.META[_USAGE] = None
    who = str(person or request.META.get(_PERSON) or client_network(request))
    try:
        request.META[_USAGE] = usage_count(name=_name_of(request.path), who=who)
    except CountingAway:
        return
    except LimitReached as error:
        usage_tell(request, error.usage)
        raise


def rows_count(request: HttpRequest, *, person: UUID, rows: int, rows_a_call: int = ROWS_A_CALL) -> None:
    """Will count what many rows cost beyond their own call: all of it, or nothing and LimitReached.

    `rows_a_call` of them cost as much of the limit on transactions as one call. A round trip to Valkey, where
    there is anything to count.
    """
    cost = -(-rows // rows_a_call) - 1
    if cost < 1:
        return
    try:
        usage = usage_count(name=TRANSACTIONS, who=str(person), cost=cost)
    except CountingAway:
        return
    except LimitReached as error:
        usage_tell(request, error.usage)
        raise LimitReached(error.usage, errors=[_rows_refused(error.usage, rows, cost)]) from error
    if _name_of(request.path) == TRANSACTIONS:
        usage_tell(request, usage)


def _rows_refused(usage: Usage, rows: int, cost: int) -> FieldError:
    left = f"{usage.remaining} of {usage.most} are left for the next {usage.left_s} seconds"
    return FieldError("rows", LimitReached.code, f"{rows} rows cost {cost} calls beyond this one; {left}.")


def request_speaks_for(request: HttpRequest, person: UUID) -> None:
    """Will have a request that is about to be refused count for this person, whose credential it carries."""
    request.META[_PERSON] = person


def usage_count(*, name: str, who: str, cost: int = 1) -> Usage:
    """Will count `cost` under a limit; with 0 only look. One round trip to Valkey.

    Raises LimitReached, and then nothing was counted; CountingAway.
    """
    most, period_s = settings.RATE_LIMIT_PEOPLE.get((who, name)) or settings.RATE_LIMITS[name]
    store = cast("CountingCache", caches["limits"])
    store.prepare(label=f"{name}:{who}", cost=cost, most=most)
    found: dict[str, Any] = get_usage(
        None, group=name, key=lambda *_: who, rate=(most, period_s), increment=cost > 0
    )
    usage = Usage(name, who, most, period_s, found["count"], max(1, found["time_left"]), store.key)
    if found["should_limit"] and cost:
        limit_counted(name)
        _log.info("limit.reached", limit=name)
        raise LimitReached(replace(usage, counted=usage.counted - cost))
    return usage


def usage_give_back(usage: Usage, *, cost: int = 1) -> Usage:
    """Will take back what was counted; the usage as it is then. Where Valkey is away now, it stays counted."""
    try:
        give_back(key=usage.key, cost=cost)
    except CountingAway:
        return usage
    return replace(usage, counted=max(0, usage.counted - cost))


def usage_tell(request: HttpRequest, usage: Usage | None) -> None:
    """Will have the request's answer tell this usage; None for what was looked at and can't be counted now."""
    request.META[_USAGE] = usage


def usage_headers(request: HttpRequest) -> dict[str, str]:
    """The standard headers that tell what is left, as of draft 6 and 10 of the IETF; none for what was not counted."""
    usage: Usage | None = request.META.get(_USAGE)
    if usage is None:
        return {}
    return {
        "RateLimit-Limit": str(usage.most),
        "RateLimit-Remaining": str(usage.remaining),
        "RateLimit-Reset": str(usage.left_s),
        "RateLimit-Policy": f'"{usage.name}";q={usage.most};w={usage.period_s}',
        "RateLimit": f'"{usage.name}";r={usage.remaining};t={usage.left_s}',
    }


def _name_of(path: str) -> str:
    is_money = path == _TRANSACTIONS_PATH or path.startswith(f"{_TRANSACTIONS_PATH}/")
    return TRANSACTIONS if is_money else API
