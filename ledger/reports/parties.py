"""Income and expense by payee and by tag. No database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.chart.rules import CATEGORY_TYPES
from ledger.reports.figures import Figure, Group, Listing, Row, Section, days_of
from ledger.reports.periods import Span
from rupaya.core.money import Money


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parties were asked for. key: `payee` or `tag`; nameless: what those without one are called.

    within: joined to every filter; None where no query lists what was counted.
    """

    key: str
    nameless: str
    span: Span
    rows_max: int
    within: Listing | None


def parties_of(rows: Iterable[Mapping[str, Any]], *, asked: Asked, currency: str) -> list[Group]:
    """The rows of parties.sql: in each currency the largest, and the rest as one. The book's currency comes always.

    Payees sum up to a total; tags don't, since a transaction may have several.
    """
    found: dict[str, list[Mapping[str, Any]]] = {currency: []}
    for row in rows:
        found.setdefault(row["currency"], []).append(row)
    if len(found) > 1:  # a list of transactions can't be asked for one currency
        asked = replace(asked, within=None)
    return [_group(code, parts, asked) for code, parts in found.items()]


def _group(currency: str, rows: list[Mapping[str, Any]], asked: Asked) -> Group:
    shown = [_row(row, asked) for row in rows if row["rank"] <= asked.rows_max]
    rest = next((row for row in rows if row["rank"] > asked.rows_max), None)
    figures = {
        f"rest_{side}": (Figure(Money(int(rest[f"{side}_minor"]) if rest else 0, currency), None),)
        for side in CATEGORY_TYPES
    }
    if asked.key == "payee":
        figures |= {
            f"total_{side}": (
                _figure(sum(int(row[f"{side}_minor"]) for row in rows), currency, asked, {"type": side}),
            )
            for side in CATEGORY_TYPES
        }
    return Group(currency, {f"{asked.key}s": Section(shown, figures)})


def _row(row: Mapping[str, Any], asked: Asked) -> Row:
    name, currency = row["name"], row["currency"]
    head = {asked.key: name, "name": name or asked.nameless, "transactions": int(row["transactions"])}
    return Row(
        head,
        {
            side: (
                _figure(
                    int(row[f"{side}_minor"]),
                    currency,
                    asked,
                    {asked.key: name, "type": side} if name else None,
                ),
            )
            for side in CATEGORY_TYPES
        },
    )


def _figure(minor: int, currency: str, asked: Asked, listing: Listing | None) -> Figure:
    is_listed = listing is not None and asked.within is not None
    query = {**(asked.within or {}), **(listing or {}), **days_of(asked.span)} if is_listed else None
    return Figure(Money(minor, currency), query)
