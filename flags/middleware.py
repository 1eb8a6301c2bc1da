"""Around a request: one reading of the flags for all of it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from flags.evaluation import reading_once


class FlagsMiddleware:
    """Lets a request read each person's flags once, so that they say the same from its beginning to its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Will read nothing by itself."""
        with reading_once():
            return self.get_response(request)
