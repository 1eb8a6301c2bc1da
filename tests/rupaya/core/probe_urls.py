"""The real routes, and a few that fail in every way a view can."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseNotAllowed,
    UnreadablePostError,
)
from django.urls import include, path
from psycopg_pool import PoolTimeout
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from rupaya import urls
from rupaya.core.api import ApiView, Input, input_read
from rupaya.core.errors import FieldError, Rejected, TooManyRequests
from rupaya.core.web import page

SECRET = "the inner sentence of a fault"


class PeriodShut(Rejected):
    """A refusal with data."""

    code = "probe_shut"
    title = "The period is shut"


FAILURES = {
    "domain": PeriodShut("March is shut.", errors=[FieldError("date", "shut", "Choose a later date.")]),
    "missing": Http404(),
    "denied": PermissionDenied(),
    "suspicious": SuspiciousOperation(SECRET),
    "operational": OperationalError(SECRET),
    "pool": PoolTimeout(SECRET),
    "validation": ValidationError({"splits": [{}, {"amount": ["Too much."]}]}),
    "throttled": Throttled(),
    "limit": TooManyRequests(retry_after_s=30, policies=["api"]),
    "unread": UnreadablePostError(SECRET),
    "fault": RuntimeError(SECRET),
}


class Probe(ApiView):
    """Answers, fails, or writes and fails."""

    def get(self, request: Request, name: str) -> Response:
        if name in FAILURES:
            raise FAILURES[name]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('app.current_user_id', true), current_setting('app.request_id', true)"
            )
            return Response(dict(zip(("user_id", "request_id"), cursor.fetchone(), strict=True)))

    def post(self, request: Request, name: str) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET full_name = 'Changed' WHERE id = %s", [request.user.pk])
        return self.get(request, name)


class OpenProbe(Probe):
    authentication_classes = ()
    permission_classes = ()


class Shape(Input):
    pass


class Reading(OpenProbe):
    def post(self, request: Request, name: str = "") -> Response:
        return Response(input_read(Shape, data=request.data))


def failing_page(request: HttpRequest, name: str) -> HttpResponse:
    raise FAILURES[name]


def wordless(request: HttpRequest, status: int) -> HttpResponse:
    """As libraries refuse."""
    if status == 405:
        return HttpResponseNotAllowed(["GET"])
    return (
        HttpResponseForbidden()
        if status == 403
        else HttpResponse(b"Nope", status=status, content_type="text/plain")
    )


@page
def own_page(request: HttpRequest, name: str) -> HttpResponse:
    if name in FAILURES:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_user SET full_name = 'Changed' WHERE id = %s", [request.user.pk])
        raise FAILURES[name]
    return HttpResponse("well")


urlpatterns = [
    path("v1/probe/<str:name>", Probe.as_view()),
    path("v1/open/<str:name>", OpenProbe.as_view()),
    path("v1/reading", Reading.as_view()),
    path("v1/wordless/<int:status>", wordless),
    path("wordless/<int:status>", wordless),
    path("probe/<str:name>", failing_page),
    path("own/<str:name>", own_page),
    path("", include(urls)),
]
handler400, handler403, handler404, handler500 = (
    urls.handler400,
    urls.handler403,
    urls.handler404,
    urls.handler500,
)
