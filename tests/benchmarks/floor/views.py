"""The floors: plain Django views around the product's own SQL. They check nothing and sign nobody in."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.transaction import atomic
from django.http import HttpRequest, HttpResponse

# What rupaya.core.db.acting_as sets.
_ACT = """
SELECT set_config('app.current_user_id', %s, true), set_config('app.actor_kind', 'user', true),
       set_config('app.client_address', '127.0.0.1', true), set_config('app.user_agent', 'bench', true),
       set_config('app.request_id', 'bench-request', true)
"""


def post(request: HttpRequest) -> HttpResponse:
    """Will hand the body to ledger_post, as the person and for the book that the headers name."""
    with atomic(), connection.cursor() as cursor:
        cursor.execute(_ACT, [request.headers["X-Person"]])
        cursor.execute("SELECT ledger_post(%s, %s)", [request.headers["X-Book"], request.body.decode()])
    return _json(b'{"recorded":true}', status=201)


def page(request: HttpRequest) -> HttpResponse:
    """Will run the very query of GET /v1/transactions for the book, and give the JSON that PostgreSQL built.

    As Django sends it, which is planned each time.
    """
    sql, parameters, column = _captured()
    with atomic(), connection.cursor() as cursor:
        cursor.execute(_ACT, [request.headers["X-Person"]])
        cursor.execute(sql, {**parameters, "book": request.headers["X-Book"]})
        bodies = [row[column] for row in cursor.fetchall()]
    content = f'{{"results":[{",".join(bodies[:50])}]}}'.encode()
    return _json(content, status=200)


def _json(content: bytes, *, status: int) -> HttpResponse:
    """With its length, which Django leaves to a middleware."""
    return HttpResponse(
        content, status=status, content_type="application/json", headers={"Content-Length": str(len(content))}
    )


@cache
def _captured() -> tuple[str, dict[str, Any], int]:
    """The query as the product ran it, its parameters, and which column is the body."""
    found = json.loads(Path(os.environ["BENCH_LIST_QUERY"]).read_text())
    return found["sql"], found["parameters"], found["column"]
