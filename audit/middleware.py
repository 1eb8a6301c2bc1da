"""Refusals for want of a right, recorded once the refused request has been undone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse

from audit.events import Action, event_record
from rupaya.core.db import acting_as
from rupaya.core.errors import DomainError
from rupaya.core.problem import DATABASE_AWAY, refusal_of
from rupaya.core.web import actor_of

_ROUTE_MAX: Final = 120  # characters of audit_logs.resource_id
_log = structlog.get_logger("audit")


class RefusalRecordMiddleware:
    """Tells the log of each request that was refused for want of a right, whoever answered it.

    Inside AuthenticationMiddleware, outside RefusalPageMiddleware. Only for people who are signed in; the database
    records the same refusal once a minute, and no flood of them. One transaction more, for such a request alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will pass the request on; the answer stays the same, recorded or not."""
        response = self.get_response(request)
        error = refusal_of(request)
        if error is not None and error.is_for_want_of_right and getattr(request.user, "pk", None):
            try:
                _record(request, error)
            except DATABASE_AWAY as fault:  # it was there a moment ago, and the refusal stands
                _log.warning("audit.refusal_unrecorded", error_type=type(fault).__name__)
        return response


def _record(request: HttpRequest, error: DomainError) -> None:
    match = request.resolver_match
    actor = dataclasses.replace(actor_of(request), session_id=None)  # it may be what was refused
    if match and match.app_name == "admin":
        actor = dataclasses.replace(actor, kind="staff")
    book_id = getattr(error, "book_id", None) or (match.kwargs.get("book_id") if match else None)
    book_id = book_id if isinstance(book_id, UUID) else None
    changes = {"code": error.code} | ({"book_id": str(book_id)} if book_id else {})
    with acting_as(actor):
        event_record(
            action=Action.REFUSED,
            resource_type="request",
            resource_id=f"{request.method} /{match.route if match else ''}"[:_ROUTE_MAX],
            book_id=book_id,
            changes=changes,
        )
