"""`/v1/sync`: what a phone has not heard of yet."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.sync import schemas
from ledger.sync.rules import ROWS_MAX, ROWS_USUAL
from ledger.sync.selectors import SyncCursorExpired, sync_page
from ledger.sync.serializers import page_out
from rupaya.core.api import ApiView
from rupaya.core.operations import documented
from rupaya.core.pagination import PageInvalid, limit_read
from rupaya.core.web import user_id_of


class Sync(ApiView):
    """All that happened in all books of a person."""

    @documented(
        "sync_read",
        "Read what changed",
        asks=schemas.ASKS,
        gives=schemas.SyncOut,
        refuses=(PageInvalid, SyncCursorExpired),
    )
    def get(self, request: Request) -> Response:
        """A page of changes since `?cursor=`, without one everything as it stands: `?limit=` (200, at most 500)."""
        limit = limit_read(request.GET.get("limit"), usual=ROWS_USUAL, most=ROWS_MAX)
        reader_id = user_id_of(request)
        page = sync_page(user_id=reader_id, cursor=request.GET.get("cursor", ""), limit=limit)
        return Response(page_out(page, reader_id=reader_id))
