"""What moved each account between some days, and the figures and trees that reports make of it. No database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final, Literal
from uuid import UUID

from ledger.reports.figures import Figure, Listing, Row, Section, Series, days_of, listing_of
from ledger.reports.periods import Span
from rupaya.core.money import Money

CurrencyMode = Literal["book", "account"]
DEPTH_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Node:
    """An account in its tree."""

    id: UUID
    parent_id: UUID | None
    type: str
    kind: str
    name: str
    icon: str
    currency: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """For each account what it summed to before each of some days, the cuts; debit is positive.

    places: the cuts with their place in the sums. base: in the book's currency; own: in the account's. An account that
    never moved is in neither. Where a reader did not ask for what was before the first cut, sums count from there.
    """

    nodes: Mapping[UUID, Node]
    places: Mapping[dt.date, int]
    base: Mapping[UUID, Sequence[int]]
    own: Mapping[UUID, Sequence[int]]

    def minor(self, identity: UUID, span: Span, *, in_own: bool) -> int:
        """What a span added to an account; a span's edges are cuts."""
        sums = (self.own if in_own else self.base).get(identity)
        if sums is None:
            return 0
        before = sums[self.places[span.starts_on]] if span.starts_on else 0
        return sums[self.places[span.ends_before]] - before


@dataclass(frozen=True, slots=True)
class Purse:
    """The accounts that one currency of a report counts."""

    currency: str
    ids: frozenset[UUID]
    in_own: bool


def moves_of(rows: Iterable[Mapping[str, Any]], *, cuts: Sequence[dt.date]) -> Moves:
    """The rows of moves.sql. Each adds to the bucket `n`: the number of cuts that are not after its days."""
    nodes: dict[UUID, Node] = {}
    base: dict[UUID, list[int]] = {}
    own: dict[UUID, list[int]] = {}
    for row in rows:
        identity = row["account_id"]
        if identity not in nodes:
            nodes[identity] = Node(
                identity, row["parent_id"], row["type"], row["kind"], row["name"], row["icon"],
                row["currency"], row["is_closed"],
            )  # fmt: skip
        if row["n"] is None:
            continue
        for buckets, minor in ((base, row["base_minor"]), (own, row["amount_minor"])):
            buckets.setdefault(identity, [0] * len(cuts))[row["n"]] += int(minor)
    return Moves(nodes, {cut: place for place, cut in enumerate(cuts)}, _summed(base), _summed(own))


def _summed(buckets: Mapping[UUID, Sequence[int]]) -> dict[UUID, Sequence[int]]:
    return {identity: tuple(accumulate(parts)) for identity, parts in buckets.items()}


def purses_of(moves: Moves, *, mode: CurrencyMode, currency: str) -> list[Purse]:
    """One purse in the book's currency, or one for each currency that an account is kept in, the book's first."""
    if mode == "book":
        return [Purse(currency, frozenset(moves.nodes), in_own=False)]
    found: dict[str, set[UUID]] = {currency: set()}
    for node in moves.nodes.values():
        found.setdefault(node.currency, set()).add(node.id)
    others = sorted(set(found) - {currency})
    return [Purse(code, frozenset(found[code]), in_own=True) for code in (currency, *others)]


def below(nodes: Mapping[UUID, Node], roots: Iterable[UUID]) -> set[UUID]:
    """The accounts and everything under them."""
    children = _children(nodes)
    found: set[UUID] = set()
    left = [root for root in roots if root in nodes]
    while left:
        identity = left.pop()
        if identity not in found:
            found.add(identity)
            left += [child.id for child in children.get(identity, ())]
    return found


def _children(nodes: Mapping[UUID, Node]) -> dict[UUID | None, list[Node]]:
    """By parent and name; what has a parent outside stands at the top."""
    found: dict[UUID | None, list[Node]] = {}
    for node in sorted(nodes.values(), key=lambda node: (node.name.casefold(), node.id)):
        found.setdefault(node.parent_id if node.parent_id in nodes else None, []).append(node)
    return found


