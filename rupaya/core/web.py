"""What all web pages share: who acts, what every template gets, and refusals as pages."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from rupaya.core import db
from rupaya.core.client import client_address
from rupaya.core.errors import DomainError, Forbidden, Unauthenticated
from rupaya.core.problem import (
    DATABASE_AWAY,
    RETRY_AFTER_S,
    problem_response,
    refusal_headers,
    refusal_note,
)

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponseBase)
_PAGES: Final = {
    400: "errors/400.html",
    403: "errors/403.html",
    404: "errors/404.html",
    405: "errors/405.html",
    410: "errors/410.html",
    413: "errors/413.html",
    429: "errors/429.html",
    503: "errors/503.html",
}
_METHODS: Final = ("GET", "HEAD", "POST")
_THEMES: Final = frozenset({"light", "dark"})


def actor_of(request: HttpRequest, *, user_id: UUID | None = None) -> db.Actor:
    """Who makes this request: the signed-in person, whom the request's body has just proved (user_id), or nobody."""
    user_id = user_id or getattr(request.user, "pk", None)
    if user_id is not None:
        structlog.contextvars.bind_contextvars(user_id=str(user_id))
    return db.Actor(
        user_id=user_id,
        kind="user",
        session_id=getattr(getattr(request, "auth", None), "session_id", None),
        address=client_address(request),
        user_agent=request.headers.get("User-Agent", ""),
        request_id=getattr(request, "request_id", ""),
    )


def user_id_of(request: HttpRequest) -> UUID:
    """The signed-in person's id; raises Unauthenticated where there is none."""
    user_id = getattr(request.user, "pk", None)
    if not isinstance(user_id, UUID):
        raise Unauthenticated
    return user_id


def page(
    view: Callable[Concatenate[HttpRequest, P], Answer],
) -> Callable[Concatenate[HttpRequest, P], Answer | HttpResponse]:
    """Will wrap a page for signed-in people: one transaction, with the actor in it.

    Everything the page does is done once or, when it raises, not at all. Others are sent to sign in.
    """

    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> Answer | HttpResponse:
        if request.method not in _METHODS:
            return HttpResponseNotAllowed(_METHODS)  # RefusalBodyMiddleware gives it its page
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        with db.acting_as(actor_of(request)):
            return view(request, *args, **kwargs)

    functools.update_wrapper(inner, view)
    return inner


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        messages.warning(
            request, "You were signed out meanwhile, so nothing was saved. Sign in and send it again."
        )
    if request.headers.get("HX-Request"):
        # A part of a page can't become the sign-in page: the whole window goes there.
        whole_page = urlsplit(request.headers.get("HX-Current-URL", ""))
        login = redirect_to_login(urlunsplit(("", "", whole_page.path or "/", whole_page.query, "")))
        return HttpResponseClientRedirect(login["Location"])
    return redirect_to_login(request.get_full_path())


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What every template gets: the theme that the person chose, and the product's name."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in _THEMES else "", "app_name": settings.APP_NAME}


def is_api(request: HttpRequest) -> bool:
    """Whether the answer must be JSON."""
    return request.path.startswith("/v1/") or request.path == "/v1"


def refusal_page(request: HttpRequest, error: DomainError | None, *, status: int = 400) -> HttpResponse:
    """A refusal as a page (or as problem details under /v1) with the refusal's own sentence, or the way on from it."""
    if error and error.way_on and not is_api(request):
        return _sent_on(request, error.way_on)
    status = error.status if error else status
    if error:
        refusal_note(request, error)
    if is_api(request):
        response = problem_response(status=status, request=request, error=error)
    else:
        context = {
            "detail": error.message if error else "",
            "status": status,
            "request_id": getattr(request, "request_id", ""),
        }
        response = render(request, _PAGES.get(status, _PAGES[400]), context, status=status)
        for name, value in (refusal_headers(error) if error else {}).items():
            response[name] = value
    if status == 503:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return response


def _sent_on(request: HttpRequest, name: str) -> HttpResponse:
    if request.headers.get(
        "HX-Request"
    ):  # a part of a page can't become another page: the whole window goes there
        return HttpResponseClientRedirect(reverse(name))
    return redirect(name)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: what broke is not told, only that it did, or that it was too much."""
    return refusal_page(request, None, status=413 if isinstance(exception, RequestDataTooBig) else 400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Django's handler404."""
    return refusal_page(request, None, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Django's handler403."""
    refusal_note(request, Forbidden())
    return refusal_page(request, None, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, called while the fault is handled: needs nothing that could fail again.

    A database that went away between two middlewares is no mistake of ours: 503.
    """
    if isinstance(sys.exc_info()[1], DATABASE_AWAY):
        return refusal_page(request, None, status=503)
    if is_api(request):
        return problem_response(status=500, request=request)
    return render(request, "errors/500.html", {"request_id": getattr(request, "request_id", "")}, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that came without its token: the person is told to load the page again."""
    if is_api(request):
        return refusal_page(request, None, status=403)
    return render(request, "errors/csrf.html", {"request_id": getattr(request, "request_id", "")}, status=403)
