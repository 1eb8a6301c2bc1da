"""`GET /health`: whether this process can serve, for load balancers and people.

Answered before everything else, so for any Host, without a redirect, a session or a limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.http import HttpRequest, HttpResponse

from rupaya.core.json import json_bytes
from rupaya.core.problem import problem_response

PROBE_TIMEOUT_S: Final = 1.5  # a load balancer waits for 3 s
_log = structlog.get_logger("rupaya.health")


class HealthMiddleware:
    """Answers /health itself and passes everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will answer 200 with status ok, or 503 with status unavailable and what is down."""
        if request.path != "/health":
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            response = problem_response(status=405, request=request)
            response["Allow"] = "GET, HEAD"
            return response
        body, status = health()
        content = json_bytes(body)
        headers = {"Content-Length": str(len(content))}
        return HttpResponse(content, status=status, content_type="application/json", headers=headers)


def health() -> tuple[dict[str, Any], int]:
    """The answer's body and its status. Takes one trivial query and one PING."""
    checks = {"database": _checked("database", _database), "cache": _checked("cache", _cache)}
    is_well = all(checks.values())
    body = {
        "status": "ok" if is_well else "unavailable",
        "version": settings.APP_VERSION,
        "time": int(time.time()),
        "checks": {name: "ok" if up else "down" for name, up in checks.items()},
    }
    if not is_well:
        body["error"] = f"Down: {', '.join(name for name, up in checks.items() if not up)}."
    return body, 200 if is_well else 503


def _checked(name: str, probe: Callable[[], None]) -> bool:
    try:
        probe()
    except Exception as error:  # noqa: BLE001  # whatever it is, the part does not answer
        _log.warning("health.down", part=name, error_type=type(error).__name__)
        return False
    return True


def _database() -> None:
    # Straight from the pool, because a cursor would wait for as long as a customer's request may.
    pool = connections["default"].pool  # type: ignore[attr-defined]  # every wrapper of PostgreSQL has one
    pool.open()
    with pool.connection(timeout=PROBE_TIMEOUT_S) as connection:
        connection.execute("SELECT 1")


def _cache() -> None:
    caches["default"].get("health")
