"""`/v1/statements`."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.schemas import BOOK_ASK, READS_BOOK
from ledger.books.views import book_of
from ledger.chart.services import account_for
from ledger.idempotency.views import once
from ledger.statements import schemas
from ledger.statements.parsers.text import FILE_BYTES_MAX
from ledger.statements.selectors import (
    KEY_LENGTH,
    statement_lines,
    statement_of,
    statement_page,
    statement_preview,
)
from ledger.statements.serializers import ConfirmIn, StatementIn, line_out, preview_out, statement_out
from ledger.statements.services import statement_discard, statement_draft, statement_post
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read
from rupaya.core.limits import rows_count
from rupaya.core.operations import documented
from rupaya.core.pagination import Page, cursor_read, limit_read, page_body
from rupaya.core.parsers import UploadParser
from rupaya.core.web import user_id_of

# Rows of a statement that cost as much as recording one transaction: the largest file, 20,000 rows, costs 400.
ROWS_A_CALL: Final = 50


class StatementCollection(ApiView):
    """A book's statements."""

    def get_parsers(self) -> list[Any]:
        """A file comes as multipart/form-data."""
        return [UploadParser(file_bytes_max=FILE_BYTES_MAX)]

    @documented(
        "statements_list",
        "List imported statements",
        asks=(BOOK_ASK,),
        gives=schemas.StatementPage,
        refuses=READS_BOOK,
    )
    def get(self, request: Request) -> Response:
        """A page, newest first: `?limit=` (50, at most 200), `?cursor=`."""
        page = statement_page(
            book=book_of(request, "read"),
            limit=limit_read(request.GET.get("limit")),
            cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
        )
        shown = Page([statement_out(statement) for statement in page.rows], page.next, page.previous)
        return Response(page_body(shown, url=request.build_absolute_uri(request.path), query=request.GET))

    @documented(
        "statement_create",
        "Draft a statement from a bank's file",
        asks=(BOOK_ASK,),
        takes=StatementIn,
        gives={200: schemas.StatementPreviewOut, 201: schemas.StatementPreviewOut},
        refuses=schemas.DRAFTS,
    )
    def post(self, request: Request) -> Response:
        """Will read a file into a draft: 201, or 200 for one that is in the books."""
        book = book_of(request, "write")
        values = input_read(
            StatementIn, data=request.data.dict() if hasattr(request.data, "dict") else request.data
        )
        account = account_for(
            book=book, account_id=values.get("account_id"), name=values.get("account_name", "")
        )
        file = values["file"]
        statement = statement_draft(
            book=book, account=account, data=file.read(FILE_BYTES_MAX + 1), file_name=file.name
        )
        preview = statement_preview(book=book, statement=statement)
        return Response(preview_out(preview), status=200 if statement.posted_at else 201)


class StatementResource(ApiView):
    """One statement."""

    @documented(
        "statement_get",
        "Show a statement",
        asks=(BOOK_ASK,),
        gives=schemas.StatementPreviewOut,
        refuses=schemas.READS_STATEMENT,
    )
    def get(self, request: Request, statement_id: UUID) -> Response:
        """What posting it would do, or did."""
        book = book_of(request, "read")
        return Response(
            preview_out(
                statement_preview(book=book, statement=statement_of(book=book, statement_id=statement_id))
            )
        )

    @documented(
        "statement_discard", "Forget a draft", asks=(BOOK_ASK,), gives={204: None}, refuses=schemas.DISCARDS
    )
    def delete(self, request: Request, statement_id: UUID) -> Response:
        """Will discard a draft."""
        book = book_of(request, "write")
        statement_discard(book=book, statement=statement_of(book=book, statement_id=statement_id))
        return Response(status=204)


class StatementLineCollection(ApiView):
    """A statement's rows."""

    @documented(
        "statement_lines_list",
        "List the rows of a statement",
        asks=(BOOK_ASK,),
        gives=schemas.StatementLinePage,
        refuses=schemas.READS_STATEMENT,
    )
    def get(self, request: Request, statement_id: UUID) -> Response:
        """A page, oldest first: `?limit=` (50, at most 200), `?cursor=`."""
        statement = statement_of(book=book_of(request, "read"), statement_id=statement_id)
        page = statement_lines(
            statement=statement,
            limit=limit_read(request.GET.get("limit")),
            cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
        )
        shown = Page(
            [line_out(row, currency=statement.currency) for row in page.rows], page.next, page.previous
        )
        return Response(page_body(shown, url=request.build_absolute_uri(request.path), query=request.GET))


class StatementConfirmation(ApiView):
    """The confirmation of a draft."""

    @once
    @documented(
        "statement_confirm",
        "Post a draft",
        asks=(BOOK_ASK,),
        takes=ConfirmIn,
        gives=schemas.StatementPreviewOut,
        refuses=schemas.CONFIRMS,
    )
    def post(self, request: Request, statement_id: UUID) -> Response:
        """Will post the draft's new rows in one go; 200 with what was done."""
        book = book_of(request, "write")
        values = input_read(ConfirmIn, data=request.data)
        statement = statement_of(book=book, statement_id=statement_id)
        done = statement_post(book=book, statement=statement, now=clock.now(), adjust=values["adjust"])
        # After it, because a draft may be refused at first for a difference; over the limit all of it is undone.
        rows_count(request, person=user_id_of(request), rows=done.new_count, rows_a_call=ROWS_A_CALL)
        return Response(preview_out(statement_preview(book=book, statement=statement)))
