"""Reading entries, leaves and seals in order, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connections

from audit.seals.entries import PUBLIC, Entry
from audit.seals.models import Seal

SEALER: Final = "sealer"
CHUNK_ROWS: Final = 2000
_SEALS: Final = 500
NOBODY_SQL: Final = "'00000000-0000-0000-0000-000000000000'"
INSTANT: Final = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
# An entry as texts, in the order that `entry_of` takes them; and its subject's and its actor's keys.
COLUMNS: Final = f"""
entry.id::text, entry.action, entry.resource_type, entry.resource_id, entry.book_id::text,
to_jsonb(entry) ->> 'about_id', entry.user_id::text, entry.actor_kind, entry.request_id,
{INSTANT.format("entry.created_at")}, entry.written_in::text,
entry.changes::text, entry.ip_address::text, entry.user_agent,
about.id IS NOT NULL, about.key, actor.id IS NOT NULL, actor.key
"""  # constants alone
KEYS: Final = f"""
LEFT JOIN audit_key about ON about.id = audit_subject(to_jsonb(entry))
LEFT JOIN audit_key actor ON actor.id = coalesce(entry.user_id, {NOBODY_SQL})
"""
_PUBLIC: Final = len(PUBLIC)

_LEAVES_SQL: Final = f"""
SELECT leaf.position, leaf.hash, leaf.changes_hash, leaf.origin_hash, leaf.entry_id::text,
       {INSTANT.format("leaf.entry_created_at")}, {COLUMNS}
  FROM audit_leaf leaf
  LEFT JOIN audit_logs entry ON entry.id = leaf.entry_id AND entry.created_at = leaf.entry_created_at
       AND entry.created_at BETWEEN %(since)s AND %(until)s
  {KEYS}
 WHERE leaf.position >= %(start)s AND leaf.position < %(end)s
 ORDER BY leaf.position
"""  # noqa: S608
_SPAN_SQL: Final = """
SELECT min(entry_created_at), max(entry_created_at) FROM audit_leaf WHERE position >= %(start)s AND position < %(end)s
"""
_LAST_SQL: Final = "SELECT coalesce(max(position) + 1, 0) FROM audit_leaf"
_HASHES_SQL: Final = """
SELECT string_agg(hash, '' ORDER BY position) FROM audit_leaf WHERE position >= %(start)s AND position < %(end)s
"""


@dataclass(frozen=True, slots=True)
class KeyState:
    """A subject's key: not made yet, there, or destroyed."""

    is_made: bool
    key: bytes | None

    @property
    def is_destroyed(self) -> bool:
        """Whether what it encrypted is gone for good."""
        return self.is_made and self.key is None


@dataclass(frozen=True, slots=True)
class Known:
    """An entry with the keys of its subject and its actor."""

    entry: Entry
    subject_key: KeyState
    actor_key: KeyState


@dataclass(frozen=True, slots=True)
class LeafRow:
    """A leaf with its entry; None where that is gone. Its instant: as the leaf says, in UTC."""

    position: int
    hash: bytes
    changes_hash: bytes
    origin_hash: bytes
    entry_id: str
    created_at: str
    known: Known | None


def known_of(row: Sequence[Any]) -> Known:
    """An entry from COLUMNS."""
    public, rest = row[:_PUBLIC], row[_PUBLIC:]
    entry = Entry(dict(zip(PUBLIC, public, strict=True)), rest[0], rest[1], rest[2])
    return Known(entry, _key(rest[3], rest[4]), _key(rest[5], rest[6]))


def leaves(*, start: int, end: int, using: str) -> Iterator[LeafRow]:
    """The leaves of a range of positions in order, each with its entry. Two queries for 2,000, no transaction."""
    for at in range(start, end, CHUNK_ROWS):
        span = {"start": at, "end": min(at + CHUNK_ROWS, end)}
        with connections[using].cursor() as cursor:
            cursor.execute(_SPAN_SQL, span)
            since, until = cursor.fetchone()
            if since is None:
                continue
            cursor.execute(_LEAVES_SQL, {**span, "since": since, "until": until})
            rows = cursor.fetchall()
        for row in rows:
            known = known_of(row[6:]) if row[6] is not None else None
            yield LeafRow(row[0], bytes(row[1]), bytes(row[2]), bytes(row[3]), row[4], row[5], known)


def leaf_hashes(*, end: int, using: str) -> Iterator[bytes]:
    """The hashes of the first `end` leaves in order. A query for 20,000."""
    for at in range(0, end, CHUNK_ROWS * 10):
        with connections[using].cursor() as cursor:
            cursor.execute(_HASHES_SQL, {"start": at, "end": min(at + CHUNK_ROWS * 10, end)})
            together = bytes(cursor.fetchone()[0] or b"")
        for offset in range(0, len(together), 32):
            yield together[offset : offset + 32]


def leaf_count(*, using: str) -> int:
    """How many leaves there are, or would be without gaps."""
    with connections[using].cursor() as cursor:
        cursor.execute(_LAST_SQL)
        return int(cursor.fetchone()[0])


def seals(*, using: str) -> Iterator[Seal]:
    """All seals in order, 500 a query."""
    last = 0
    while True:
        found = list(Seal.objects.using(using).filter(number__gt=last).order_by("number")[:_SEALS])
        yield from found
        if len(found) < _SEALS:
            return
        last = found[-1].number


def seal_last(*, using: str) -> Seal | None:
    """The newest seal."""
    return Seal.objects.using(using).order_by("-number").first()


def uuids(subjects: Sequence[str]) -> list[UUID]:
    """Subjects as the database's functions take them."""
    return [UUID(subject) for subject in subjects]


def _key(is_made: bool, key: Any) -> KeyState:  # noqa: FBT001  # a row's column
    return KeyState(bool(is_made), None if key is None else bytes(key))
