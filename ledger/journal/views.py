"""`/v1/transactions`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.access import book_for, book_id_read
from ledger.idempotency.views import once
from ledger.journal.selectors import KEY_LENGTH, transaction_page, transaction_view, type_read
from ledger.journal.serializers import TransactionIn, entry_of, transaction_out
from ledger.journal.services import transaction_post
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read
from rupaya.core.pagination import Page, cursor_read, limit_read, page_body
from rupaya.core.web import user_id_of


class TransactionCollection(ApiView):
    """A book's transactions; `?book_id=` names a book, else it is the person's first."""

    def get(self, request: Request) -> Response:
        """A page, newest first: `?limit=` (50, at most 200), `?cursor=`, `?type=`."""
        book = book_for(
            user_id=user_id_of(request), book_id=book_id_read(request.GET.get("book_id")), right="read"
        )
        page = transaction_page(
            book=book,
            limit=limit_read(request.GET.get("limit")),
            cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
            entry_type=type_read(request.GET.get("type")),
        )
        shown = Page([transaction_out(row, book=book) for row in page.rows], page.next, page.previous)
        return Response(page_body(shown, url=request.build_absolute_uri(request.path), query=request.GET))

    @once
    def post(self, request: Request) -> Response:
        """Will record a transaction; 201 with it."""
        book = book_for(
            user_id=user_id_of(request), book_id=book_id_read(request.GET.get("book_id")), right="write"
        )
        values = input_read(TransactionIn, data=request.data, context={"currency": book.base_currency})
        entry = entry_of(values, today=clock.today(zone=ZoneInfo(book.time_zone)))
        transaction_id = transaction_post(book=book, entry=entry)
        view = transaction_view(book=book, transaction_id=transaction_id)
        return Response(transaction_out(view, book=book), status=201)
