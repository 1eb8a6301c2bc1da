"""Any refusal as RFC 9457 problem details, which also carry the one sentence `error`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from rupaya.core import db
from rupaya.core.errors import (
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from rupaya.core.json import json_bytes

CONTENT_TYPE: Final = "application/problem+json"
ERRORS_MAX: Final = 100  # field errors in one answer
RETRY_AFTER_S: Final = 5  # when to come back to a database that is away
DATABASE_AWAY: Final = (OperationalError, PoolTimeout)  # what a database that does not answer raises

_FAMILIES: Final = (
    Invalid, Unauthenticated, Forbidden, NotFound, PreconditionFailed, TooManyRequests, Unavailable
)  # fmt: skip
# What is refused before a view could: (code, title) by status. gunicorn's own refusals are among them.
TITLES: Final = {family.status: (family.code, family.title) for family in _FAMILIES} | {
    405: ("method_not_allowed", "This address does not take that method"),
    406: ("not_acceptable", "No such representation can be given"),
    408: ("request_timeout", "The request did not arrive in time"),
    411: ("length_required", "The body must come with its Content-Length"),
    413: ("body_too_large", "The body is too large"),
    414: ("address_too_long", "The address is too long"),
    415: ("unsupported_media_type", "This address takes JSON"),
    417: ("expectation_unmet", "The header Expect asks for what is not offered"),
    431: ("headers_too_large", "The headers are too large"),
    500: ("internal_error", "Something went wrong on our side; it has been recorded"),
    501: ("not_implemented", "The request uses a part of HTTP that is not offered"),
}
_REFUSAL: Final = "rupaya.refusal"  # under META, which Django's request and REST framework's share
_log = structlog.get_logger("rupaya.problem")


def refusal_note(request: HttpRequest, error: DomainError) -> None:
    """Will keep what a request was refused for, for whoever looks at it after the answer."""
    request.META[_REFUSAL] = error


def refusal_of(request: HttpRequest) -> DomainError | None:
    """What the request was refused for; None where it was not."""
    error: DomainError | None = request.META.get(_REFUSAL)
    return error


def problem_title(status: int) -> tuple[str, str]:
    """The code and the title of a refusal for a general reason."""
    return TITLES[status]


def problem(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    request_id: str,
    errors: tuple[FieldError, ...] = (),
    type_uri: str = "about:blank",
) -> dict[str, Any]:
    """The body of an error answer. `detail` and `error` are the same sentence."""
    body: dict[str, Any] = {
        "type": type_uri,
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


def plain_problem(status: int, *, request_id: str, detail: str = "") -> dict[str, Any]:
    """The body for a status alone, where nothing more is known than that."""
    code, title = TITLES.get(status) or ("refused", HTTPStatus(status).phrase)
    return problem(status=status, code=code, title=title, detail=detail or f"{title}.", request_id=request_id)


def refusal_problem(error: DomainError, *, request_id: str) -> dict[str, Any]:
    """The body that says what a refusal says."""
    body = problem(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.message,
        request_id=request_id,
        errors=error.errors,
        type_uri=error.type_uri,
    )
    if isinstance(error, TooManyRequests) and error.policies:
        body["violated-policies"] = list(error.policies)
    return body


def refusal_headers(error: DomainError) -> dict[str, str]:
    """What a refusal tells the client beside its words."""
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_s)}
    return {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}


def problem_response(*, status: int, request: HttpRequest, error: DomainError | None = None) -> HttpResponse:
    """An error answer outside a view: a refusal, an unknown path, a fault of our own."""
    request_id = getattr(request, "request_id", "")
    body = (
        refusal_problem(error, request_id=request_id)
        if error
        else plain_problem(status, request_id=request_id)
    )
    return HttpResponse(
        json_bytes(body),
        status=body["status"],
        content_type=CONTENT_TYPE,
        headers=refusal_headers(error) if error else None,
    )


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Will answer what a view raised, and undo its work. Set as DRF's EXCEPTION_HANDLER."""
    db.undo()
    request_id = getattr(context["request"], "request_id", "")
    if isinstance(error, DomainError):
        refusal_note(context["request"], error)
        body = refusal_problem(error, request_id=request_id)
        return _response(body, headers=refusal_headers(error))
    if isinstance(error, DATABASE_AWAY):
        _log.warning("database.unavailable", error_type=type(error).__name__)
        return _response(
            plain_problem(503, request_id=request_id), headers={"Retry-After": str(RETRY_AFTER_S)}
        )
    if isinstance(error, UnreadablePostError):  # the client stopped halfway through its body
        return _response(plain_problem(408, request_id=request_id))
    if isinstance(error, Http404):
        return _response(plain_problem(404, request_id=request_id))
    if isinstance(error, PermissionDenied):
        refusal_note(context["request"], Forbidden())
        return _response(plain_problem(403, request_id=request_id))
    if isinstance(error, exceptions.ValidationError):
        return _response(_fields_problem(field_errors(error.detail), request_id=request_id))
    if isinstance(error, exceptions.APIException):
        body = plain_problem(error.status_code, request_id=request_id, detail=str(error.detail))
        return _response(body, headers=_headers_of(error))
    return None  # a fault of ours: Django logs it and handler500 answers


def _response(body: dict[str, Any], *, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], content_type=CONTENT_TYPE, headers=headers)


def _fields_problem(errors: tuple[FieldError, ...], *, request_id: str) -> dict[str, Any]:
    code, title = TITLES[400]
    detail = _first_sentence(errors) if errors else f"{title}."
    return problem(status=400, code=code, title=title, detail=detail, request_id=request_id, errors=errors)


def _first_sentence(errors: tuple[FieldError, ...]) -> str:
    first = errors[0]
    return f"{first.field}: {first.message}" if first.field else first.message


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    found = {
        "WWW-Authenticate": getattr(error, "auth_header", None),
        "Retry-After": getattr(error, "wait", None),
    }
    return {name: str(value) for name, value in found.items() if value}


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
