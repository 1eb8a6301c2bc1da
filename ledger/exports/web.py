"""The dashboard's export."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ledger.exports.streams import beginning, export_answer
from ledger.journal.search import NAMES
from rupaya.core.parameters import parameters_check
from rupaya.core.web import page


@beginning
@page
def transaction_export(request: HttpRequest) -> HttpResponseBase:
    """`/transactions/export`: the list with its filters, as a file that Excel opens."""
    # A form sends all its fields, also those that nobody filled in.
    parameters_check(request.GET, takes=dict.fromkeys(NAMES | {"format"}, True))
    return export_answer(request, book_id=None, is_marked=True)
