"""`/v1/accounts`: a report, since a balance is one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.access import book_for, book_id_read
from ledger.openings.views import AccountOpening
from ledger.reports.selectors import balances_at
from ledger.reports.serializers import account_out
from rupaya.core import clock
from rupaya.core.api import list_body
from rupaya.core.web import user_id_of


class AccountCollection(AccountOpening):
    """The accounts that hold or owe money, with today's balances."""

    def get(self, request: Request) -> Response:
        """A page of such accounts: `?limit=` (50, at most 200), `?cursor=`."""
        book = book_for(
            user_id=user_id_of(request), book_id=book_id_read(request.GET.get("book_id")), right="read"
        )
        today = clock.today(zone=ZoneInfo(book.time_zone))
        results = [account_out(account) for account in balances_at(book=book, today=today)]
        return Response(list_body(results, request=request))
