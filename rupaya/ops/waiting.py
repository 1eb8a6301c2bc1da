"""Waiting with an end. AWS's own waiters say nothing while they wait, and can't be told that something failed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rupaya.ops.plans import OpsError, Say


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, how often to look, and what time it is."""

    limit_s: float
    pause_s: float = 5.0
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_until(look: Callable[[], tuple[bool, str]], *, patience: Patience, say: Say, what: str) -> None:
    """Will look until it is done, and say each time that something is new.

    look: whether it is done, and a sentence about now; it may raise OpsError where waiting is of no use. At least one
    look is taken. Raises OpsError after the limit.
    """
    ends = patience.monotonic() + patience.limit_s
    said = ""
    while True:
        is_done, sentence = look()
        if sentence != said:
            say(sentence)
            said = sentence
        if is_done:
            return
        if patience.monotonic() + patience.pause_s > ends:
            raise OpsError(f"{what} took longer than {patience.limit_s:.0f} s. Last seen: {said}")
        patience.sleep(patience.pause_s)
