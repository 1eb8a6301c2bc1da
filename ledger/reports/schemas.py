"""What the API's reports look like: the question, and a result for each currency, made of figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from rest_framework import serializers

from ledger.books.schemas import BOOK_ASK, READS_BOOK
from ledger.chart.rules import CATEGORY_TYPES, MONEY_TYPES, TYPES
from ledger.chart.selectors import AccountUnknown
from ledger.journal.schemas import choice_ask, day_ask, ids_ask
from ledger.reports.moves import DEPTH_MAX
from ledger.reports.periods import BYS
from rupaya.core.operations import (
    LIMIT_ASK,
    Ask,
    CurrencyCode,
    MajorField,
    MinorField,
    Output,
    Refusals,
    page_of_shape,
)
from rupaya.core.pagination import PageInvalid
from rupaya.core.parameters import FilterInvalid

REPORTS: Final[Refusals] = (*READS_BOOK, FilterInvalid, PageInvalid, AccountUnknown)
_ASKS: Final = {
    ask.name: ask
    for ask in (
        BOOK_ASK,
        Ask("known_at", "What the book said at that instant.", {"type": "string", "format": "date-time"}),
        day_ask("as_of", "The day at whose end the book stands; today."),
        day_ask("since", "The first day."),
        day_ask("until", "The last day, inclusive; today."),
        choice_ask("by", "How the days are cut.", BYS),
        choice_ask("currency", "As worth in the book's when recorded, or each account's own.", ("book", "account")),
        ids_ask("account_id", "These accounts and everything below them."),
        ids_ask("category_id", "These categories and everything below them."),
        choice_ask("type", "These categories alone.", CATEGORY_TYPES),
        Ask(
            "depth",
            "How deep the tree is shown.",
            {"type": "integer", "minimum": 1, "maximum": DEPTH_MAX, "default": DEPTH_MAX},
        ),
        choice_ask("compare", "Beside each figure that of before.", ("previous",)),
        LIMIT_ASK,
    )
}  # fmt: skip


def report_asks(takes: Sequence[str]) -> tuple[Ask, ...]:
    """The parameters of a report that takes these, and what all take."""
    return tuple(_ASKS[name] for name in ("book_id", "known_at", *takes))


class FilterField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A query of `GET /transactions` that lists what a figure is made of; null where no query does."""

    json_schema: ClassVar = {"type": "object", "additionalProperties": {"type": "string"}}


class AccountBalanceOut(Output):
    """An account that holds or owes money, with today's balance in its own currency and in the book's."""

    example: ClassVar = {
        "id": "019ab1c2-5d70-7d05-8000-0123456789ab",
        "name": "HDFC savings",
        "type": "asset",
        "kind": "bank",
        "institution": "HDFC Bank",
        "number_last4": "7745",
        "balance": 45212.5,
        "balance_minor": 4521250,
        "currency": "INR",
        "base_balance": 45212.5,
        "base_balance_minor": 4521250,
        "base_currency": "INR",
    }
    id = serializers.UUIDField()
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=MONEY_TYPES)
    kind = serializers.CharField()
    institution = serializers.CharField()
    number_last4 = serializers.CharField()
    balance = MajorField(help_text="In the account's currency; what is owed is negative.")
    balance_minor = MinorField()
    currency = CurrencyCode()
    base_balance = MajorField(help_text="In the book's currency, as worth when recorded.")
    base_balance_minor = MinorField()
    base_currency = CurrencyCode()


class PlainFigureOut(Output):
    """An amount, and the query that lists its transactions."""

    amount = MajorField()
    amount_minor = MinorField()
    currency = CurrencyCode()
    filter = FilterField(allow_null=True)


class FigureOut(PlainFigureOut):
    """A figure of the whole range, with those of its periods, or what it is compared with."""

    periods = PlainFigureOut(many=True, required=False)
    previous = PlainFigureOut(required=False)


class LineOut(Output):
    """An account or category in a tree, parents first."""

    account_id = serializers.UUIDField(allow_null=True)
    parent_id = serializers.UUIDField(allow_null=True)
    depth = serializers.IntegerField()
    name = serializers.CharField()
    type = serializers.ChoiceField(choices=TYPES)
    kind = serializers.CharField()
    icon = serializers.CharField()


