"""What the tests of exports do over and over: switch the feature on, take a file, and read it."""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager
from typing import Any

from ledger.exports.selectors import AT_ONCE_MAX
from ledger.journal.drafts import Entry
from ledger.journal.services import entries_post
from rupaya.core.db import acting_as
from tests.ledger.desk import TODAY, Api, inr
from tests.support.flags import flag_set


@contextmanager
def switched_on(*, everyone=True, users=()):
    """The feature is on, for everyone unless said otherwise; what was committed goes off again."""
    try:
        yield flag_set(everyone=everyone, users=users)
    finally:
        flag_set(everyone=None)


def take(person, **query) -> bytes:
    """The whole file."""
    response = Api(person).get("transactions/export", **query)
    assert response.status_code == 200, response.content
    whole: bytes = response.getvalue()
    return whole


def rows_taken(person, **query) -> list[dict[str, str]]:
    """The rows of a CSV file, by column."""
    return list(csv.DictReader(io.StringIO(take(person, format="csv", **query).decode(), newline="")))


def lines_taken(person, **query) -> list[dict[str, Any]]:
    """The transactions of an NDJSON file, which says that it is whole."""
    *lines, last = [json.loads(line) for line in take(person, format="ndjson", **query).splitlines()]
    assert last == {"end": True, "count": len(lines)}
    return lines


def places_take(raw, person) -> None:
    """Will hold all places that the person has, as exports that run would, until the connection's transaction ends."""
    for place in range(1, AT_ONCE_MAX + 1):
        name = f"{person.id} {place}"
        raw.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_export'), hashtext(%s))", [name])


def expenses_make(person, *, count, notes="") -> None:
    """So many expenses of one day."""
    entry = Entry("expense", TODAY, "Groceries", [(None, inr(500))], notes=notes)
    for first in range(0, count, 2000):
        with acting_as(person.actor):
            entries_post(book=person.book, entries=[entry] * min(2000, count - first))
