"""`POST /v1/accounts`, and what an account opened with."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.schemas import BOOK_ASK
from ledger.books.views import book_of
from ledger.chart.rules import MONEY_TYPES
from ledger.chart.selectors import account_of, account_placed
from ledger.chart.serializers import account_out
from ledger.idempotency.views import once
from ledger.journal.selectors import transaction_of
from ledger.openings.schemas import OPENS, AccountOpenedOut
from ledger.openings.serializers import AccountOpeningIn, OpeningIn, opening_of
from ledger.openings.services import account_begin, opening_set
from rupaya.core import clock
from rupaya.core.api import ApiView, input_read
from rupaya.core.operations import documented

if TYPE_CHECKING:  # queries live in selectors
    from ledger.books.models import Book
    from ledger.chart.models import Account


class AccountOpening(ApiView):
    """New accounts. The list of them is a report, and answers at the same address."""

    @once
    @documented(
        "account_create",
        "Open an account",
        asks=(BOOK_ASK,),
        takes=AccountOpeningIn,
        gives={201: AccountOpenedOut},
        refuses=OPENS,
    )
    def post(self, request: Request) -> Response:
        """Will open an account; 201 with it and its opening balance."""
        book = book_of(request, "write")
        values = input_read(AccountOpeningIn, data=request.data)
        opening = values.pop("opening_balance", None)
        account, transaction_id = account_begin(
            book=book,
            currency=values.pop("currency", ""),
            opening=opening and opening_of(opening, today=_today(book), path="opening_balance."),
            **values,
        )
        return _answer(book, account, transaction_id, status=201)


class OpeningBalance(ApiView):
    """What one account opened with."""

    @once
    @documented(
        "account_opening_balance_set",
        "Say what an account opened with",
        asks=(BOOK_ASK,),
        takes=OpeningIn,
        gives=AccountOpenedOut,
        refuses=OPENS,
    )
    def post(self, request: Request, account_id: UUID) -> Response:
        """Will say it anew; 200 with the account and the transaction, null for zero."""
        book = book_of(request, "write")
        account = account_of(book=book, account_id=account_id, types=MONEY_TYPES)
        values = input_read(OpeningIn, data=request.data)
        transaction_id = opening_set(
            book=book, account=account, opening=opening_of(values, today=_today(book))
        )
        return _answer(book, account, transaction_id, status=200)


def _today(book: Book) -> dt.date:
    return clock.today(zone=ZoneInfo(book.time_zone))


def _answer(book: Book, account: Account, transaction_id: UUID | None, *, status: int) -> Response:
    shown = transaction_of(book=book, transaction_id=transaction_id).body if transaction_id else None
    body = account_out(account_placed(book=book, account=account))
    return Response({**body, "opening_balance": shown and orjson.Fragment(shown)}, status=status)
