"""One line in the log for each statement that takes too long, with the request's id and without its values."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from rupaya.core.metrics import slow_query_counted

_SQL_MAX = 2000  # characters told
_log = structlog.get_logger("rupaya.database")


def slow_queries_watch() -> None:
    """Will time every statement on every connection from now on."""
    connection_created.connect(_watch, dispatch_uid="rupaya.slow_queries")


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if (
        _timed not in connection.execute_wrappers
    ):  # the signal comes each time a connection is taken from the pool
        connection.execute_wrappers.append(_timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  # Django's signature
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took_ms = 1000 * (time.perf_counter() - started)
        if took_ms >= settings.SLOW_QUERY_MS:
            slow_query_counted()
            _log.warning(
                "database.slow_query", duration_ms=int(took_ms), sql=" ".join(str(sql).split())[:_SQL_MAX]
            )
