"""Around every request: its id, its one line in the log, the tag of what it reads, and a refusal as a page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, UnreadablePostError
from django.utils.cache import patch_vary_headers
from django.utils.functional import LazyObject

from rupaya.core.errors import DomainError, PreconditionFailed
from rupaya.core.etag import etag_of, etags_match, if_match_check
from rupaya.core.ids import uuid7
from rupaya.core.limits import LimitReached, request_count, usage_headers
from rupaya.core.metrics import request_counted
from rupaya.core.problem import CONTENT_TYPE, DATABASE_AWAY
from rupaya.core.web import is_api, refusal_page

Handler = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_.-]{8,64}", re.ASCII)
ANNOUNCED_BYTES_MAX: Final = 32 * 1024 * 1024
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
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        seconds = time.perf_counter() - started
        request_counted(request, status=response.status_code, seconds=seconds)
        if not request.path.startswith(_QUIET) or response.status_code >= 500:
            _person_bind(request)
            _log_end(request, response, duration_ms=int(1000 * seconds))
        return response


def _request_id(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid7())


def _person_bind(request: HttpRequest) -> None:
    """Will tell whose request it was, where that became known on the way: nobody is looked up for a line of the log."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject):  # a session's, of which Django keeps who was looked up
        user = request.__dict__.get("_cached_user")
    if user_id := getattr(user, "pk", None):
        structlog.contextvars.bind_contextvars(user_id=str(user_id))


def _log_end(request: HttpRequest, response: HttpResponse, *, duration_ms: int) -> None:
    write = _log.error if response.status_code >= 500 else _log.info
    write(
        "request.finished",
        method=request.method,
        path=request.path,
        status=response.status_code,
        duration_ms=duration_ms,
    )


class RefusalBodyMiddleware:
    """Gives every refusal its words, whoever refused: Django, WhiteNoise and other libraries often send none."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will put a page in our look, or problem details under /v1, in the place of a body that is neither."""
        response = self.get_response(request)
        if response.status_code < 400 or _has_words(request, response):
            return response
        worded = refusal_page(request, None, status=response.status_code)
        for name, value in response.items():
            if not name.lower().startswith("content-"):  # those are of the body that goes
                worded[name] = value
        # Only what streams may hold a file; to close another would but tell all that the request is over.
        if response.streaming:
            response.close()
        return worded


class BodyLengthMiddleware:
    """Refuses a body that is not to be read: without a length, or of a length that nothing here takes.

    Within CORS and limits: else a browser would keep the answer from an origin that may see it, and nobody count it.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will answer 411 or 413, or pass the request on."""
        if status := _body_refusal(request):
            return refusal_page(request, None, status=status)
        return self.get_response(request)


def _body_refusal(request: HttpRequest) -> int:
    """The status that refuses a request for its body, before a byte of it is read; 0 for none.

    One whose end is not known beforehand would be read as none at all. What is a little too large is taken in and
    refused where it is known what it should have been: most browsers show no answer to what they can't send.
    """
    announced = request.META.get("CONTENT_LENGTH", "")
    if "HTTP_TRANSFER_ENCODING" in request.META and not announced:
        return 411
    return 413 if announced.isdigit() and int(announced) > ANNOUNCED_BYTES_MAX else 0


def _has_words(request: HttpRequest, response: HttpResponse) -> bool:
    if is_api(request):
        return response.get("Content-Type", "") == CONTENT_TYPE
    return not response.streaming and bool(response.content)  # what streams here is WhiteNoise's nothing


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
            except LimitReached as error:
                response = refusal_page(request, error)
        headers = usage_headers(request)
        for name, value in headers.items():
            response[name] = value
        if response.status_code == 429 and headers and not response.has_header("Retry-After"):
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
        """Will answer a DomainError, a database that is away, or a client that stopped within its body.

        Anything else is a fault of ours.
        """
        if isinstance(error, DomainError):
            return refusal_page(request, error)
        if isinstance(error, DATABASE_AWAY):
            _log.warning("database.unavailable", error_type=type(error).__name__)
            return refusal_page(request, None, status=503)
        if isinstance(error, UnreadablePostError):
            return refusal_page(request, None, status=408)
        return None
