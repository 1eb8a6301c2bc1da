"""What came and went in a range of days: income statement, category trend, cash flow. No database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final
from uuid import UUID

from ledger.chart.rules import CATEGORY_TYPES
from ledger.reports.figures import Group, Listing, Section, Series
from ledger.reports.moves import Board, Node
from ledger.reports.periods import Span

CASH_KINDS: Final = frozenset({"bank", "cash", "wallet"})
# What the other side of a movement of cash says about it, by the type of its account (after IAS 7).
_ACTIVITIES: Final = {
    "operating": CATEGORY_TYPES,
    "investing": ("asset",),
    "financing": ("liability", "equity"),
}
_SIGNS: Final = {"income": -1, "expense": 1}


def income_statement_of(
    board: Board, *, columns: Sequence[Span], among: Collection[UUID], depth: int
) -> Group:
    """Income and expense by category, both positive, and what is left over: `net`."""
    sections = _sections(board, CATEGORY_TYPES, columns, among, depth=depth)
    result = [node.id for node in board.moves.nodes.values() if node.type in _SIGNS and node.id in among]
    return Group(board.purse.currency, sections, {"net": board.series(result, columns, sign=-1)})


def category_trend_of(
    board: Board, *, columns: Sequence[Span], among: Collection[UUID], types: Sequence[str], depth: int
) -> Group:
    """How the categories of each type (income, expense) went from period to period, both positive."""
    return Group(board.purse.currency, _sections(board, types, columns, among, depth=depth))


def _sections(
    board: Board, types: Sequence[str], columns: Sequence[Span], among: Collection[UUID], *, depth: int
) -> dict[str, Section]:
    return {
        category_type: _categories(board, category_type, columns, among, depth=depth)
        for category_type in types
    }


def _categories(
    board: Board, category_type: str, columns: Sequence[Span], among: Collection[UUID], *, depth: int
) -> Section:
    everything = [node for node in board.moves.nodes.values() if node.type == category_type]
    nodes = [node for node in everything if node.id in among]
    is_whole = len(nodes) == len(everything) and all(node.id in board.purse.ids for node in nodes)
    listing: Listing | None = {"type": category_type} if is_whole else None
    return board.section(nodes, columns, sign=_SIGNS[category_type], depth=depth, listing=listing)


def cash_flow_of(
    board: Board, flows: Board, *, columns: Sequence[Span], cash: Collection[UUID], depth: int
) -> Group:
    """What cash there was, where it came from and went to, and what there is: opening + activities = closing.

    board makes figures of the cash accounts; flows of the other sides, and joins the cash accounts to each filter.
    """
    before = [Span(None, column.starts_on or column.ends_before, column.label) for column in columns]
    ends = [column.at_end for column in columns]
    figures: dict[str, Series] = {
        "opening": board.series(cash, before),
        "change": board.series(cash, columns),
        "closing": board.series(cash, ends),
    }
    sections = {
        activity: flows.section(_other_sides(flows, _is_of(types), cash), columns, sign=-1, depth=depth)
        for activity, types in _ACTIVITIES.items()
    }
    return Group(board.purse.currency, sections, figures)


def _is_of(types: Collection[str]) -> Callable[[Node], bool]:
    return lambda node: node.type in types


def _other_sides(board: Board, belongs: Callable[[Node], bool], cash: Collection[UUID]) -> list[Node]:
    return [node for node in board.moves.nodes.values() if belongs(node) and node.id not in cash]
