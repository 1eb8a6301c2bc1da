"""Importing a statement, as pages: choose the file, look, confirm."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ledger.books.access import book_for
from ledger.books.models import Book
from ledger.chart.selectors import accounts_money
from ledger.chart.services import account_for
from ledger.statements.forms import StatementForm
from ledger.statements.models import Statement
from ledger.statements.parsers.text import FILE_BYTES_MAX
from ledger.statements.selectors import (
    KEY_LENGTH,
    Preview,
    statement_lines,
    statement_of,
    statement_page,
    statement_preview,
)
from ledger.statements.services import (
    StatementRefused,
    statement_discard,
    statement_draft,
    statement_post,
)
from rupaya.core import clock
from rupaya.core.db import whole
from rupaya.core.errors import DomainError
from rupaya.core.money import Money
from rupaya.core.pagination import cursor_read, page_url
from rupaya.core.web import page, user_id_of

ROWS: Final = 100
STATEMENTS: Final = 25


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement on its own page; money as Money."""

    id: UUID
    bank: str
    account_name: str
    file_name: str
    first_on: dt.date
    last_on: dt.date
    status: str
    opening: Money
    closing: Money
    money_in: Money
    money_out: Money
    new_count: int
    known_count: int
    book_balance_after: Money
    difference: Money


@page
def statement_list(request: HttpRequest) -> HttpResponse:
    """`/statements`: the upload, and the earlier imports. A refused file leaves nothing behind."""
    book = book_for(
        user_id=user_id_of(request), book_id=None, right="write" if request.method == "POST" else "read"
    )
    is_sent = request.method == "POST"  # without a field too: a file that is far too large never arrives
    form = StatementForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        accounts=accounts_money(book=book),
    )
    context: dict[str, Any] = {"book": book, "nav": "import", "form": form}
    if is_sent and form.is_valid():
        try:
            with whole():
                statement = _draft(form, book)
        except DomainError as error:
            context |= _refusal(error)
        else:
            return redirect("statement_detail", statement_id=statement.pk)
    return _list(request, book, context)


def _draft(form: StatementForm, book: Book) -> Statement:
    file = form.cleaned_data["file"]
    account = account_for(book=book, account_id=form.account_id, name=form.cleaned_data["new_account"])
    return statement_draft(
        book=book, account=account, data=file.read(FILE_BYTES_MAX + 1), file_name=file.name
    )


def _refusal(error: DomainError) -> dict[str, Any]:
    if isinstance(error, StatementRefused):
        return {
            "errors": error.line_errors,
            "refusal": "Nothing of it was kept. Mend these rows, or download the file again.",
        }
    return {"refusal": error.message}


def _list(request: HttpRequest, book: Book, context: dict[str, Any]) -> HttpResponse:
    is_refused = context.get("refusal") or context["form"].errors
    cursor = cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH)
    found = statement_page(book=book, limit=STATEMENTS, cursor=cursor)
    context["statements"] = [
        {
            "id": statement.pk,
            "bank": statement.bank,
            "account_name": statement.account.name,
            "file_name": statement.file_name,
            "first_on": statement.first_on,
            "last_on": statement.last_on,
            "lines_count": statement.lines_count,
            "status": "posted" if statement.posted_at else "draft",
        }
        for statement in found.rows
    ]
    context["page"] = {
        "next_url": page_url(found.next, url=request.path, query=request.GET),
        "previous_url": page_url(found.previous, url=request.path, query=request.GET),
    }
    return render(
        request, "ledger/statements/statement_list.html", context, status=422 if is_refused else 200
    )


@page
def statement_detail(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """`/statements/<id>`: what the file says, what is known, what confirming would do."""
    book = book_for(user_id=user_id_of(request), book_id=None, right="read")
    statement = statement_of(book=book, statement_id=statement_id)
    lines = statement_lines(
        statement=statement, limit=ROWS, cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH)
    )
    context = {
        "book": book,
        "nav": "import",
        "statement": _shown(statement_preview(book=book, statement=statement)),
        "lines": [_line(row, statement.currency) for row in lines.rows],
        "page": {
            "next_url": page_url(lines.next, url=request.path, query=request.GET),
            "previous_url": page_url(lines.previous, url=request.path, query=request.GET),
        },
    }
    part = "#lines" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return render(request, f"ledger/statements/statement_detail.html{part}", context)


@page
def statement_confirm(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """`POST /statements/<id>/confirm`: posts it in one go, or says why not."""
    if request.method != "POST":  # where signing in again leads whose session ended on the preview
        return redirect("statement_detail", statement_id=statement_id)
    book = book_for(user_id=user_id_of(request), book_id=None, right="write")
    statement = statement_of(book=book, statement_id=statement_id)
    try:
        done = statement_post(
            book=book, statement=statement, now=clock.now(), adjust="adjust" in request.POST
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{done.new_count} imported, {done.known_count} known already.")
    return redirect("statement_detail", statement_id=statement.pk)


@page
def statement_remove(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """`POST /statements/<id>/discard`: forgets a draft."""
    if request.method != "POST":
        return redirect("statement_detail", statement_id=statement_id)
    book = book_for(user_id=user_id_of(request), book_id=None, right="write")
    statement_discard(book=book, statement=statement_of(book=book, statement_id=statement_id))
    messages.success(request, "The draft is gone; nothing was imported.")
    return redirect("statement_list")


def _shown(preview: Preview) -> Shown:
    statement = preview.statement
    money = {
        "opening": statement.opening_minor,
        "closing": statement.closing_minor,
        "money_in": preview.in_minor,
        "money_out": preview.out_minor,
        "book_balance_after": preview.plan.balance_after_minor,
        "difference": preview.plan.difference_minor,
    }
    return Shown(
        id=statement.pk,
        bank=statement.bank,
        account_name=statement.account.name,
        file_name=statement.file_name,
        first_on=statement.first_on,
        last_on=statement.last_on,
        status="posted" if statement.posted_at else "draft",
        new_count=preview.new_count,
        known_count=preview.known_count,
        **{name: Money(minor, statement.currency) for name, minor in money.items()},
    )


def _line(row: dict[str, Any], currency: str) -> dict[str, Any]:
    return {
        **row,
        "amount": Money(row["amount_minor"], currency),
        "balance": Money(row["balance_minor"], currency),
    }
