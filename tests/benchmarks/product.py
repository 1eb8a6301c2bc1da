"""What a bench asks of the product itself, in a process of its own: `python -m tests.benchmarks.product WISH …`.

The environment names the database; see cluster.environment. The answer is one line of JSON on stdout.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, Final

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection

from accounts.models import User
from accounts.services import session_start
from ledger.books.access import book_for
from ledger.journal.selectors import transaction_page
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as
from tests.benchmarks.seed import identity


def tokens(people: str) -> list[str]:
    """An access token of each of the first so many people, with sessions that are alive."""
    made = []
    for number in range(1, int(people) + 1):
        user = User(pk=identity(1, number))
        with acting_as(Actor(user_id=user.pk, kind="user")):
            user.refresh_from_db()
            pair = session_start(user=user, address="127.0.0.1", user_agent="bench", now=clock.now())
        made.append(pair.access_token)
    return made


def list_query() -> dict[str, Any]:
    """The statement of a page of fifty with its parameters, and which column holds a transaction's JSON."""
    seen: list[tuple[str, Any]] = []

    def watch(
        execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:  # Django's own shape
        seen.append((sql, parameters))
        return execute(sql, parameters, many, context)

    person = identity(1, 1)
    with acting_as(Actor(user_id=person, kind="user")):
        book = book_for(user_id=person, book_id=None, right="read")
        with connection.execute_wrapper(watch):
            page = transaction_page(book=book, limit=50)
        ((sql, parameters),) = seen
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            columns = [column.name for column in cursor.description]
    assert len(page.rows) == 50
    plain = {name: value for name, value in parameters.items() if name != "book"}
    return {"sql": sql, "parameters": plain, "column": columns.index("body")}


WISHES: Final[dict[str, Callable[..., Any]]] = {"tokens": tokens, "list_query": list_query}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(WISHES[sys.argv[1]](*sys.argv[2:])))
