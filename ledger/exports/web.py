"""The dashboard's export."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ledger.exports.streams import beginning, export_answer
from rupaya.core.web import page


@beginning
@page
def transaction_export(request: HttpRequest) -> HttpResponseBase:
    """`/transactions/export`: the list with its filters, as a file that Excel opens."""
    return export_answer(request, book_id=None, is_marked=True)
