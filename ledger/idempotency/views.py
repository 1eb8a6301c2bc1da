"""What a view wears to answer a repeated request with the first one's answer. It has no address of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.access import book_for, book_id_read, books_noted
from ledger.idempotency.rules import (
    BOOK,
    HEADERS_KEPT,
    KEY_PATTERN,
    Answer,
    KeyInvalid,
    fingerprint_of,
    key_check,
)
from ledger.idempotency.services import KeyInUse, KeyReused, key_answer, key_claim
from rupaya.core import clock, db
from rupaya.core.api import ApiView
from rupaya.core.operations import Ask, documented_also
from rupaya.core.parsers import body_of
from rupaya.core.renderers import OrjsonRenderer
from rupaya.core.web import user_id_of

P = ParamSpec("P")
View = TypeVar("View", bound=ApiView)
REPLAYED: Final = "Idempotency-Replayed"
KEY_ASK: Final = Ask(
    "Idempotency-Key",
    "A new one for each wish: the same request with the same key is done exactly once.",
    {"type": "string", "pattern": KEY_PATTERN},
    "header",
)


def once(
    handler: Callable[Concatenate[View, Request, P], Response],
) -> Callable[Concatenate[View, Request, P], Response]:
    """Will wrap a handler that moves money: with an `Idempotency-Key` it does its work exactly once.

    The key, the work and the answer are one transaction (the request's own). A repeat gets the first
    answer, byte for byte, with `Idempotency-Replayed: true`, as long as its sender may read the book that it is about;
    a refusal undoes the key too, so the next try is a first one. Without the header nothing is kept. Two queries more,
    two for a repeat.

    For JSON alone: a multipart body has a new boundary, hence another fingerprint, each time it is sent.
    Raises KeyInvalid, KeyReused, KeyInUse, and BookNotFound for a repeat by who is no member any more.
    """

    @functools.wraps(handler)
    def inner(view: View, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        text = request.headers.get("Idempotency-Key")
        if text is None:
            return handler(view, request, *args, **kwargs)
        key, now = key_check(text), clock.now()
        fingerprint = fingerprint_of(
            method=str(request.method), path=request.get_full_path(), body=body_of(request)
        )
        earlier = key_claim(key=key, fingerprint=fingerprint, now=now)
        if earlier is not None:
            return _replay(earlier, request)
        with books_noted() as books:
            response = handler(view, request, *args, **kwargs)
        if not 200 <= response.status_code < 300:  # a refusal that was returned, not raised
            db.undo()
            return response
        key_answer(key=key, fingerprint=fingerprint, answer=_answer_of(response, books), now=now)
        return response

    documented_also(inner, asks=(KEY_ASK,), refuses=(KeyInvalid, KeyReused, KeyInUse), headers=(REPLAYED,))
    return inner


def _answer_of(response: Response, books: Sequence[UUID]) -> Answer:
    """Writes the body now, so that what is kept and what is sent are the same bytes."""
    renderer = OrjsonRenderer()
    response.data = body = renderer.render(response.data)
    headers: dict[str, Any] = {"Content-Type": response.content_type or renderer.media_type}
    headers |= {name: response[name] for name in HEADERS_KEPT if response.has_header(name)}
    if books:
        headers[BOOK] = str(books[0])
    return Answer(response.status_code, headers, body)


def _replay(answer: Answer, request: Request) -> Response:
    book_id = answer.headers.get(BOOK, request.GET.get("book_id"))  # the release before kept no book
    book_for(user_id=user_id_of(request), book_id=book_id_read(book_id), right="read")
    headers = {name: answer.headers[name] for name in HEADERS_KEPT if name in answer.headers}
    return Response(
        answer.body,
        status=answer.status,
        headers={**headers, REPLAYED: "true"},
        content_type=answer.headers["Content-Type"],
    )
