"""`/v1/openapi.json`, the API's schema, and `/v1/docs`, the same for people."""

from __future__ import annotations

import functools

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from rupaya.core.json import json_bytes
from rupaya.core.openapi import Schema, document
from rupaya.core.reference import links_of, shown_of


@functools.cache
def served() -> Schema:
    """The schema of this version with this server's address; made once a process, at the first question."""
    return document(server=settings.API_BASE_URL, version=settings.APP_VERSION)


@functools.cache
def served_bytes() -> bytes:
    """The same as JSON."""
    return json_bytes(served())


@csrf_exempt  # a form's token is nobody's business here: what can't be read is refused as such
@require_safe
def schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The schema, for whoever asks; ConditionalMiddleware tags it."""
    return HttpResponse(served_bytes(), content_type="application/json")


@csrf_exempt
@require_safe
def reference(request: HttpRequest, name: str = "") -> HttpResponse:
    """Every operation at the left, and one of them: what it takes, gives and refuses. No script, no foreign host."""
    shown = shown_of(served(), name=name) if name else None
    if name and shown is None:
        raise Http404
    context = {
        "tags": links_of(served()),
        "shown": shown,
        "info": served()["info"],
        "paragraphs": served()["info"]["description"].split("\n\n"),
        "server": settings.API_BASE_URL,
    }
    return render(request, "api/reference.html", context)
