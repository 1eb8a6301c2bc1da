"""One transaction over time: `/v1/transactions/{id}`, its history, void, restore, undo, and batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.amendments import schemas, services
from ledger.amendments.rules import State
from ledger.amendments.selectors import KEY_LENGTH, changers, history_page
from ledger.amendments.serializers import (
    BatchChange,
    TransactionChange,
    UndoIn,
    batch_read,
    ids_read,
    items_read,
    version_out,
)
from ledger.books.schemas import BOOK_ASK
from ledger.books.views import book_of
from ledger.idempotency.views import once
from ledger.journal.schemas import TransactionOut
from ledger.journal.selectors import Shown, transaction_of, transactions_of
from ledger.journal.serializers import TransactionIn, entry_of
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read
from rupaya.core.conditional import expected, tagged
from rupaya.core.errors import FieldError, Invalid
from rupaya.core.limits import rows_count
from rupaya.core.operations import IF_MATCH, documented
from rupaya.core.pagination import Page, cursor_read, limit_read, page_body
from rupaya.core.web import user_id_of


class TransactionDetail(ApiView):
    """One transaction. `If-Match` on a change refuses what was changed meanwhile."""

    @documented(
        "transaction_get",
        "Show a transaction",
        asks=(BOOK_ASK,),
        gives=TransactionOut,
        refuses=schemas.READS_TRANSACTION,
    )
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """The transaction, void or not, with its ETag."""
        book = book_of(request, "read")
        return tagged(transaction_of(book=book, transaction_id=transaction_id).body)

    @documented(
        "transaction_update",
        "Change a transaction",
        asks=(BOOK_ASK, IF_MATCH),
        takes=TransactionChange,
        gives=TransactionOut,
        refuses=schemas.CHANGES,
        headers=("ETag",),
    )
    def patch(self, request: Request, transaction_id: UUID) -> Response:
        """Will change the fields that are given; 200 with the next version."""
        book = book_of(request, "write")
        shown = transaction_of(book=book, transaction_id=transaction_id)
        context = {"currency": shown.view.amount.currency, "base": book.base_currency}
        changes = input_read(TransactionChange, data=request.data, context=context)
        services.transaction_change(
            book=book, transaction_id=transaction_id, changes=changes, check=_expected(request)
        )
        return tagged(transaction_of(book=book, transaction_id=transaction_id).body)

    @documented(
        "transaction_delete",
        "Make a transaction void",
        asks=(BOOK_ASK, IF_MATCH),
        gives=TransactionOut,
        refuses=schemas.CHANGES,
        headers=("ETag",),
    )
    def delete(self, request: Request, transaction_id: UUID) -> Response:
        """The same as `…/void`: nothing is forgotten."""
        return _void(request, transaction_id)


class TransactionVoiding(ApiView):
    """Makes a transaction count no more."""

    @once
    @documented(
        "transaction_void",
        "Make a transaction void",
        asks=(BOOK_ASK, IF_MATCH),
        gives=TransactionOut,
        refuses=schemas.CHANGES,
        headers=("ETag",),
    )
    def post(self, request: Request, transaction_id: UUID) -> Response:
        """Will void it; 200 with it."""
        return _void(request, transaction_id)


class TransactionRestore(ApiView):
    """Makes a transaction count again, or go back to an earlier version."""

    @once
    @documented(
        "transaction_restore",
        "Restore a transaction",
        asks=(BOOK_ASK, schemas.VERSION_ASK, IF_MATCH),
        gives=TransactionOut,
        refuses=schemas.RESTORES,
        headers=("ETag",),
    )
    def post(self, request: Request, transaction_id: UUID) -> Response:
        """Will restore it as `?version=` said, or as it was before it was made void; 200 with it."""
        book = book_of(request, "write")
        services.transaction_restore(
            book=book,
            transaction_id=transaction_id,
            version=_version_read(request.GET.get("version")),
            check=_expected(request),
        )
        return tagged(transaction_of(book=book, transaction_id=transaction_id).body)


class TransactionHistory(ApiView):
    """Every version that a transaction had."""

    @documented(
        "transaction_history_list",
        "List the versions of a transaction",
        asks=(BOOK_ASK,),
        gives=schemas.VersionPage,
        refuses=schemas.READS_TRANSACTION,
    )
    def get(self, request: Request, transaction_id: UUID) -> Response:
        """A page of versions, newest first: `?limit=`, `?cursor=`."""
        book = book_of(request, "read")
        page = history_page(
            book=book,
            transaction_id=transaction_id,
            limit=limit_read(request.GET.get("limit")),
            cursor=cursor_read(request.GET.get("cursor"), key_length=KEY_LENGTH),
        )
        names = changers([orjson.loads(row.body) for row in page.rows])
        shown = Page([version_out(row.body, names) for row in page.rows], page.next, page.previous)
        return Response(page_body(shown, url=request.build_absolute_uri(request.path), query=request.GET))


class TransactionUndo(ApiView):
    """Takes a whole change back."""

    @once
    @documented(
        "change_undo",
        "Take a change back",
        asks=(BOOK_ASK,),
        takes=UndoIn,
        gives=schemas.TransactionBatchOut,
        refuses=schemas.UNDOES,
    )
    def post(self, request: Request) -> Response:
        """Will undo the change of `undo_token`; 200 with its transactions and the token that takes this back."""
        book = book_of(request, "write")
        token = input_read(UndoIn, data=request.data)["undo_token"]
        ids, change_id = services.change_undo(book=book, change_id=token)
        rows_count(
            request, person=user_id_of(request), rows=len(ids)
        )  # only now is it known; a refusal undoes it
        return _several(transactions_of(book=book, ids=ids), change_id)


class TransactionBatch(ApiView):
    """Up to 500 transactions at once, all or none."""

    @once
    @documented(
        "transactions_create",
        "Record many transactions",
        asks=(BOOK_ASK,),
        takes=schemas.TransactionBatchIn,
        gives={201: schemas.TransactionBatchOut},
        refuses=schemas.BATCHES,
    )
    def post(self, request: Request) -> Response:
        """Will record `{"transactions": […]}`; 201 with them in their order and the token that takes all back."""
        book = book_of(request, "write")
        items = _batch(request)
        contexts: list[dict[str, Any]] = [{"base": book.base_currency} for _ in items]
        today = clock.today(zone=ZoneInfo(book.time_zone))
        entries = [
            entry_of(values, today=today) for values in items_read(TransactionIn, items, contexts=contexts)
        ]
        recorded = services.transactions_post(book=book, entries=entries)
        shown = transactions_of(book=book, ids=[row.id for row in recorded])
        made = (row.view.undo_token for row, was in zip(shown, recorded, strict=True) if was.is_new)
        return _several(shown, next(made, None), status=201)

    @documented(
        "transactions_update",
        "Change many transactions",
        asks=(BOOK_ASK,),
        takes=schemas.TransactionBatchChangeIn,
        gives=schemas.TransactionBatchOut,
        refuses=schemas.BATCHES,
    )
    def patch(self, request: Request) -> Response:
        """Will change `{"transactions": [{"id": …, …}]}`; 200 as above, without a token where nothing differs."""
        book = book_of(request, "write")
        items = _batch(request)
        ids = ids_read(items)
        currencies = {row.id: row.view.amount.currency for row in transactions_of(book=book, ids=ids)}
        contexts = [
            {"currency": currencies.get(identity, book.base_currency), "base": book.base_currency}
            for identity in ids
        ]
        values = items_read(BatchChange, items, contexts=contexts)
        versions = [fields.pop("version", None) for fields in values]

        def check(index: int, state: State) -> None:
            if versions[index] not in {None, state.version}:
                raise services.VersionStale

        changes = [(fields.pop("id"), fields) for fields in values]
        change_id = services.transactions_change(book=book, changes=changes, check=check)
        return _several(transactions_of(book=book, ids=ids), change_id)


def _batch(request: Request) -> list[Mapping[str, Any]]:
    items = batch_read(request.data)
    rows_count(request, person=user_id_of(request), rows=len(items))
    return items


def _void(request: Request, transaction_id: UUID) -> Response:
    book = book_of(request, "write")
    services.transaction_void(book=book, transaction_id=transaction_id, check=_expected(request))
    return tagged(transaction_of(book=book, transaction_id=transaction_id).body)


def _expected(request: Request) -> Callable[[Shown], None]:
    return expected(request, lambda shown: shown.body)


def _several(shown: Sequence[Shown], undo_token: UUID | None, *, status: int = 200) -> Response:
    results = [orjson.Fragment(row.body) for row in shown]
    return Response({"results": results, "undo_token": undo_token}, status=status)


def _version_read(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) > 0):
        message = "version must be a whole number from 1."
        raise Invalid(message, errors=[FieldError("version", "invalid", message)])
    return int(text)
