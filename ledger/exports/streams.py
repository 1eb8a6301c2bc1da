"""A file that is written while it is read: its own transaction, its bounds, and how it breaks off.

The request's transaction ends before the first byte leaves, and its settings with it. So the file has one of its own,
which shows one moment and writes nothing; a thread is busy with it, and a connection, for as long as a client takes.
"""

from __future__ import annotations

import errno
import functools
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from ledger.books.access import book_for
from ledger.exports.rules import CONTENT_TYPES, file_name, format_read
from ledger.exports.selectors import export_form, export_pieces, export_place
from ledger.exports.services import export_allow, export_record
from ledger.journal.filters import Filters
from ledger.journal.search import NAMES, filters_read
from rupaya.core import clock
from rupaya.core.db import Actor, snapshot_as
from rupaya.core.problem import DATABASE_AWAY
from rupaya.core.web import actor_of, user_id_of

P = ParamSpec("P")
Answer = TypeVar("Answer", bound=HttpResponseBase)
SECONDS_MAX: Final = (
    15 * 60.0
)  # a file; a fetch is bounded by the role's statement_timeout, a pause by the server
_log = structlog.get_logger("ledger.exports")


class FileBroken(ConnectionResetError):
    """Ends a file that can't be finished. The server then closes the connection without the last chunk."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the file was broken off")


@dataclass(frozen=True, slots=True)
class Export:
    """What a file is to hold, for whom."""

    book_id: UUID
    user_id: UUID
    filters: Filters
    ending: str  # of its name, which is its format
    is_marked: bool
    actor: Actor


class ExportResponse(StreamingHttpResponse):
    """The file, which `begun` begins."""

    def __init__(self, export: Export, *, headers: dict[str, str]) -> None:
        self._pieces = _pieces(
            export
        )  # Django closes it, and with it the transaction, when it closes the answer
        super().__init__(self._pieces, headers=headers)

    def begin(self) -> None:
        """Will read the first piece, as long as a refusal can still be told."""
        first = next(self._pieces)
        self.streaming_content = itertools.chain([first], self._pieces)


def export_answer(request: HttpRequest, *, book_id: UUID | None, is_marked: bool) -> HttpResponseBase:
    """Will check what is asked for, and answer with the file; HEAD with its headers alone.

    Six queries and the flag's, and those of the filters. Refuses what the list refuses. Raises FormatUnknown,
    FeatureUnavailable. is_marked: whether CSV begins with the byte order mark.
    """
    user_id = user_id_of(request)
    book = book_for(user_id=user_id, book_id=book_id, right="read")
    export_allow(user=request.user)
    ending = format_read(request.GET.get("format"))
    today = clock.today(zone=ZoneInfo(book.time_zone))
    filters = filters_read(book=book, query=request.GET, today=today)
    saved_as = file_name(
        book_name=book.name, since=filters.since, until=filters.until, today=today, ending=ending
    )
    headers = {
        "Content-Type": CONTENT_TYPES[ending],
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=saved_as)
        or "attachment",
        "Cache-Control": "no-store",
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    export_place(
        user_id=user_id
    )  # so that what is refused is not recorded; the file takes a place of its own
    given = {name for name, value in request.GET.items() if value and name in NAMES}
    export_record(book=book, ending=ending, filters=given)
    export = Export(book.pk, user_id, filters, ending, is_marked, actor_of(request))
    return ExportResponse(export, headers=headers)


def begun(answer: Answer) -> Answer:
    """Will begin the file, where it is one. To be called when the request's own transaction is over.

    Six queries and the first fetch: the transaction and its actor, the place, the book, the cursor, the chart for CSV.
    Raises ExportsRunning, and what `book_for` and `snapshot_as` raise.
    """
    if isinstance(answer, ExportResponse):
        answer.begin()
    return answer


def beginning(
    view: Callable[Concatenate[HttpRequest, P], Answer],
) -> Callable[Concatenate[HttpRequest, P], Answer]:
    """Will wrap a page that answers with a file; outside `page`, which ends the transaction."""

    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        return begun(view(request, *args, **kwargs))

    functools.update_wrapper(inner, view)
    return inner


def _in_time_check(started: float) -> None:
    if time.monotonic() - started > SECONDS_MAX:
        raise FileBroken


def _pieces(export: Export) -> Iterator[bytes]:
    started = time.monotonic()
    rows = size = 0
    try:
        with snapshot_as(export.actor):
            export_place(user_id=export.user_id)
            book = book_for(user_id=export.user_id, book_id=export.book_id, right="read")
            form = export_form(book=book, ending=export.ending, is_marked=export.is_marked)
            for piece, count in export_pieces(book=book, filters=export.filters, form=form):
                _in_time_check(started)
                rows, size = rows + count, size + len(piece)
                yield piece
    except DATABASE_AWAY as error:
        if not size:  # nothing has left yet: it can still be told
            raise
        _log.warning("export.broken", rows=rows, error_type=type(error).__name__)
        raise FileBroken from error
    except FileBroken:
        _log.warning("export.too_slow", rows=rows, bytes=size)
        raise
    except GeneratorExit:
        _log.info("export.left", rows=rows, bytes=size)
        raise
    _log.info("export.finished", rows=rows, bytes=size, duration_ms=int(1000 * (time.monotonic() - started)))
