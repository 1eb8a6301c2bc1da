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


class Finding(Protocol):
    """Finds a person."""

    def __call__(self, *, email: str) -> UUID | None:
        """Whoever has this address, in any case. One query."""


_speakers: Final[dict[str, Speaker]] = {}
_things: Final[dict[str, Thing]] = {}
_people: Final[list[tuple[Naming, Finding]]] = []


def speaker_register(speaker: Speaker, *, things: Iterable[Thing]) -> None:
    """Will have `speaker` say what entries of these tables mean."""
    for thing in things:
        _speakers[thing.table] = speaker
        _things[thing.table] = thing


def people_register(naming: Naming, finding: Finding) -> None:
    """Will have people named and found by whoever knows them."""
    _people[:] = [(naming, finding)]


def speaker_of(table: str) -> Speaker | None:
    """Who speaks of a table, if anybody does."""
    return _speakers.get(table)


def things() -> Mapping[str, Thing]:
    """What tables are called, in the order of registration."""
    return _things


def people_named(ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """The names of people, by id. One query; none where nobody is asked for."""
    wanted = set(ids)
    return _people[0][0](ids=wanted) if wanted and _people else {}


def person_found(email: str) -> UUID | None:
    """The person with this address, or None. One query."""
    return _people[0][1](email=email) if _people else None
