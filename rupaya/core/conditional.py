"""Changes that pass only on what the person looked at, and answers that say what that is now: one way for all.

A representation's tag is over its very bytes, so what a change answers has the tag that the next read will give.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rest_framework.request import Request
from rest_framework.response import Response

from rupaya.core.etag import etag_of, if_match_check
from rupaya.core.json import json_bytes

Thing = TypeVar("Thing")


def tagged(body: Any) -> Response:
    """The answer 200 with a body, JSON that was made already or what is to be written as JSON, and its ETag."""
    raw = _bytes_of(body)
    return Response(raw, headers={"ETag": etag_of(raw)})


def expected(request: Request, shown: Callable[[Thing], Any]) -> Callable[[Thing], None]:
    """The check that a service calls with the thing under its lock; it raises PreconditionFailed.

    shown: the body that a read would give for the thing. Without If-Match it is not asked, and everything passes.
    """

    def check(thing: Thing) -> None:
        if "If-Match" in request.headers:
            if_match_check(request, etag_of(_bytes_of(shown(thing))))

    return check


def _bytes_of(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json_bytes(body)
