"""`GET /health`: whether this process can serve, for load balancers and people.

`/health/live` says that the process answers, and touches nothing: whoever restarts it for a database that is away
helps nobody. `/health/ready` also asks whether the database has every migration of this code, and its queue.
All are answered before everything else, so for any Host, without a redirect, a session or a limit.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse

from rupaya.core.json import json_bytes
from rupaya.core.problem import problem_response
from rupaya.core.replica import PLACE_SQL, Place, replica_is_named, standing_at

PROBE_TIMEOUT_S: Final = 1.5  # a load balancer waits for 3 s
WORKER_SILENT_S: Final = 60  # a worker says every 10 s that it lives
_WORKER_LIVES: Final = """
SELECT count(*) > 0 FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)
"""
_log = structlog.get_logger("rupaya.health")


class HealthMiddleware:
    """Answers /health, /health/live and /health/ready itself and passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will answer 200 with status ok, or 503 with status unavailable and what is down."""
        asked = _ANSWERS.get(request.path)
        if asked is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            response = problem_response(status=405, request=request)
            response["Allow"] = "GET, HEAD"
            return response
        body, status = asked()
        content = json_bytes(body)
        headers = {"Content-Length": str(len(content))}
        return HttpResponse(content, status=status, content_type="application/json", headers=headers)


def live() -> tuple[dict[str, Any], int]:
    """The answer of a process that runs."""
    return {"status": "ok", "version": settings.APP_VERSION, "time": int(time.time())}, 200


def health() -> tuple[dict[str, Any], int]:
    """The answer's body and its status. Takes one trivial query and one PING."""
    return _answer({"database": _checked("database", _database), "cache": _checked("cache", _cache)})


def ready() -> tuple[dict[str, Any], int]:
    """The same, with two small queries more; where the database is away they are not tried.

    A queue that no worker attends is said and keeps nobody away: pages and phones are served, and letters wait. So is
    a replica that does not serve, in whose place the primary does.
    """
    checks = {"database": _checked("database", _database), "cache": _checked("cache", _cache)}
    if checks["database"] == "ok":
        checks |= {"migrations": _checked("migrations", _migrations), "queue": _checked("queue", _queue)}
        if replica_is_named():
            checks["replica"] = _checked("replica", _replica).replace("down", "unknown")  # keeps nobody away
    return _answer(checks)


_ANSWERS: Final = {"/health": health, "/health/live": live, "/health/ready": ready}


def _answer(checks: dict[str, str]) -> tuple[dict[str, Any], int]:
    body, _ = live()
    body["checks"] = checks
    down = [name for name, state in checks.items() if state == "down"]
    if not down:
        return body, 200
    return body | {"status": "unavailable", "error": f"Down: {', '.join(down)}."}, 503


def _checked(name: str, probe: Callable[[], str | None]) -> str:
    """`ok`, what else the probe has to say, or `down` where it raises."""
    try:
        return probe() or "ok"
    except Exception as error:  # noqa: BLE001  # whatever it is, the part does not answer
        _log.warning("health.down", part=name, error_type=type(error).__name__)
        return "down"


def _rows(query: str, *parameters: object) -> list[tuple[Any, ...]]:
    # Straight from the pool, because a cursor would wait for as long as a customer's request may.
    pool = connections["default"].pool  # type: ignore[attr-defined]  # every wrapper of PostgreSQL has one
    pool.open()
    with pool.connection(timeout=PROBE_TIMEOUT_S) as connection:
        return list(connection.execute(query, parameters or None).fetchall())


def _database() -> None:
    _rows("SELECT 1")


def _cache() -> None:
    caches["default"].get("health")


def _migrations() -> None:
    """A database that is ahead of this code is well: the next release migrates before it replaces this one."""
    missing = _own_migrations() - set(_rows("SELECT app, name FROM django_migrations"))
    if missing:
        raise LookupError(f"{len(missing)} migrations are not applied")


@functools.cache
def _own_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())


def _replica() -> str:
    """`ok`, or how it stands: `behind`, `other` (it follows no primary, or another one), `away`."""
    [place] = _rows(PLACE_SQL)
    state = standing_at(Place(*place)).state
    return "ok" if state == "level" else state


def _queue() -> str | None:
    [(is_attended,)] = _rows(_WORKER_LIVES, WORKER_SILENT_S)
    return None if is_attended else "unattended"
