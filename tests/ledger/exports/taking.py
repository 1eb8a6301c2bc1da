"""What the tests of exports do over and over: switch the feature on, take a file, and read it."""

from __future__ import annotations

import csv
import io
import json
from contextlib import contextmanager

from flags.models import Flag
from ledger.journal.rules import EXPORT_FLAG
from tests.ledger.desk import Api


@contextmanager
def switched_on(**fields):
    """The feature is on, for everyone unless said otherwise; what was committed goes again."""
    flag = Flag.objects.create(**{"name": EXPORT_FLAG, "superusers": False, "everyone": True, **fields})
    try:
        yield flag
    finally:
        flag.users.clear()
        flag.delete()


def take(person, **query) -> bytes:
    """The whole file."""
    response = Api(person).get("transactions/export", **query)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def rows_taken(person, **query) -> list[dict[str, str]]:
    """The rows of a CSV file, by column."""
    return list(csv.DictReader(io.StringIO(take(person, format="csv", **query).decode(), newline="")))


def lines_taken(person, **query) -> list[dict]:
    """The transactions of an NDJSON file, which says that it is whole."""
    *lines, last = [json.loads(line) for line in take(person, format="ndjson", **query).splitlines()]
    assert last == {"end": True, "count": len(lines)}
    return lines
