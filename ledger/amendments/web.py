"""The page of one transaction: what it says, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ledger.amendments import services
from ledger.amendments.forms import ChangeForm
from ledger.amendments.serializers import TransactionChange
from ledger.books.access import BookReadOnly, Right, book_for
from ledger.books.models import Book
from ledger.chart.selectors import accounts_categories, accounts_money
from ledger.journal.rules import TransactionView
from ledger.journal.selectors import Shown, transaction_of
from rupaya.core.api import input_read
from rupaya.core.db import whole
from rupaya.core.errors import DomainError
from rupaya.core.web import page, user_id_of

_FIELDS: Final = {"account_id": "account", "category_id": "category", "to_account_id": "to_account"}
_TEMPLATE: Final = "ledger/amendments/transaction.html"


@page
def transaction_detail(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """`/transactions/<id>`: everything it says; who may write changes it. Five queries of its own to look."""
    right: Right = "write" if request.method == "POST" else "read"
    book = book_for(user_id=user_id_of(request), book_id=None, right=right)
    view = transaction_of(book=book, transaction_id=transaction_id).view
    may_write = right == "write" or _may_write(request)
    form = ChangeForm(
        request.POST or None,
        view=view,
        money=accounts_money(book=book),
        categories=accounts_categories(book=book),
        base_currency=book.base_currency,
        is_open=may_write and view.status != "void",
    )
    if request.method == "POST" and _change(form, book, view):
        messages.success(request, f"“{form.cleaned_data['description']}” is saved.")
        return redirect("transaction_detail", transaction_id)
    context = {"book": book, "nav": "transactions", "transaction": view, "form": form, "may_write": may_write}
    return render(request, _TEMPLATE, context, status=400 if request.method == "POST" else 200)


@page
def transaction_void(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """`POST /transactions/<id>/void`: it counts no more."""
    if request.method != "POST":  # where signing in again leads whose session ended on the page
        return redirect("transaction_detail", transaction_id)
    book = book_for(user_id=user_id_of(request), book_id=None, right="write")
    return _done(
        request,
        transaction_id,
        lambda: services.transaction_void(book=book, transaction_id=transaction_id, check=_seen(request)),
        "This transaction counts no more. It can be restored.",
    )


@page
def transaction_restore(request: HttpRequest, transaction_id: UUID) -> HttpResponse:
    """`POST /transactions/<id>/restore`: it counts again as it did before it was made void."""
    if request.method != "POST":
        return redirect("transaction_detail", transaction_id)
    book = book_for(user_id=user_id_of(request), book_id=None, right="write")
    return _done(
        request,
        transaction_id,
        lambda: services.transaction_restore(
            book=book, transaction_id=transaction_id, version=None, check=_seen(request)
        ),
        "This transaction counts again.",
    )


def _may_write(request: HttpRequest) -> bool:
    try:
        book_for(user_id=user_id_of(request), book_id=None, right="write")
    except BookReadOnly:
        return False
    return True


def _change(form: ChangeForm, book: Book, view: TransactionView) -> bool:
    """Whether the change was made; what is wrong is told in the form, with everything still filled in."""
    if not form.is_valid():
        return False
    context = {"currency": view.amount.currency, "base": book.base_currency}
    try:
        changes = input_read(TransactionChange, data=form.said(), context=context)
        with whole():
            services.transaction_change(
                book=book,
                transaction_id=view.id,
                changes=changes,
                check=_is_version(form.cleaned_data["version"]),
            )
    except DomainError as error:
        for inner in error.errors:
            name = _FIELDS.get(inner.field, inner.field)
            form.add_error(name if name in form.fields and name != "version" else None, inner.message)
        if not error.errors:
            form.add_error(None, error.message)
        return False
    return True


def _done(request: HttpRequest, transaction_id: UUID, act: Callable[[], None], sentence: str) -> HttpResponse:
    """Will act and go back to the transaction's page; a refusal is told there."""
    try:
        with whole():
            act()
        messages.success(request, sentence)
    except DomainError as error:
        if error.status == 404:
            raise
        messages.error(request, error.message)
    return redirect("transaction_detail", transaction_id)


def _seen(request: HttpRequest) -> Callable[[Shown], None]:
    text = request.POST.get("version", "")
    return _is_version(int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0)


def _is_version(version: int) -> Callable[[Shown], None]:
    """Refuses where the transaction is not the version that the person looked at."""

    def check(shown: Shown) -> None:
        if shown.view.version != version:
            raise services.VersionStale

    return check
