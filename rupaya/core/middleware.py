"""Around every request: its id, its one line in the log, the tag of what it reads, and a refusal as a page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from psycopg_pool import PoolTimeout

from rupaya.core.errors import DomainError, PreconditionFailed
from rupaya.core.etag import etag_of, etags_match, if_match_check
from rupaya.core.ids import uuid7
from rupaya.core.limits import TooManyRequests, request_count, usage_headers
from rupaya.core.web import is_api, refusal_page

Handler = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.-]{8,64}", re.ASCII)
_QUIET: Final = ("/static/", "/health")
_log = structlog.get_logger("rupaya.request")


class RequestMiddleware:
    """Gives each request an id (a caller's own, where it is well formed) and logs its end."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will answer with X-Request-ID set and every log line of the request bound to it."""
        request.request_id = request_id = _request_id(request)  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter_ns()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if not request.path.startswith(_QUIET) or response.status_code >= 500:
            _log_end(request, response, duration_ms=(time.perf_counter_ns() - started) // 1_000_000)
        return response


def _request_id(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid7())


def _log_end(request: HttpRequest, response: HttpResponse, *, duration_ms: int) -> None:
    write = _log.error if response.status_code >= 500 else _log.info
    write(
        "request.finished",
        method=request.method,
        path=request.path,
        status=response.status_code,
        duration_ms=duration_ms,
    )


class LimitsMiddleware:
    """Tells what is left of a limit, and counts under /v1 what no view has: unknown addresses, bad credentials."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will add the RateLimit headers, and Retry-After over a limit."""
        response = self.get_response(request)
        if is_api(request):
            try:
                request_count(request)
            except TooManyRequests as error:
                response = refusal_page(request, error)
        headers = usage_headers(request)
        for name, value in headers.items():
            response[name] = value
        if response.status_code == 429 and headers:
            response["Retry-After"] = headers["RateLimit-Reset"]
        return response


class ConditionalMiddleware:
    """Tags what the API reads out, and tells a client that has it already so, without sending it again.

    Django's ConditionalGetMiddleware would tag pages too, which differ at each look (their form tokens),
    and refuse without problem details. Outside CommonMiddleware, which would give a 304 the length 0.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will add ETag over the very bytes, unless the view has set one; 304 where If-None-Match names it.

        Such an answer may be kept by the one who asked, and by nobody else, and is asked for anew each time.
        """
        response = self.get_response(request)
        if not _is_read(request, response):
            return response
        if not response.has_header("ETag"):
            response["ETag"] = etag_of(response.content)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization"])
        return _conditional(request, response)


def _is_read(request: HttpRequest, response: HttpResponse) -> bool:
    return (
        is_api(request)
        and request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and not response.streaming
        and response.get("Content-Type", "") == "application/json"
    )


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """If-Match first, then If-None-Match (RFC 9110, 13.2.2)."""
    try:
        if_match_check(request, response["ETag"])
    except PreconditionFailed as error:
        return refusal_page(request, error)
    wanted = request.headers.get("If-None-Match")
    if wanted is None or not etags_match(wanted, response["ETag"], weak=True):
        return response
    unchanged = HttpResponseNotModified()
    for name in ("ETag", "Cache-Control", "Vary"):
        unchanged[name] = response[name]
    return unchanged


class RefusalPageMiddleware:
    """Answers a refusal that a web page raised with a page in our look, never with a stack trace."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Will answer a DomainError, or a database that is away; anything else is a fault of ours."""
        if isinstance(error, DomainError):
            return refusal_page(request, error)
        if isinstance(error, OperationalError | PoolTimeout):
            _log.warning("database.unavailable", error_type=type(error).__name__)
            return refusal_page(request, None, status=503)
        return None
