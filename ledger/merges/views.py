"""`…/{id}/merge` of accounts and categories."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.schemas import BOOK_ASK
from ledger.chart.views import ChartView, OfCategory
from ledger.idempotency.views import once
from ledger.merges.schemas import MERGES, AccountMergedOut, CategoryMergedOut
from ledger.merges.serializers import MergeIn
from ledger.merges.services import account_merge
from rupaya.core.api import input_read
from rupaya.core.operations import IF_MATCH, Output, documented


class AccountMerging(ChartView):
    """An account's way into another one."""

    merged: ClassVar[type[Output]] = AccountMergedOut

    @once
    @documented(
        "{thing}_merge",
        "Merge one {thing} into another",
        asks=(BOOK_ASK, IF_MATCH),
        takes=MergeIn,
        gives="merged",
        refuses=MERGES,
    )
    def post(self, request: Request, /, **_: UUID) -> Response:
        """Will merge it into `into_id`; 200 with that one and how many transactions followed."""
        book, account = self.found(request, "write")
        into_id = input_read(MergeIn, data=request.data)["into_id"]
        check = self.expected(request, book)
        merged = account_merge(book=book, account=account, into_id=into_id, check=check)
        return Response({**self.shown(book, merged.target), "merged_transactions": merged.count})


class CategoryMerging(OfCategory, AccountMerging):
    """A category's way into another one."""

    merged = CategoryMergedOut
