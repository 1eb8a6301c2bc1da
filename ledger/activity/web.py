"""What happened, in plain words, as pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.filters import Filters
from audit.rules import Run
from audit.selectors import KEY_LENGTH, runs_page
from ledger.activity.forms import ActivityForm
from ledger.activity.selectors import rows_of_transaction
from ledger.books.access import BookNotFound, book_for
from ledger.books.models import Book
from ledger.books.selectors import members_of
from ledger.journal.selectors import transaction_of
from rupaya.core import clock
from rupaya.core.pagination import Page, cursor_read, page_url
from rupaya.core.web import page, user_id_of

_ICONS: Final = {
    "ledger_transaction": "list",
    "ledger_account": "bank",
    "ledger_statement": "importing",
    "ledger_attachment": "receipt",
    "ledger_book": "home",
    "ledger_member": "users",
    "ledger_invitation": "users",
    "ledger_account_visibility": "lock",
}
_COLOURS: Final = {"INSERT": "c1", "UPDATE": "c3", "DELETE": "c5"}


@dataclass(frozen=True, slots=True)
class Line:
    """One run as a line of a page."""

    run: Run
    icon: str
    colour: str

    @property
    def at(self) -> dt.datetime:
        """When it was done, in UTC: templates say the time of the book's zone."""
        return self.run.at


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of them, and where its neighbours are."""

    rows: tuple[Line, ...]
    next_url: str | None
    previous_url: str | None


@page
def book_activity(request: HttpRequest) -> HttpResponse:
    """`/activity`: what happened in the book, newest first. Seven queries at most; htmx asks for the rows alone."""
    reader_id = user_id_of(request)
    book = book_for(user_id=reader_id, book_id=None, right="read")
    people = [(member.user_id, member.user.full_name) for member in members_of(book=book)]
    form = ActivityForm(request.GET, people=people)
    found = Lines((), None, None)
    if form.is_valid():
        zone = ZoneInfo(book.time_zone)
        asked = {"ends_before": _soon()} | form.filters(zone=zone)
        found = _lines(request, reader_id, Filters(book_id=book.pk, **asked))
    context = {"book": book, "part": "book", "form": form, "is_filtered": form.is_valid() and _is_asked(form)}
    return _shown(request, "ledger/activity/book.html", found, context, is_refused=not form.is_valid())


@page
def own_activity(request: HttpRequest) -> HttpResponse:
    """`/activity/you`: one's sign-ins and what happened to one's account. Four queries at most."""
    reader_id = user_id_of(request)
    found = _lines(request, reader_id, Filters(about_id=reader_id, ends_before=_soon()))
    return _shown(request, "ledger/activity/own.html", found, {"book": _first_book(reader_id), "part": "own"})


@page
def transaction_activity(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """`/transactions/<id>/activity`: what was done to one transaction and its papers. Seven queries at most."""
    reader_id = user_id_of(request)
    book = book_for(user_id=reader_id, book_id=None, right="read")
    transaction = transaction_of(book=book, transaction_id=transaction_id).view
    rows = rows_of_transaction(book=book, transaction_id=transaction_id)
    found = _lines(request, reader_id, Filters(book_id=book.pk, rows=rows, ends_before=_soon()))
    context = {"book": book, "transaction": transaction, "nav": "transactions"}
    return _shown(request, "ledger/activity/transaction.html", found, context)


def _lines(request: HttpRequest, reader_id: UUID, filters: Filters) -> Lines:
    cursor = cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH)
    found: Page[Run] = runs_page(reader_id=reader_id, filters=filters, cursor=cursor)
    return Lines(
        rows=tuple(_line(run) for run in found.rows),
        next_url=page_url(found.next, url=request.path, query=request.GET),
        previous_url=page_url(found.previous, url=request.path, query=request.GET),
    )


def _line(run: Run) -> Line:
    return Line(run, _ICONS.get(run.table, "shield"), _COLOURS.get(run.action, "c4"))


def _shown(
    request: HttpRequest, template: str, found: Lines, context: dict[str, Any], *, is_refused: bool = False
) -> HttpResponse:
    book: Book | None = context["book"]
    context = {
        "nav": "activity",
        "page": found,
        "zone": book.time_zone if book else str(clock.INDIA),
    } | context
    part = "#rows" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"{template}{part}", context, status=400 if is_refused else 200)


def _first_book(reader_id: UUID) -> Book | None:
    """The book whose name stands beside one's own; somebody may have none any more."""
    try:
        return book_for(user_id=reader_id, book_id=None, right="read")
    except BookNotFound:
        return None


def _soon() -> dt.datetime:
    """An end of the log, so that the months to come are not looked into."""
    return clock.now() + dt.timedelta(minutes=1)


def _is_asked(form: ActivityForm) -> bool:
    return any(form.cleaned_data.values())