class TreeLineOut(LineOut):
    """A line with its own figure, and with everything below it."""

    own = FigureOut()
    total = FigureOut()


class TreeOut(Output):
    """Lines, and what they sum to."""

    rows = TreeLineOut(many=True)
    total = FigureOut(required=False)


class SidedLineOut(LineOut):
    """A line of the trial balance."""

    debit = FigureOut()
    credit = FigureOut()


class SidedOut(Output):
    """The lines of the trial balance, and the sum of each side."""

    rows = SidedLineOut(many=True)
    debit = FigureOut()
    credit = FigureOut()


class PartyOut(Output):
    """A payee or a tag."""

    name = serializers.CharField()
    transactions = serializers.IntegerField()
    income = FigureOut()
    expense = FigureOut()


class PayeeOut(PartyOut):
    """A payee; '' for what has none."""

    payee = serializers.CharField()


class TagOut(PartyOut):
    """A tag; '' for what has none."""

    tag = serializers.CharField()


class PayeesOut(Output):
    """The largest payees, and the rest as one."""

    rows = PayeeOut(many=True)
    rest_income = FigureOut()
    rest_expense = FigureOut()
    total_income = FigureOut()
    total_expense = FigureOut()


class TagsOut(Output):
    """The largest tags, and the rest as one."""

    rows = TagOut(many=True)
    rest_income = FigureOut()
    rest_expense = FigureOut()


class DaysOut(Output):
    """A stretch of days, both ends inclusive."""

    since = serializers.DateField()
    until = serializers.DateField()


class PeriodOut(DaysOut):
    """One column."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field, in the place of an attribute


class AskedOut(Output):
    """What was asked."""

    report = serializers.CharField()
    known_at = serializers.DateTimeField(allow_null=True)
    currency = serializers.ChoiceField(choices=("book", "account"))


class StandingOut(AskedOut):
    """What was asked of a day's end."""

    as_of = serializers.DateField()


class FlowOut(AskedOut):
    """What was asked of a range of days."""

    since = serializers.DateField()
    until = serializers.DateField()
    by = serializers.ChoiceField(choices=BYS, required=False)
    periods = PeriodOut(many=True, required=False)
    previous = DaysOut(required=False)


def _report(
    name: str, asked: type[Output], parts: dict[str, type[Output]], *, has_all: bool = True
) -> type[Output]:
    """The shape of a report: the question, and for each currency its parts."""
    shapes: dict[str, Any] = {part: shape(required=has_all) for part, shape in parts.items()}
    words = {"__module__": __name__, "__doc__": "A report's part in one currency."}
    result = type(f"{name}ResultOut", (Output,), {**words, "currency": CurrencyCode(), **shapes})
    words["__doc__"] = "A report, with a result for each currency, the book's first."
    return type(f"{name}Out", (asked,), {**words, "results": result(many=True)})


BalancesOut: Final = _report("Balances", StandingOut, {"accounts": TreeOut})
TrialBalanceOut: Final = _report("TrialBalance", StandingOut, {"accounts": SidedOut})
BalanceSheetOut: Final = _report(
    "BalanceSheet", StandingOut, {"assets": TreeOut, "liabilities": TreeOut, "equity": TreeOut}
)
IncomeStatementOut: Final = _report(
    "IncomeStatement", FlowOut, {"income": TreeOut, "expense": TreeOut, "net": FigureOut}
)
CashFlowOut: Final = _report(
    "CashFlow",
    FlowOut,
    {
        "opening": FigureOut,
        "operating": TreeOut,
        "investing": TreeOut,
        "financing": TreeOut,
        "change": FigureOut,
        "closing": FigureOut,
    },
)
CategoryTrendOut: Final = _report(
    "CategoryTrend", FlowOut, {"income": TreeOut, "expense": TreeOut}, has_all=False
)
NetWorthOut: Final = _report(
    "NetWorth",
    FlowOut,
    {"assets": FigureOut, "liabilities": FigureOut, "net_worth": FigureOut, "change": FigureOut},
)
PayeeReportOut: Final = _report("PayeeReport", FlowOut, {"payees": PayeesOut})
TagReportOut: Final = _report("TagReport", FlowOut, {"tags": TagsOut})
AccountBalancePage: Final = page_of_shape(AccountBalanceOut)
