"""Reading a book out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.db import connection

from ledger.books.models import Book
from ledger.chart.rules import path_of
from ledger.chart.selectors import chart_names
from ledger.exports.rules import Csv, Form, Ndjson
from ledger.journal.filters import Filters
from ledger.journal.selectors import transactions_walk
from rupaya.core.db import assert_acting
from rupaya.core.errors import Conflict

LOT_ROWS: Final = 100  # transactions in a piece: 30 kB of CSV, 130 kB of NDJSON
AT_ONCE_MAX: Final = 2  # exports of one person
# The locks end with the transaction, however it ends. LIMIT 1 stops at the first place that is free.
_PLACE_SQL: Final = """
SELECT place FROM generate_series(1, %(most)s) AS place
 WHERE pg_try_advisory_xact_lock(hashtext('ledger_export'), hashtext(%(user)s || ' ' || place))
 LIMIT 1
"""


class ExportsRunning(Conflict):
    """Raised when a person has as many exports running as they may."""

    code = "exports_running"
    title = "Other exports of yours are still running"

    def __init__(self) -> None:
        super().__init__(f"{AT_ONCE_MAX} exports of yours are still running; wait until one of them is done.")


def export_place(*, user_id: UUID) -> None:
    """Will take one of the person's places until the end of the transaction; one query. Raises ExportsRunning."""
    assert_acting()
    with connection.cursor() as cursor:
        cursor.execute(_PLACE_SQL, {"most": AT_ONCE_MAX, "user": str(user_id)})
        if cursor.fetchone() is None:
            raise ExportsRunning


def export_form(*, book: Book, ending: str, is_marked: bool) -> Form:
    """How the book is written in a format: csv, which takes a query for the names of accounts, or ndjson.

    is_marked: whether CSV begins with the byte order mark.
    """
    if ending == "ndjson":
        return Ndjson()
    places = {identity: (label, parent_id) for identity, label, _, parent_id in chart_names(book=book)}
    paths = {str(identity): ":".join(path_of(identity, places=places)) for identity in places}
    return Csv(paths, is_marked)


def export_pieces(*, book: Book, filters: Filters, form: Form) -> Iterator[tuple[bytes, int]]:
    """The file, piece by piece, each with how many transactions it holds; none is empty.

    One query, and a fetch for each 100 transactions. For the file to show one moment, the transaction must.
    """
    assert_acting()
    count, head = 0, form.head()
    for lot in transactions_walk(book=book, filters=filters, rows=LOT_ROWS):
        count += len(lot)
        yield head + form.lines(shown.body for shown in lot), len(lot)
        head = b""
    if last := head + form.tail(count):
        yield last, 0
