"""Who puts entries into words. Other apps register in their AppConfig.ready(): they know what their tables mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from audit.rules import Entry, Said, Thing


class Speaker(Protocol):
    """Says what entries of some tables mean, by their ids, in a number of queries that does not grow with them."""

    def __call__(self, entries: Sequence[Entry]) -> Mapping[UUID, Said]:
        """Will look up what the entries refer to, as their reader may see it."""


class Naming(Protocol):
    """Finds the names of people."""

    def __call__(self, *, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """The names that are known. One query."""


_speakers: Final[dict[str, Speaker]] = {}
_things: Final[dict[str, Thing]] = {}
_namings: Final[list[Naming]] = []


def speaker_register(speaker: Speaker, *, things: Iterable[Thing]) -> None:
    """Will have `speaker` say what entries of these tables mean."""
    for thing in things:
        _speakers[thing.table] = speaker
        _things[thing.table] = thing


def naming_register(naming: Naming) -> None:
    """Will have `naming` find people's names."""
    _namings[:] = [naming]


def speaker_of(table: str) -> Speaker | None:
    """Who speaks of a table, if anybody does."""
    return _speakers.get(table)


def things() -> Mapping[str, Thing]:
    """What tables are called, in the order of registration."""
    return _things


def people_named(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The names of people, by id. One query; none where nobody is asked for."""
    wanted = set(ids)
    return _namings[0](ids=wanted) if wanted and _namings else {}
