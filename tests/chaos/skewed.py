"""The service with a wrong clock: CLOCK_SKEW_S seconds off, wherever Django or RUPAYA asks what time it is.

libfaketime would set the clock of the whole process; Python's `time.sleep` fails under it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from functools import wraps

from django.utils import timezone

from rupaya.core import clock

_SKEW = dt.timedelta(seconds=float(os.environ["CLOCK_SKEW_S"]))


def _off(now: Callable[[], dt.datetime]) -> Callable[[], dt.datetime]:
    @wraps(now)
    def wrong() -> dt.datetime:
        return now() + _SKEW

    return wrong


clock.now = _off(clock.now)
timezone.now = _off(timezone.now)  # noqa: TID251  # it is what is set wrong

from rupaya.wsgi import application  # noqa: E402, F401  # after the clock; gunicorn takes it from here
