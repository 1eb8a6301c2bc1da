"""`/v1/audit`: who did what, as far as it is the reader's."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from audit import schemas
from audit.selectors import KEY_LENGTH, entries_page
from audit.serializers import entry_out, filters_read
from rupaya.core import clock
from rupaya.core.api import ApiView
from rupaya.core.operations import documented
from rupaya.core.pagination import Page, cursor_read, limit_read, page_body
from rupaya.core.web import user_id_of


class EntryCollection(ApiView):
    """What a person did, what was done to them, and what was done in their books."""

    @documented(
        "audit_list",
        "List who did what",
        asks=schemas.ASKS,
        gives=schemas.EntryPage,
        refuses=schemas.READS_LOG,
    )
    def get(self, request: Request) -> Response:
        """A page of entries, newest first: `?limit=`, `?cursor=`, and filters."""
        page = entries_page(
            reader_id=user_id_of(request),
            filters=filters_read(request.GET, now=clock.now()),
            limit=limit_read(request.GET.get("limit")),
            cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
        )
        shown = Page([entry_out(told) for told in page.rows], page.next, page.previous)
        return Response(page_body(shown, url=request.build_absolute_uri(request.path), query=request.GET))
