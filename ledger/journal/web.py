"""The journal's pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from flags.registry import EXPORT_TRANSACTIONS
from flags.selectors import flag_is_on
from ledger.books.access import book_for
from ledger.books.models import Book
from ledger.chart.selectors import accounts_categories, accounts_money
from ledger.journal.drafts import Entry
from ledger.journal.forms import SplitFormSet, TransactionForm, split_forms
from ledger.journal.query.nodes import QueryInvalid
from ledger.journal.rules import TransactionView
from ledger.journal.search import NAMES, filters_read
from ledger.journal.selectors import KEY_LENGTH, transaction_find, transaction_page
from ledger.journal.services import TransactionRecorded, is_same, transaction_post
from rupaya.core import clock
from rupaya.core.db import whole
from rupaya.core.errors import DomainError
from rupaya.core.money import Money
from rupaya.core.pagination import cursor_read, page_url
from rupaya.core.parameters import FilterInvalid
from rupaya.core.web import page, user_id_of

ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a transaction list; `amount` has the sign that a person expects."""

    id: UUID
    date: dt.date
    description: str
    category: str
    account: str
    icon: str
    colour: int
    amount: Money
    type: str
    is_transfer: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of them, and where its neighbours are."""

    rows: tuple[Row, ...]
    next_url: str | None
    previous_url: str | None


def row_of(view: TransactionView) -> Row:
    """A transaction as a line of a list."""
    return Row(
        id=view.id,
        date=view.date,
        description=view.description,
        category=view.category,
        account=f"{view.account} → {view.to_account}" if view.to_account else view.account,
        icon=view.icon,
        colour=view.colour,
        amount=view.signed,
        type=view.type,
        is_transfer=view.is_transfer,
    )


def rows_of(request: HttpRequest, book: Book) -> Rows:
    """The page of transactions that the request's query asks for. One query."""
    found = transaction_page(
        book=book,
        limit=ROWS,
        cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
        filters=filters_read(book=book, query=request.GET, today=clock.today(zone=ZoneInfo(book.time_zone))),
    )
    return Rows(
        rows=tuple(row_of(shown.view) for shown in found.rows),
        next_url=page_url(found.next, url=request.path, query=request.GET),
        previous_url=page_url(found.previous, url=request.path, query=request.GET),
    )


@page
def transaction_list(request: HttpRequest) -> HttpResponse:
    """`/transactions`: newest first; `?q=` and the API's filters narrow it. htmx asks for the rows alone."""
    book = book_for(user_id=user_id_of(request), book_id=None, right="read")
    refusal = ""
    try:
        found = rows_of(request, book)
    except (FilterInvalid, QueryInvalid) as error:  # told beside what was typed, which stays
        found, refusal = Rows((), None, None), error.message
    context = {
        "book": book,
        "nav": "transactions",
        "page": found,
        "type": request.GET.get("type", ""),
        "q": request.GET.get("q", ""),
        "refusal": refusal,
        "export_url": _export_url(request) if found.rows else "",
    }
    part = "#rows" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    template = f"ledger/journal/transaction_list.html{part}"
    return render(request, template, context, status=400 if refusal else 200)


def _export_url(request: HttpRequest) -> str:
    """Where all that the list shows, on every page of it, is to be had as a file; '' for whom the feature is off."""
    if not flag_is_on(name=EXPORT_TRANSACTIONS, user=request.user):
        return ""
    query = request.GET.copy()
    for name in set(query) - NAMES:  # the page, and what an export refuses
        del query[name]
    return f"{reverse('transaction_export')}{'?' if query else ''}{query.urlencode()}"


@page
def transaction_new(request: HttpRequest) -> HttpResponse:
    """`/transactions/new`: the form, and what it records."""
    book = book_for(user_id=user_id_of(request), book_id=None, right="write")
    categories = accounts_categories(book=book)
    form = TransactionForm(
        request.POST or None,
        money=accounts_money(book=book),
        categories=categories,
        currency=book.base_currency,
        initial={"date": clock.today(zone=ZoneInfo(book.time_zone))},
    )
    splits = split_forms(request.POST or None, categories=categories, currency=book.base_currency)
    if request.method == "POST" and _record(form, splits, book):
        messages.success(request, f"“{form.cleaned_data['description']}” is recorded.")
        return redirect("transaction_list")
    context = {"book": book, "nav": "transactions", "form": form, "splits": splits}
    is_refused = request.method == "POST"
    return render(request, "ledger/journal/transaction_form.html", context, status=400 if is_refused else 200)


def _record(form: TransactionForm, splits: SplitFormSet, book: Book) -> bool:
    if not (form.is_valid() and splits.is_valid()):
        return False
    entry = form.entry(splits)
    if entry is None:
        return False
    try:
        with whole():
            _post_once(book, entry)
    except DomainError as error:  # the book's rule, told beside the form with everything still filled in
        form.add_error(None, error.message)
        return False
    return True


def _post_once(book: Book, entry: Entry) -> None:
    """A second click sends the same again; somebody who went back and changed it means another transaction."""
    try:
        with whole():
            transaction_post(book=book, entry=entry)
    except TransactionRecorded:
        recorded = transaction_find(book=book, transaction_id=entry.id) if entry.id else None
        if recorded is None or not is_same(recorded, entry):
            transaction_post(book=book, entry=replace(entry, id=None))
