"""What a bench asks of the product itself, in a process of its own: `python -m tests.benchmarks.product WISH …`.

The environment names the database; see cluster.environment. The answer is one line of JSON on stdout.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection
from psycopg import ClientCursor

from accounts.models import User
from accounts.services import session_start
from ledger.books.access import book_for
from ledger.chart.models import Account
from ledger.journal.drafts import Entry
from ledger.journal.filters import NONE, Filters
from ledger.journal.query.parser import query_parse
from ledger.journal.query.sql import query_sql
from ledger.journal.selectors import transaction_page
from ledger.journal.services import entries_post, transaction_post
from ledger.reports.engine import sql
from ledger.reports.rules import balance_of
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as, rows_as_dicts
from rupaya.core.money import Money
from tests.benchmarks.seed import UNTIL, account, identity

_WARM: Final = 20  # postings before the clock starts
_ASKED: Final = 15


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
    (statement,) = _statements(NONE)
    with acting_as(Actor(user_id=identity(1, 1), kind="user")), connection.cursor() as cursor:
        cursor.execute(statement["sql"], statement["parameters"])
        columns = [column.name for column in cursor.description]
    plain = {name: value for name, value in statement["parameters"].items() if name != "book"}
    return {"sql": statement["sql"], "parameters": plain, "column": columns.index("body")}


def search(word: str) -> list[dict[str, Any]]:
    """The statements of a search for a word: `sql`, `parameters`, and whether they are prepared."""
    node = query_parse(text=word, today=UNTIL, currency="INR", fiscal_year_start_month=4, month_start_day=1)
    assert node is not None
    where, parameters = query_sql(node=node, ids={})
    return _statements(Filters(where=where, where_parameters=parameters))


def _statements(filters: Filters) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []

    def watch(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        is_prepared = not isinstance(context["cursor"].cursor, ClientCursor)
        seen.append({"sql": sql, "parameters": dict(parameters), "is_prepared": is_prepared})
        return execute(sql, parameters, many, context)

    person = identity(1, 1)
    with acting_as(Actor(user_id=person, kind="user")):
        book = book_for(user_id=person, book_id=None, right="read")
        with connection.execute_wrapper(watch):
            page = transaction_page(book=book, limit=50, filters=filters)
    assert page.rows
    return seen


def post(seconds: str) -> float:
    """Postings a second through the service, each in a transaction of its own, in one thread."""
    actor = Actor(user_id=identity(1, 1), kind="user")
    with acting_as(actor):
        book = book_for(user_id=identity(1, 1), book_id=None, right="write")
    count, ends = 0, 0.0
    while not ends or time.perf_counter() < ends:
        entry = Entry(
            "expense", UNTIL, "Meena Tiffin Service", [(account(1, 21 + count % 40), Money(50_000, "INR"))],
            account_id=account(1, 1 + count % 10),
        )  # fmt: skip
        with acting_as(actor):
            transaction_post(book=book, entry=entry)
        count += 1
        if not ends and count == _WARM:
            count, ends = 0, time.perf_counter() + int(seconds)
    return count / int(seconds)


def balances(_seconds: str) -> float:
    """Milliseconds of asking for every account's balance, categories too: the median of some runs."""
    actor = Actor(user_id=identity(1, 1), kind="user")
    text = sql("balances")
    parameters = {"base": "INR", "today": UNTIL, "types": list(Account.Type.values)}
    took = []
    for _ in range(_ASKED):
        with acting_as(actor):
            book = book_for(user_id=identity(1, 1), book_id=None, right="read")
            started = time.perf_counter()
            rows = rows_as_dicts(text, {**parameters, "book": book.pk}, is_prepared=True)
            found = [balance_of(row, minor=row["base_minor"], base=book.base_currency) for row in rows]
            took.append(1000 * (time.perf_counter() - started))
    assert len(found) == 62
    return statistics.median(took[2:])


def batch(times: str) -> int:
    """Will record batches of 500, so many, each in a transaction of its own; how many were recorded."""
    actor = Actor(user_id=identity(1, 2), kind="user")
    done = 0
    for _ in range(int(times)):
        with acting_as(actor):
            book = book_for(user_id=identity(1, 2), book_id=None, right="write")
            entries = [
                Entry(
                    "expense",
                    UNTIL,
                    f"Meena Tiffin Service {number}",
                    [(account(2, 21), Money(50_000, "INR"))],
                )
                for number in range(500)
            ]
            done += len(entries_post(book=book, entries=entries))
    return done


WISHES: Final[dict[str, Callable[..., Any]]] = {
    "tokens": tokens,
    "list_query": list_query,
    "search": search,
    "post": post,
    "balances": balances,
    "batch": batch,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(WISHES[sys.argv[1]](*sys.argv[2:]), default=str))
