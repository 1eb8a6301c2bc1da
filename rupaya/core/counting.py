"""Where request limits are counted: Valkey, in one atomic round trip, and not at all while it is away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django_redis import get_redis_connection
from redis.exceptions import NoScriptError, RedisError

from rupaya.core.pausing import Pause

Answer = TypeVar("Answer")
PAUSE_S: Final = 5.0  # how long a Valkey that failed is left alone
_NAMESPACE: Final = "rupaya:limit:"
_SCANNED: Final = 1000  # keys that Valkey looks at in one step of a search
_log = structlog.get_logger("rupaya.limits")

# Adds the cost where that stays within the limit, and says what the count is, or would have become. What is
# refused is not counted: else the refusals of a burst would outweigh what is given back after it.
_COUNT: Final = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local cost = tonumber(ARGV[1])
if cost == 0 or count + cost > tonumber(ARGV[2]) then
  return count + cost
end
if redis.call('INCRBY', KEYS[1], cost) == cost then
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return count + cost
"""
# Never below nothing, and nothing where the window is over.
_GIVE_BACK: Final = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local cost = tonumber(ARGV[1])
if count <= cost then
  return redis.call('DEL', KEYS[1])
end
return redis.call('DECRBY', KEYS[1], cost)
"""
# Redis names scripts so; nothing secret hangs on it.
_SHA1: Final = {
    script: hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
    for script in (_COUNT, _GIVE_BACK)
}


class CountingAway(Exception):
    """Raised where Valkey does not answer, or did not a moment ago."""


class Breaker:
    """Asks Valkey through `ask`; after a failure nobody does for PAUSE_S, then one tries for all.

    So a dead or frozen Valkey costs a process one wait of its socket's timeout in PAUSE_S, not one a request. Only
    that timeout tells that Valkey is slow, not a clock here: a process that is starved itself would take every answer
    for slow, and lift the limits just when they are needed.
    """

    def __init__(self) -> None:
        self._pause = Pause(seconds=PAUSE_S)

    def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer; raises CountingAway."""
        if not self._pause.may_try():
            raise CountingAway
        try:
            answer = question()
        except RedisError as error:
            self._pause.begin()
            _log.warning("limits.not_counting", error_type=type(error).__name__, pause_s=PAUSE_S)
            raise CountingAway from error
        if self._pause.end():
            _log.warning("limits.counting_again")
        return answer

    def reset(self) -> None:
        """Will forget that anything failed."""
        self._pause.end()


breaker: Final = Breaker()


class CountingCache(BaseCache):
    """What django-ratelimit counts in; one a thread.

    The library asks to `add` a key and, where it is there, to `incr` it: two round trips, and what it refuses
    counts as well. Here `add` does both in one script, for as many as `prepare` said, and `incr` repeats what came
    of it. A key tells whom it counts, so that support can find it.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:  # noqa: ARG002  # Django's own shape
        super().__init__(params)
        self.key = ""
        self._label, self._cost, self._most, self._count = "", 0, 0, 0

    def prepare(self, *, label: str, cost: int, most: int) -> None:
        """Will have the next question count `cost` of at most `most`, under a key that begins with `label`."""
        self._label, self._cost, self._most = label, cost, most

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:  # noqa: ARG002
        """Will count, once for the library's two questions. One round trip; raises CountingAway."""
        self.key = f"{_NAMESPACE}{self._label}:{key[-16:]}"
        self._count = int(_run(_COUNT, self.key, self._cost, self._most, timeout))
        return False

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:  # noqa: ARG002
        """What `add` came to; more than the limit where it was refused."""
        return self._count

    def get(self, key: str, default: Any = None, version: int | None = None) -> int:  # noqa: ARG002
        """The same, where nothing was to be counted."""
        return self._count


def give_back(*, key: str, cost: int) -> None:
    """Will take back what was counted under a key. One round trip; raises CountingAway."""
    _run(_GIVE_BACK, key, cost)


def labels_like(pattern: str) -> list[str]:
    """The labels with a count that fit a glob pattern, in order. Walks all keys: for support, not for requests.

    Raises CountingAway.
    """
    return sorted({key.removeprefix(_NAMESPACE).rpartition(":")[0] for key in _keys_like(pattern)})


def labels_forget(labels: Iterable[str]) -> None:
    """Will forget every count under these labels; raises CountingAway."""
    keys = [key for label in labels for key in _keys_like(label)]
    if keys:
        breaker.ask(lambda: get_redis_connection("default").delete(*keys))


def _keys_like(pattern: str) -> list[str]:
    def scan() -> list[str]:
        found = get_redis_connection("default").scan_iter(match=f"{_NAMESPACE}{pattern}:*", count=_SCANNED)
        return [key.decode() for key in found]

    return breaker.ask(scan)


def _run(script: str, key: str, *arguments: int) -> Any:
    def evaluate() -> Any:
        client = get_redis_connection("default")
        try:
            return client.evalsha(_SHA1[script], 1, key, *arguments)
        except NoScriptError:  # Valkey is new, or was restarted
            return client.eval(script, 1, key, *arguments)

    return breaker.ask(evaluate)
