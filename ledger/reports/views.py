"""`/v1/reports/…`, and `/v1/accounts`: a report too, since a balance is one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from rest_framework.request import Request
from rest_framework.response import Response

from ledger.books.schemas import BOOK_ASK, READS_BOOK
from ledger.books.views import book_of
from ledger.openings.views import AccountOpening
from ledger.reports import schemas
from ledger.reports.figures import Report
from ledger.reports.question import question_read
from ledger.reports.selectors import (
    balances_at,
    calendar_of,
    report_balance_sheet,
    report_balances,
    report_cash_flow,
    report_category_trend,
    report_income_statement,
    report_net_worth,
    report_payees,
    report_tags,
    report_trial_balance,
)
from ledger.reports.serializers import account_out, report_out
from rupaya.core import clock
from rupaya.core.api import ApiView, list_body
from rupaya.core.operations import Ask, Output, documented
from rupaya.core.replica import read_as
from rupaya.core.web import actor_of

_RANGE: Final = ("since", "until")
_PARTIES: Final = (*_RANGE, "currency", "account_id", "category_id", "limit")


class AccountCollection(AccountOpening):
    """The accounts that hold or owe money, with today's balances."""

    @documented(
        "accounts_list",
        "List accounts with their balances",
        asks=(BOOK_ASK,),
        gives=schemas.AccountBalancePage,
        refuses=READS_BOOK,
    )
    def get(self, request: Request) -> Response:
        """A page of such accounts: `?limit=` (50, at most 200), `?cursor=`."""
        book = book_of(request, "read")
        today = clock.today(zone=ZoneInfo(book.time_zone))
        results = [account_out(account) for account in balances_at(book=book, today=today)]
        return Response(list_body(results, request=request))


class ReportView(ApiView):
    """One report: which parameters it takes, and its selector. Two queries: the book, and the report.

    They are asked of the replica where there is one that has all that was written before the request.
    """

    takes: ClassVar[tuple[str, ...]]
    default_by: ClassVar[str] = ""
    read: ClassVar[Callable[..., Report]]
    thing: ClassVar[str]
    shape: ClassVar[type[Output]]
    asks: ClassVar[tuple[Ask, ...]]

    def __init_subclass__(cls) -> None:
        cls.asks = schemas.report_asks(cls.takes)

    def acting(self, request: Request) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing yet: `read_as` opens the transaction where the report is read."""
        return nullcontext()

    @documented("report_{thing}", "Report: {thing}", asks="asks", gives="shape", refuses=schemas.REPORTS)
    def get(self, request: Request) -> Response:
        """The report; `?book_id=`, `?known_at=`, and what it takes. A parameter that it does not know is refused."""
        return Response(read_as(actor_of(request), lambda using: self._report(request, using)))

    def _report(self, request: Request, using: str) -> dict[str, Any]:
        book = book_of(request, "read", using=using)
        question = question_read(
            request.GET,
            takes=self.takes,
            calendar=calendar_of(book=book),
            today=clock.today(zone=ZoneInfo(book.time_zone)),
            default_by=self.default_by,
        )
        return report_out(type(self).read(book=book, question=question))


class Balances(ReportView):
    """What each account stands at."""

    takes = ("as_of", "currency", "account_id", "depth")
    thing = "balances"
    shape = schemas.BalancesOut
    read = staticmethod(report_balances)


class TrialBalance(ReportView):
    """Debits beside credits."""

    takes = ("as_of", "currency")
    thing = "trial_balance"
    shape = schemas.TrialBalanceOut
    read = staticmethod(report_trial_balance)


class BalanceSheet(ReportView):
    """What is owned, what is owed, and what is one's own."""

    takes = ("as_of", "currency", "depth")
    thing = "balance_sheet"
    shape = schemas.BalanceSheetOut
    read = staticmethod(report_balance_sheet)


class IncomeStatement(ReportView):
    """What came in, what went out, what was left over."""

    takes = (*_RANGE, "by", "currency", "category_id", "depth", "compare")
    thing = "income_statement"
    shape = schemas.IncomeStatementOut
    read = staticmethod(report_income_statement)


class CashFlow(ReportView):
    """Where cash came from and went to."""

    takes = (*_RANGE, "by", "account_id", "depth")
    thing = "cash_flow"
    shape = schemas.CashFlowOut
    read = staticmethod(report_cash_flow)


class CategoryTrend(ReportView):
    """How categories went from period to period."""

    takes = (*_RANGE, "by", "currency", "category_id", "type", "depth")
    default_by = "month"
    thing = "category_trend"
    shape = schemas.CategoryTrendOut
    read = staticmethod(report_category_trend)


class NetWorth(ReportView):
    """What is owned less what is owed, from period to period."""

    takes = (*_RANGE, "by", "currency", "account_id")
    default_by = "month"
    thing = "net_worth"
    shape = schemas.NetWorthOut
    read = staticmethod(report_net_worth)


class Payees(ReportView):
    """Income and expense by payee."""

    takes = _PARTIES
    thing = "payees"
    shape = schemas.PayeeReportOut
    read = staticmethod(report_payees)


class Tags(ReportView):
    """Income and expense by tag."""

    takes = _PARTIES
    thing = "tags"
    shape = schemas.TagReportOut
    read = staticmethod(report_tags)
