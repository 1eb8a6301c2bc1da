"""All that the overview shows of a household, from what moved each account. No database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from ledger.chart.rules import CATEGORY_TYPES, MONEY_TYPES
from ledger.reports.moves import Moves
from ledger.reports.periods import Span, span_of
from ledger.reports.rules import Balance
from rupaya.core.money import Money, percent

WINDOW_MONTHS: Final = 12
CASH_FLOW_MONTHS: Final = 6
SPENDING_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class MonthFlow:
    """What came in and went out in a month."""

    label: str
    starts_on: dt.date
    income: Money
    expense: Money
    net: Money


@dataclass(frozen=True, slots=True)
class Slice:
    """What was spent on a category; `account_id` is None for the rest."""

    category: str
    amount: Money
    percent: Decimal
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Where a household stands on a day. Percents are None where there is nothing to compare with.

    month: the household's month that holds the day, whole. has_any: whether anything is recorded; what lies
    beyond its end need not count.
    """

    today: dt.date
    month: Span
    has_any: bool
    net_worth: Money
    net_worth_change: Money
    net_worth_change_percent: Decimal | None
    net_worth_series: tuple[Money, ...]
    income: Money
    spent: Money
    saved: Money
    saved_percent: int | None
    spent_vs_last_month_percent: int | None
    last_month_label: str
    cash_flow: tuple[MonthFlow, ...]
    spending: tuple[Slice, ...]
    spending_total: Money
    accounts: tuple[Balance, ...]

    @property
    def is_calendar_month(self) -> bool:
        """Whether the household's month is one of the calendar, so that its name says which days are meant."""
        return self.month.starts_on == self.month.until.replace(day=1)


def overview_of(moves: Moves, *, months: Sequence[Span], today: dt.date, currency: str) -> Overview:
    """Everything on the overview page, in the book's currency.

    months: the household's, whole; the last holds the day, up to whose end everything counts. All their edges and the
    day's end are cuts.
    """
    nodes = moves.nodes.values()
    columns = [*months[:-1], span_of(months[-1].starts_on, today)]
    own = [node.id for node in nodes if node.type in MONEY_TYPES]
    series = [_sum(moves, own, column.at_end) for column in columns]
    flows = _flows(moves, columns, currency)
    *_, last, now = flows
    spending = _spending(moves, columns[-1], currency)
    return Overview(
        today=today,
        month=months[-1],
        has_any=bool(moves.base),
        net_worth=Money(series[-1], currency),
        net_worth_change=Money(series[-1] - series[-2], currency),
        net_worth_change_percent=percent(series[-1] - series[-2], series[-2], places=1),
        net_worth_series=tuple(Money(minor, currency) for minor in series),
        income=now.income,
        spent=now.expense,
        saved=now.net,
        saved_percent=_whole(now.net.minor, now.income.minor),
        spent_vs_last_month_percent=_whole(now.expense.minor - last.expense.minor, last.expense.minor),
        last_month_label=f"{last.starts_on:%B}" if last.starts_on.day == 1 else "the month before",
        cash_flow=tuple(flows[-CASH_FLOW_MONTHS:]),
        spending=spending,
        spending_total=Money(sum(part.amount.minor for part in spending), currency),
        accounts=_balances(moves, columns[-1].at_end, currency),
    )


def _sum(moves: Moves, ids: Iterable[UUID], span: Span) -> int:
    return sum(moves.minor(identity, span, in_own=False) for identity in ids)


def _flows(moves: Moves, columns: Sequence[Span], currency: str) -> list[MonthFlow]:
    """What came in and went out in each month, named by the calendar month in which it begins."""
    income, expense = (
        [node.id for node in moves.nodes.values() if node.type == account_type]
        for account_type in CATEGORY_TYPES
    )
    flows = []
    for column in columns:
        assert column.starts_on is not None  # noqa: S101  # a month has a beginning
        came, went = -_sum(moves, income, column), _sum(moves, expense, column)
        flows.append(
            MonthFlow(
                f"{column.starts_on:%b}",
                column.starts_on,
                Money(came, currency),
                Money(went, currency),
                Money(came - went, currency),
            )
        )
    return flows


def _balances(moves: Moves, until: Span, currency: str) -> tuple[Balance, ...]:
    """What is owned and owed, account by account; closed ones only where something is left on them."""
    held = [
        (
            node.is_closed,
            Balance(
                node.id,
                node.type,
                node.kind,
                node.name,
                node.icon,
                Money(moves.minor(node.id, until, in_own=True), node.currency),
                Money(moves.minor(node.id, until, in_own=False), currency),
            ),
        )
        for node in moves.nodes.values()
        if node.type in MONEY_TYPES
    ]
    return tuple(one for is_closed, one in held if not is_closed or one.balance.minor or one.base.minor)


def _spending(moves: Moves, month: Span, currency: str) -> tuple[Slice, ...]:
    """The largest categories of the month; the last slice gathers the rest."""
    spent = [
        (node.name, moves.minor(node.id, month, in_own=False), node.id)
        for node in moves.nodes.values()
        if node.type == "expense"
    ]
    ranked: list[tuple[str, int, UUID | None]] = sorted(
        ((name, minor, identity) for name, minor, identity in spent if minor > 0),
        key=lambda part: (-part[1], part[0]),
    )
    if len(ranked) > SPENDING_SHOWN:
        rest = sum(minor for _, minor, _ in ranked[SPENDING_SHOWN - 1 :])
        ranked = [*ranked[: SPENDING_SHOWN - 1], ("Other", rest, None)]
    total = sum(minor for _, minor, _ in ranked)
    return tuple(
        Slice(name, Money(minor, currency), percent(minor, total, places=1) or Decimal(0), identity)
        for name, minor, identity in ranked
    )


def _whole(part: int, whole: int) -> int | None:
    found = percent(part, whole)
    return None if found is None else int(found)
