from __future__ import annotations

import datetime as dt
from uuid import UUID

from ledger.reports.figures import IDS_MAX
from ledger.reports.moves import Board, Moves, Node, Purse, purses_of
from ledger.reports.periods import Span
from ledger.reports.standing import standing_of

CUT = dt.date(2026, 12, 1)
DAY = Span(None, CUT)


def identity(number):
    return UUID(int=number)


def node(number, *, parent=None, currency="INR", is_closed=False):
    return Node(
        identity(number), identity(parent) if parent else None, "asset", "bank", f"Account {number:03}", "bank",
        currency, is_closed,
    )  # fmt: skip


def board_of(*nodes, minors, mode="book"):
    found = {one.id: one for one in nodes}
    sums = {identity(number): (minor,) for number, minor in minors.items()}
    moves = Moves(found, {CUT: 0}, sums, sums)
    return [Board(moves, purse) for purse in purses_of(moves, mode=mode, currency="INR")]


def shown(section):
    return [
        (
            row.head["name"],
            row.head["depth"],
            row.figures["own"][0].money.minor,
            row.figures["total"][0].money.minor,
        )
        for row in section.rows
    ]


class TestSection:
    def test_stands_in_the_trees_order_and_counts_what_is_below(self):
        nodes = [node(1), node(2, parent=1), node(3, parent=2), node(4)]
        (board,) = board_of(*nodes, minors={1: 1, 3: 100, 4: 5})

        section = board.section(nodes, [DAY])

        assert shown(section) == [
            ("Account 001", 1, 1, 101), ("Account 002", 2, 0, 100), ("Account 003", 3, 100, 100),
            ("Account 004", 1, 5, 5),
        ]  # fmt: skip
        assert section.figures["total"][0].money.minor == 106
        assert section.rows[0].figures["total"][0].filter == {
            "category_id": str(identity(1)),
            "until": "2026-11-30",
        }

    def test_leaves_deeper_lines_out_and_counts_them(self):
        nodes = [node(1), node(2, parent=1)]
        (board,) = board_of(*nodes, minors={2: 100})

        assert shown(board.section(nodes, [DAY], depth=1)) == [("Account 001", 1, 0, 100)]

    def test_names_the_accounts_where_the_whole_branch_is_not_meant(self):
        nodes = [node(1), node(2, parent=1), node(3, parent=1)]
        (board,) = board_of(*nodes, minors={1: 1, 2: 2, 3: 4})

        section = board.section(nodes[:2], [DAY])

        assert shown(section)[0] == ("Account 001", 1, 1, 3)
        assert (
            section.rows[0].figures["total"][0].filter["posting_account_id"] == f"{identity(1)},{identity(2)}"
        )

    def test_names_them_where_only_a_branchs_branch_is_not_whole(self):
        nodes = [node(1), node(2, parent=1), node(3, parent=2)]
        (board,) = board_of(*nodes, minors={1: 1, 2: 2, 3: 4})

        top = board.section(nodes[:2], [DAY]).rows[0].figures["total"][0]

        assert "category_id" not in top.filter

    def test_puts_what_has_its_parent_elsewhere_at_the_top(self):
        (board,) = board_of(node(2, parent=1), minors={2: 5})

        assert shown(board.section([node(2, parent=1)], [DAY])) == [("Account 002", 1, 5, 5)]

    def test_adds_no_two_currencies(self):
        nodes = [node(1), node(2, parent=1, currency="USD"), node(3, parent=1)]

        rupees, dollars = board_of(*nodes, minors={1: 1, 2: 10, 3: 100}, mode="account")

        assert shown(rupees.section(nodes, [DAY]))[0] == ("Account 001", 1, 1, 101)
        assert shown(dollars.section(nodes, [DAY])) == [("Account 001", 1, 0, 10), ("Account 002", 2, 10, 10)]
        parent = dollars.section(nodes, [DAY]).rows[0].figures
        assert parent["own"][0].filter is None
        assert parent["total"][0].filter["posting_account_id"] == str(identity(2))


class TestStandingOf:
    def test_shows_a_closed_account_only_with_what_is_left_on_it(self):
        nodes = [node(1, is_closed=True), node(2, is_closed=True), node(3)]
        (board,) = board_of(*nodes, minors={1: 7})

        group = standing_of(board, day=DAY, among=board.moves.nodes.keys(), depth=10)

        assert [name for name, *_ in shown(group.sections["accounts"])] == ["Account 001", "Account 003"]


class TestSeries:
    def test_has_no_filter_for_more_accounts_than_one_takes(self):
        numbers = range(1, IDS_MAX + 2)
        (board,) = board_of(*(node(number) for number in numbers), minors=dict.fromkeys(numbers, 1))

        assert board.series([identity(number) for number in numbers], [DAY])[0].filter is None
        assert board.series([identity(number) for number in numbers[1:]], [DAY])[0].filter is not None

    def test_has_no_filter_for_what_was_known_at_another_time(self):
        (board,) = board_of(node(1), minors={1: 1})
        known = Board(board.moves, Purse("INR", frozenset({identity(1)}), in_own=False), is_listed=False)

        assert known.series([identity(1)], [DAY])[0].filter is None
