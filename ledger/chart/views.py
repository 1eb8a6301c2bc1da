"""`/v1/categories`."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.access import book_for, book_id_read
from ledger.chart.selectors import accounts_categories
from ledger.chart.serializers import category_out
from rupaya.core.api import ApiView, list_body
from rupaya.core.web import user_id_of


class CategoryCollection(ApiView):
    """The reasons why money moves."""

    def get(self, request: Request) -> Response:
        """A page of the book's categories, income first: `?limit=` (50, at most 200), `?cursor=`."""
        book = book_for(
            user_id=user_id_of(request), book_id=book_id_read(request.GET.get("book_id")), right="read"
        )
        results = [category_out(account) for account in accounts_categories(book=book)]
        return Response(list_body(results, request=request))
