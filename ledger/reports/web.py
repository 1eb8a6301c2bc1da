"""Where a book stands, as pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ledger.books.access import book_for
from ledger.journal.filters import Filters
from ledger.journal.rules import TYPES
from ledger.journal.selectors import transaction_page
from ledger.journal.web import row_of
from ledger.reports.rules import AccountBalance
from ledger.reports.selectors import balances_at, overview_at
from rupaya.core import clock
from rupaya.core.money import Money
from rupaya.core.parameters import choice_read
from rupaya.core.web import page, user_id_of

RECENT_ROWS: Final = 8
ACCOUNTS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Holdings:
    """The accounts of one type, with their sum in the book's currency."""

    label: str
    accounts: tuple[AccountBalance, ...]
    total: Money


@page
def overview(request: HttpRequest) -> HttpResponse:
    """`/`: the household at a glance. Three queries for the page; `?type=` filters the recent transactions."""
    book = book_for(user_id=user_id_of(request), book_id=None, right="read")
    entry_type = choice_read(request.GET, "type", TYPES)
    standing = overview_at(book=book, today=clock.today(zone=ZoneInfo(book.time_zone)))
    recent = transaction_page(book=book, limit=RECENT_ROWS, filters=Filters(type=entry_type))
    busiest = sorted(standing.accounts, key=lambda account: -abs(account.base.minor))
    context = {
        "book": book,
        "nav": "overview",
        "type": entry_type,
        "overview": standing,
        "accounts": [one for one in busiest if one.balance.minor or one.base.minor][:ACCOUNTS_SHOWN],
        "recent": [row_of(shown.view) for shown in recent.rows],
    }
    return render(request, "ledger/reports/overview.html", context)


@page
def account_list(request: HttpRequest) -> HttpResponse:
    """`/accounts`: what is owned and what is owed. Two queries."""
    book = book_for(user_id=user_id_of(request), book_id=None, right="read")
    balances = balances_at(book=book, today=clock.today(zone=ZoneInfo(book.time_zone)))
    own = _holdings("What you own", balances, "asset", book.base_currency)
    owed = _holdings("What you owe", balances, "liability", book.base_currency)
    context = {"book": book, "nav": "accounts", "groups": [own, owed], "net_worth": own.total + owed.total}
    return render(request, "ledger/reports/account_list.html", context)


def _holdings(label: str, balances: tuple[AccountBalance, ...], account_type: str, currency: str) -> Holdings:
    accounts = tuple(account for account in balances if account.type == account_type)
    return Holdings(label, accounts, Money(sum(account.base.minor for account in accounts), currency))
