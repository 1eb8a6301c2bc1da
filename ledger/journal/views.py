"""`/v1/transactions`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.schemas import BOOK_ASK
from ledger.books.views import book_of
from ledger.idempotency.views import once
from ledger.journal.schemas import FILTER_ASKS, LISTS, POSTS, TransactionOut, TransactionPage
from ledger.journal.search import filters_read
from ledger.journal.selectors import KEY_LENGTH, transaction_of, transaction_page
from ledger.journal.serializers import TransactionIn, entry_of
from ledger.journal.services import entries_post
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read
from rupaya.core.etag import etag_of
from rupaya.core.operations import documented
from rupaya.core.pagination import Page, cursor_read, limit_read, page_body


class TransactionCollection(ApiView):
    """A book's transactions; `?book_id=` names a book, else it is the person's first."""

    @documented(
        "transactions_list", "List transactions", asks=FILTER_ASKS, gives=TransactionPage, refuses=LISTS
    )
    def get(self, request: Request) -> Response:
        """A page, newest first: `?limit=` (50, at most 200), `?cursor=`, and the filters of docs/API.md."""
        book = book_of(request, "read")
        page = transaction_page(
            book=book,
            limit=limit_read(request.GET.get("limit")),
            cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
            filters=filters_read(
                book=book, query=request.GET, today=clock.today(zone=ZoneInfo(book.time_zone))
            ),
        )
        shown = Page([orjson.Fragment(row.body) for row in page.rows], page.next, page.previous)
        return Response(page_body(shown, url=request.build_absolute_uri(request.path), query=request.GET))

    @once
    @documented(
        "transaction_create",
        "Record a transaction",
        asks=(BOOK_ASK,),
        takes=TransactionIn,
        gives={200: TransactionOut, 201: TransactionOut},
        refuses=POSTS,
        headers=("ETag", "Location"),
    )
    def post(self, request: Request) -> Response:
        """Will record a transaction; 201 with it, or 200 with the one that has its `external_id` already."""
        book = book_of(request, "write")
        values = input_read(TransactionIn, data=request.data, context={"base": book.base_currency})
        entry = entry_of(values, today=clock.today(zone=ZoneInfo(book.time_zone)))
        (recorded,) = entries_post(book=book, entries=[entry])
        shown = transaction_of(book=book, transaction_id=recorded.id)
        headers = {"ETag": etag_of(shown.body), "Location": f"{request.path}/{recorded.id}"}
        return Response(shown.body, status=201 if recorded.is_new else 200, headers=headers)
