"""Where a book stands at the end of a day: balances, trial balance, balance sheet, net worth. No database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from ledger.chart.rules import CATEGORY_TYPES, MONEY_TYPES, TYPES
from ledger.reports.figures import Group, Row, Section, Series
from ledger.reports.moves import Board, Node, head_of
from ledger.reports.periods import Span


def standing_of(board: Board, *, day: Span, among: Collection[UUID], depth: int) -> Group:
    """What each account that holds or owes money stands at; what is owed is negative.

    A closed account is left out where nothing is left on it.
    """
    section = board.section(
        _nodes(board, MONEY_TYPES, among),
        [day],
        depth=depth,
        is_shown=lambda node, has_balance: has_balance or not node.is_closed,
    )
    return Group(board.purse.currency, {"accounts": section})


def trial_balance_of(board: Board, *, day: Span) -> Group:
    """Every account with a balance, in the column of its side. In the book's currency both columns sum to the same."""
    nodes = sorted(
        (board.moves.nodes[identity] for identity in board.purse.ids),
        key=lambda node: (TYPES.index(node.type), node.name.casefold(), node.id),
    )
    rows: list[Row] = []
    sides: dict[str, list[UUID]] = {"debit": [], "credit": []}
    for node in nodes:
        (figure,) = board.series([node.id], [day])
        if not figure.money.minor:
            continue
        side, sign = ("debit", 1) if figure.money.minor > 0 else ("credit", -1)
        sides[side].append(node.id)
        columns = {"debit": board.series([], [day]), "credit": board.series([], [day])}
        rows.append(Row(head_of(node, 1), columns | {side: board.series([node.id], [day], sign=sign)}))
    sums = {
        "debit": board.series(sides["debit"], [day]),
        "credit": board.series(sides["credit"], [day], sign=-1),
    }
    return Group(board.purse.currency, {"accounts": Section(rows, sums)})


def balance_sheet_of(board: Board, *, day: Span, year_start: dt.date, depth: int) -> Group:
    """What is owned, owed (positive) and one's own: in the book's currency, assets = liabilities + equity.

    Equity is what was there at the beginning, with what income left over expense: of the financial year, and before it.
    """
    sections = {
        name: board.section(_nodes(board, {account_type}), [day], sign=sign, depth=depth)
        for name, account_type, sign in (
            ("assets", "asset", 1),
            ("liabilities", "liability", -1),
            ("equity", "equity", -1),
        )
    }
    result = [node.id for node in _nodes(board, CATEGORY_TYPES)]
    year = Span(year_start, day.ends_before)
    surpluses = [
        _surplus(
            "surplus_before",
            "Surplus of earlier years",
            board.series(result, [Span(None, year_start)], sign=-1),
        ),
        _surplus("surplus_year", "Surplus of this financial year", board.series(result, [year], sign=-1)),
    ]
    equity = [node.id for node in _nodes(board, {"equity"})]
    rows = [*sections["equity"].rows, *surpluses]
    sections["equity"] = Section(rows, {"total": board.series(equity + result, [day], sign=-1)})
    return Group(board.purse.currency, sections)


def _surplus(kind: str, name: str, series: Series) -> Row:
    """A line of the balance sheet that is no account."""
    head = {
        "account_id": None,
        "parent_id": None,
        "depth": 1,
        "name": name,
        "type": "equity",
        "kind": kind,
        "icon": "",
    }
    return Row(head, {"own": series, "total": series})


def net_worth_of(board: Board, *, columns: Sequence[Span], among: Collection[UUID]) -> Group:
    """What is owned less what is owed (positive) at the end of each column, and what the column changed."""
    assets = [node.id for node in _nodes(board, {"asset"}, among)]
    liabilities = [node.id for node in _nodes(board, {"liability"}, among)]
    ends = [column.at_end for column in columns]
    return Group(
        board.purse.currency,
        figures={
            "assets": board.series(assets, ends),
            "liabilities": board.series(liabilities, ends, sign=-1),
            "net_worth": board.series(assets + liabilities, ends),
            "change": board.series(assets + liabilities, columns),
        },
    )


def _nodes(board: Board, types: Collection[str], among: Collection[UUID] | None = None) -> list[Node]:
    return [
        node
        for node in board.moves.nodes.values()
        if node.type in types and (among is None or node.id in among)
    ]
