"""`/v1/transactions/export`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from ledger.books.access import book_id_read
from ledger.exports.schemas import ASKS, EXPORTS, TransactionsFile
from ledger.exports.streams import begun, export_answer
from rupaya.core.api import ApiView
from rupaya.core.operations import documented


class TransactionExport(ApiView):
    """A book's transactions as a file."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Will begin the file when the request's transaction is over."""
        return begun(super().dispatch(request, *args, **kwargs))

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002
        """Will give the file to a caller who accepts `text/csv` alone too; a refusal stays JSON."""
        return super().perform_content_negotiation(request, force=True)

    @documented(
        "transactions_export",
        "Take transactions along as a file",
        asks=ASKS,
        gives=TransactionsFile,
        refuses=EXPORTS,
        headers=("Content-Disposition",),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Will stream what the list would show, newest first, to be saved: `?format=csv` or `ndjson`.

        The list's filters narrow it; there are no pages.
        """
        return export_answer(request, book_id=book_id_read(request.GET.get("book_id")), is_marked=False)
