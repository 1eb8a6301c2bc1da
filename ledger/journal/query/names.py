"""Which accounts and categories a query's names mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final, NamedTuple
from uuid import UUID

from ledger.chart.rules import CATEGORY_TYPES
from ledger.journal.query.nodes import Named, Node, QueryInvalid, leaves, shown
from rupaya.core.text import composed

_NEAR_MAX: Final = 30  # characters: comparing 2,000 longer names with one would take a third of a second


class ChartEntry(NamedTuple):
    """An account or category of the book's chart."""

    id: UUID
    name: str
    type: str
    parent_id: UUID | None


def names_of(node: Node) -> list[Named]:
    """The accounts and categories that a query names, each once; where there are none the chart is not needed."""
    return list(dict.fromkeys(leaf for leaf in leaves(node) if isinstance(leaf, Named)))


def names_resolve(*, names: Iterable[Named], entries: Iterable[ChartEntry]) -> dict[Named, list[UUID]]:
    """Will find the ids that each name means, with everything below them in the tree.

    A name is an id, a name, or a path with colons whose beginning may be left out (`Food:Groceries`, where the
    whole is `Home:Food:Groceries`), upper and lower case alike. Where several answer, all are meant.
    Raises QueryInvalid, at the term, for a name that nothing answers.
    """
    chart = _Chart(entries)
    return {name: chart.ids_of(name) for name in names}


class _Chart:
    def __init__(self, entries: Iterable[ChartEntry]) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self._folded = {entry.id: _fold(entry.name) for entry in self._entries.values()}
        self._written = {str(entry_id): entry_id for entry_id in self._entries}
        self._below: dict[UUID, list[UUID]] = {}
        for entry in self._entries.values():
            if entry.parent_id is not None:
                self._below.setdefault(entry.parent_id, []).append(entry.id)

    def ids_of(self, name: Named) -> list[UUID]:
        wanted = _fold(name.name)
        given_id = self._written.get(wanted)
        eligible = [
            entry
            for entry in self._entries.values()
            if (entry.type in CATEGORY_TYPES) == (name.key == "category")
        ]
        found = [entry.id for entry in eligible if entry.id == given_id or self._answers(entry, wanted)]
        if not found:
            raise self._unknown(name, eligible)
        return list(self._with_below(found))

    def _answers(self, entry: ChartEntry, wanted: str) -> bool:
        """Whether `wanted` is the entry's name, or ends in it and the entry above answers the rest."""
        above: ChartEntry | None = entry
        while above is not None:
            name = self._folded[above.id]
            if wanted == name:
                return True
            if not wanted.endswith(f":{name}"):
                return False
            wanted = wanted.removesuffix(f":{name}")
            above = self._entries.get(above.parent_id) if above.parent_id else None
        return False

    def _with_below(self, ids: Iterable[UUID]) -> Iterator[UUID]:
        waiting, seen = list(ids), set()
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting += self._below.get(current, [])
                yield current

    def _unknown(self, name: Named, eligible: Iterable[ChartEntry]) -> QueryInvalid:
        wanted = _fold(name.name)
        names = {self._folded[entry.id]: entry.name for entry in eligible if len(entry.name) <= _NEAR_MAX}
        near = get_close_matches(wanted, names, n=1) if len(wanted) <= _NEAR_MAX else []
        hint = f"; did you mean {shown(names[near[0]])}?" if near else "."
        return QueryInvalid(name.position, f"this book has no {name.key} {shown(name.name)}{hint}")


def _fold(name: str) -> str:
    """A name or path without its case, in one spelling, and with single spaces."""
    return ":".join(" ".join(part.split()) for part in composed(name.casefold()).split(":"))
