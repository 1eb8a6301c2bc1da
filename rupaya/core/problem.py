"""Any refusal as RFC 9457 problem details, which also carry the one sentence `error`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from rupaya.core import db
from rupaya.core.errors import DomainError, FieldError
from rupaya.core.json import json_bytes

CONTENT_TYPE: Final = "application/problem+json"
ERRORS_MAX: Final = 100  # field errors in one answer

_TITLES: Final = {
    400: ("invalid", "Some of the input is not valid"),
    401: ("not_authenticated", "You are not signed in"),
    403: ("forbidden", "You may not do this"),
    404: ("not_found", "There is nothing here"),
    405: ("method_not_allowed", "This address does not take that method"),
    406: ("not_acceptable", "No such representation can be given"),
    408: ("request_timeout", "The body did not arrive in time"),
    412: ("precondition_failed", "This has changed since you read it"),
    413: ("body_too_large", "The body is too large"),
    415: ("unsupported_media_type", "This address takes JSON"),
    429: ("too_many_requests", "Too many requests, please try again later"),
    500: ("internal_error", "Something went wrong on our side; it has been recorded"),
    503: ("unavailable", "The service is not available right now"),
}
_log = structlog.get_logger("rupaya.problem")


def problem_title(status: int) -> tuple[str, str]:
    """The code and the title of a refusal for a general reason."""
    return _TITLES[status]


def problem(
    *, status: int, code: str, title: str, detail: str, request_id: str, errors: tuple[FieldError, ...] = ()
) -> dict[str, Any]:
    """The body of an error answer. `detail` and `error` are the same sentence."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "error": detail,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = [
            {"field": error.field, "code": error.code, "message": error.message}
            for error in errors[:ERRORS_MAX]
        ]
    return body


def problem_response(*, status: int, request: HttpRequest, code: str = "", detail: str = "") -> HttpResponse:
    """An error answer outside a view: an unknown path, a fault of our own."""
    default_code, title = _TITLES.get(status, _TITLES[400])
    body = problem(
        status=status,
        code=code or default_code,
        title=title,
        detail=detail or f"{title}.",
        request_id=getattr(request, "request_id", ""),
    )
    return HttpResponse(json_bytes(body), status=status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Will answer what a view raised, and undo its work. Set as DRF's EXCEPTION_HANDLER."""
    db.undo()
    request_id = getattr(context["request"], "request_id", "")
    if isinstance(error, DomainError):
        return _response(error, request_id)
    if isinstance(error, OperationalError | PoolTimeout):
        _log.warning("database.unavailable", error_type=type(error).__name__)
        return _plain(503, request_id, headers={"Retry-After": "5"})
    if isinstance(error, UnreadablePostError):  # the client stopped halfway through its body
        return _plain(408, request_id)
    if isinstance(error, Http404):
        return _plain(404, request_id)
    if isinstance(error, PermissionDenied):
        return _plain(403, request_id)
    if isinstance(error, exceptions.ValidationError):
        return _plain(400, request_id, errors=field_errors(error.detail))
    if isinstance(error, exceptions.APIException):
        return _plain(error.status_code, request_id, detail=str(error.detail), headers=_headers_of(error))
    return None  # a fault of ours: Django logs it and handler500 answers


def _response(error: DomainError, request_id: str) -> Response:
    body = problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.message,
        request_id=request_id,
        errors=error.errors,
    )
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return Response(body, status=error.status, content_type=CONTENT_TYPE, headers=headers)


def _plain(
    status: int,
    request_id: str,
    *,
    detail: str = "",
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    code, title = _TITLES.get(status, ("refused", "The request was refused"))
    sentence = _first_sentence(errors) if errors else detail or f"{title}."
    body = problem(
        status=status, code=code, title=title, detail=sentence, request_id=request_id, errors=errors
    )
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def _first_sentence(errors: tuple[FieldError, ...]) -> str:
    first = errors[0]
    return f"{first.field}: {first.message}" if first.field else first.message


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


def field_errors(detail: Any, *, prefix: str = "") -> tuple[FieldError, ...]:
    """Will flatten DRF's nested error detail to fields like `splits.1.amount`."""
    if isinstance(detail, Mapping):
        return tuple(
            error for key, item in detail.items() for error in field_errors(item, prefix=_joined(prefix, key))
        )
    if isinstance(detail, list):
        return tuple(
            error
            for index, item in enumerate(detail)
            for error in field_errors(
                item, prefix=_joined(prefix, index) if isinstance(item, dict) else prefix
            )
        )
    return (FieldError(prefix, str(getattr(detail, "code", "invalid")), str(detail)),)


def _joined(prefix: str, key: object) -> str:
    if key == "non_field_errors":
        return prefix
    return f"{prefix}.{key}" if prefix else str(key)