@dataclass(frozen=True, slots=True)
class Board:
    """Makes figures of moves, in one currency.

    within: joined to every figure's filter. is_listed: False where the list of transactions can't show what was
    counted, because it was known at another time.
    """

    moves: Moves
    purse: Purse
    is_listed: bool = True
    within: Listing = field(default_factory=dict)

    def series(
        self, ids: Collection[UUID], spans: Sequence[Span], *, sign: int = 1, listing: Listing | None = None
    ) -> Series:
        """The sums over some accounts, one for each span; those of another currency than the purse's don't count.

        listing: the query that lists them; left out, it names each account that moved.
        """
        counted = [identity for identity in ids if identity in self.purse.ids]
        parts = [
            [self.moves.minor(identity, span, in_own=self.purse.in_own) for span in spans]
            for identity in counted
        ]
        if listing is None:
            listing = listing_of([one for one, minors in zip(counted, parts, strict=True) if any(minors)])
        return tuple(
            self._figure(sign * sum(minors[index] for minors in parts), span, listing)
            for index, span in enumerate(spans)
        )

    def _figure(self, minor: int, span: Span, listing: Listing | None) -> Figure:
        is_listed = self.is_listed and listing is not None
        query = {**self.within, **(listing or {}), **days_of(span)} if is_listed else None
        return Figure(Money(minor, self.purse.currency), query)

    def section(
        self,
        nodes: Iterable[Node],
        spans: Sequence[Span],
        *,
        sign: int = 1,
        depth: int = DEPTH_MAX,
        is_shown: Callable[[Node, bool], bool] = lambda _, has_moved: has_moved,
        listing: Listing | None = None,
    ) -> Section:
        """A tree of accounts: each line has its `own` figures, and its `total` with everything below it.

        is_shown tells, given an account and whether it moved, which are lines; whatever has a line below has one.
        Lines deeper than `depth` are left out, and counted in those above. listing: of the section's own total.
        """
        among = {node.id: node for node in nodes}
        lines = _Lines(self, spans, sign, depth, is_shown, _children(among), _children(self.moves.nodes), [])
        for root in lines.children.get(None, []):
            lines.branch(root, 1)
        return Section(lines.rows, {"total": self.series(list(among), spans, sign=sign, listing=listing)})


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a section in the making. children: the section's tree; everything: the book's."""

    board: Board
    spans: Sequence[Span]
    sign: int
    depth: int
    is_shown: Callable[[Node, bool], bool]
    children: Mapping[UUID | None, Sequence[Node]]
    everything: Mapping[UUID | None, Sequence[Node]]
    rows: list[Row]

    def branch(self, node: Node, level: int) -> tuple[set[UUID], bool, bool]:
        """Adds a node's line and those below it: the ids, whether the section has all of them, whether a line came."""
        place = len(self.rows)
        tree, has_line = {node.id}, False
        is_whole = len(self.children.get(node.id, ())) == len(self.everything.get(node.id, ()))
        for child in self.children.get(node.id, ()):
            ids, is_branch_whole, has_branch_line = self.branch(child, level + 1)
            tree |= ids
            is_whole &= is_branch_whole
            has_line |= has_branch_line
        purse = self.board.purse
        is_counted = node.id in purse.ids
        listing = {"posting_account_id": str(node.id)} if is_counted else None
        own = self.board.series([node.id], self.spans, sign=self.sign, listing=listing)
        has_line |= is_counted and self.is_shown(node, any(figure.money.minor for figure in own))
        if has_line and level <= self.depth:
            total = own
            if len(tree) > 1:
                listing = {"category_id": str(node.id)} if is_whole and tree <= purse.ids else None
                total = self.board.series(sorted(tree), self.spans, sign=self.sign, listing=listing)
            self.rows.insert(place, Row(head_of(node, level), {"own": own, "total": total}))
        return tree, is_whole, has_line


def head_of(node: Node, level: int) -> dict[str, Any]:
    """An account as a line names it; `depth` is 1 at the top."""
    return {
        "account_id": node.id,
        "parent_id": node.parent_id,
        "depth": level,
        "name": node.name,
        "type": node.type,
        "kind": node.kind,
        "icon": node.icon,
    }
