"""Leaving alone for a while what just failed, so that not every request waits for it."""

from __future__ import annotations

import threading
import time


class Pause:
    """A pause of some seconds that all threads of a process keep; when it is over, one of them tries for all."""

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._resumes_at = 0.0  # by the monotonic clock; 0 while all is well

    def may_try(self) -> bool:
        """Whether to ask: while all is well everybody, after a failure one in each pause."""
        if not self._resumes_at:
            return True
        with self._lock:
            if time.monotonic() < self._resumes_at:
                return False
            self._resumes_at = time.monotonic() + self.seconds
            return True

    def begin(self) -> None:
        """Will have everybody leave it alone from now on."""
        self._resumes_at = time.monotonic() + self.seconds

    def end(self) -> bool:
        """Will forget that anything failed; whether something had."""
        was_on, self._resumes_at = bool(self._resumes_at), 0.0
        return was_on
