"""How balances and reports look outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.reports.figures import Figure, Group, Report, Series
from ledger.reports.periods import Span
from ledger.reports.rules import AccountBalance


def account_out(account: AccountBalance) -> dict[str, Any]:
    """An account that holds or owes money, with its balance in its own currency and in the book's."""
    return {
        "id": account.id,
        "name": account.name,
        "type": account.type,
        "kind": account.kind,
        "institution": account.institution,
        "number_last4": account.number_last4,
        "balance": account.balance.major,
        "balance_minor": account.balance.minor,
        "currency": account.balance.currency,
        "base_balance": account.base.major,
        "base_balance_minor": account.base.minor,
        "base_currency": account.base.currency,
    }


def report_out(report: Report) -> dict[str, Any]:
    """A report: what was asked, its periods, and a result for each currency."""
    periods = [_days(span) | {"label": span.label} for span in report.periods]
    return {
        "report": report.name,
        **report.asked,
        **({"periods": periods} if periods else {}),
        **({"previous": _days(report.previous)} if report.previous else {}),
        "results": [_group(group, report) for group in report.groups],
    }


def _group(group: Group, report: Report) -> dict[str, Any]:
    sections = {
        name: {
            "rows": [{**row.head, **_figures(row.figures, report)} for row in section.rows],
            **_figures(section.figures, report),
        }
        for name, section in group.sections.items()
    }
    return {"currency": group.currency, **sections, **_figures(group.figures, report)}


def _figures(figures: Mapping[str, Series], report: Report) -> dict[str, Any]:
    return {name: _series(series, report) for name, series in figures.items()}


def _series(series: Series, report: Report) -> dict[str, Any]:
    """The figure of the whole range, with those of its periods or of what it is compared with."""
    whole, *others = (_figure(figure) for figure in series)
    if report.previous:
        return {**whole, "previous": others[0]}
    return {**whole, "periods": others} if report.periods else whole


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "amount": figure.money.major,
        "amount_minor": figure.money.minor,
        "currency": figure.money.currency,
        "filter": figure.filter,
    }


def _days(span: Span) -> dict[str, Any]:
    return {"since": span.starts_on, "until": span.until}
