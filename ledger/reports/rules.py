"""Where a book stands, from what each account had before and what each month added. No database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final
from uuid import UUID

from rupaya.core.fiscal import months_after
from rupaya.core.money import Money

WINDOW_MONTHS: Final = 12
CASH_FLOW_MONTHS: Final = 6
SPENDING_SHOWN: Final = 6
_OWN: Final = frozenset({"asset", "liability"})


@dataclass(frozen=True, slots=True)
class AccountMoves:
    """An account with what it had before the window and what each month of the window added; debit positive."""

    id: UUID
    type: str
    kind: str
    name: str
    icon: str
    institution: str
    number_last4: str
    currency: str
    is_closed: bool
    before_minor: int
    months: dict[dt.date, int]

    @property
    def balance_minor(self) -> int:
        """What it holds now; what is owed is negative."""
        return self.before_minor + sum(self.months.values())


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
class Balance:
    """An account with its balance; what is owed is negative."""

    id: UUID
    type: str
    kind: str
    name: str
    icon: str
    institution: str
    number_last4: str
    balance: Money


@dataclass(frozen=True, slots=True)
class Overview:
    """Where a household stands on a day. Percents are None where there is nothing to compare with.

    has_any: whether anything is recorded up to the end of the day's month.
    """

    today: dt.date
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


def moves_of(rows: Iterable[dict[str, Any]]) -> list[AccountMoves]:
    """The rows of overview.sql, one object an account."""
    found: dict[UUID, AccountMoves] = {}
    for row in rows:
        account = found.get(row["account_id"]) or AccountMoves(
            row["account_id"], row["type"], row["kind"], row["name"], row["icon"], row["institution"],
            row["number_last4"], row["currency"], row["is_closed"],
            0 if row["month"] else int(row["base_minor"] or 0), {},
        )  # fmt: skip
        found[account.id] = account
        if row["month"]:
            months = account.months
            months[row["month"]] = months.get(row["month"], 0) + int(row["base_minor"])
    return list(found.values())


def balance_of(row: Mapping[str, Any], *, currency: str) -> Balance:
    """A row of balances.sql."""
    return Balance(
        row["account_id"], row["type"], row["kind"], row["name"], row["icon"], row["institution"],
        row["number_last4"], Money(row["base_minor"], currency),
    )  # fmt: skip


def balances_of(accounts: Sequence[AccountMoves], *, currency: str) -> tuple[Balance, ...]:
    """What is owned and owed, account by account; closed ones only where something is left on them."""
    return tuple(
        Balance(
            account.id,
            account.type,
            account.kind,
            account.name,
            account.icon,
            account.institution,
            account.number_last4,
            Money(account.balance_minor, currency),
        )
        for account in accounts
        if account.type in _OWN and (account.balance_minor or not account.is_closed)
    )


def overview_of(accounts: Sequence[AccountMoves], *, today: dt.date, currency: str) -> Overview:
    """Everything on the overview page, in the book's currency."""
    month = today.replace(day=1)
    window = [months_after(month, months=back) for back in range(1 - WINDOW_MONTHS, 1)]
    series = _net_worth_series(accounts, window)
    income = {day: -_moved(accounts, "income", day) for day in window}
    expense = {day: _moved(accounts, "expense", day) for day in window}
    saved = income[month] - expense[month]
    before = series[-2]
    spending = _spending(accounts, month, currency)
    return Overview(
        today=today,
        has_any=any(account.before_minor or account.months for account in accounts),
        net_worth=Money(series[-1], currency),
        net_worth_change=Money(series[-1] - before, currency),
        net_worth_change_percent=_percent(series[-1] - before, before),
        net_worth_series=tuple(Money(minor, currency) for minor in series),
        income=Money(income[month], currency),
        spent=Money(expense[month], currency),
        saved=Money(saved, currency),
        saved_percent=_whole(_percent(saved, income[month])),
        spent_vs_last_month_percent=_whole(
            _percent(expense[month] - expense[window[-2]], expense[window[-2]])
        ),
        last_month_label=f"{window[-2]:%B}",
        cash_flow=tuple(
            _flow(day, income[day], expense[day], currency) for day in window[-CASH_FLOW_MONTHS:]
        ),
        spending=spending,
        spending_total=Money(sum(part.amount.minor for part in spending), currency),
        accounts=balances_of(accounts, currency=currency),
    )


def _moved(accounts: Sequence[AccountMoves], account_type: str, month: dt.date) -> int:
    return sum(account.months.get(month, 0) for account in accounts if account.type == account_type)


def _net_worth_series(accounts: Sequence[AccountMoves], window: Sequence[dt.date]) -> list[int]:
    own = [account for account in accounts if account.type in _OWN]
    total, series = sum(account.before_minor for account in own), []
    for month in window:
        total += sum(account.months.get(month, 0) for account in own)
        series.append(total)
    return series


def _flow(month: dt.date, income: int, expense: int, currency: str) -> MonthFlow:
    return MonthFlow(
        f"{month:%b}",
        month,
        Money(income, currency),
        Money(expense, currency),
        Money(income - expense, currency),
    )


def _spending(accounts: Sequence[AccountMoves], month: dt.date, currency: str) -> tuple[Slice, ...]:
    """The largest categories of the month; the last slice gathers the rest."""
    spent = [(a.name, a.months.get(month, 0), a.id) for a in accounts if a.type == "expense"]
    ranked: list[tuple[str, int, UUID | None]] = sorted(
        ((name, minor, identity) for name, minor, identity in spent if minor > 0),
        key=lambda part: (-part[1], part[0]),
    )
    if len(ranked) > SPENDING_SHOWN:
        rest = sum(minor for _, minor, _ in ranked[SPENDING_SHOWN - 1 :])
        ranked = [*ranked[: SPENDING_SHOWN - 1], ("Other", rest, None)]
    total = sum(minor for _, minor, _ in ranked)
    return tuple(
        Slice(name, Money(minor, currency), _percent(minor, total) or Decimal(0), identity)
        for name, minor, identity in ranked
    )


def _percent(part: int, whole: int) -> Decimal | None:
    """To one decimal, half to even; None of nothing."""
    if whole == 0:
        return None
    return (Decimal(part) * 100 / abs(whole)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def _whole(percent: Decimal | None) -> int | None:
    return None if percent is None else int(percent.quantize(Decimal(1), ROUND_HALF_EVEN))
