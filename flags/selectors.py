"""Asking for a flag."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import DatabaseError

from flags.models import Flag
from rupaya.core.db import whole

_log = structlog.get_logger("flags")


def flag_is_on(*, name: str, user: Any | None) -> bool:
    """Whether the flag is on for this person, or for everyone where `user` is None.

    Reads the database (2 queries at most, in a savepoint), never a cookie, a query string or a cache that a
    client or a lost server could bend. A flag that does not exist or can't be read is off, and that is logged.
    """
    try:
        with whole():  # a read that fails must not take the caller's transaction with it
            return _read(name, user)
    except DatabaseError as error:
        _log.warning("flag.unreadable", flag=name, error_type=type(error).__name__)
        return False


def _read(name: str, user: Any | None) -> bool:
    flag = Flag.objects.filter(name=name).first()
    if flag is None:
        _log.warning("flag.unknown", flag=name)
        return False
    return _is_on(flag, user)


def _is_on(flag: Flag, user: Any | None) -> bool:
    if flag.everyone is not None:
        return bool(flag.everyone)
    if user is None:
        return False
    return bool(flag.users.filter(pk=user.pk).exists())
