"""Sealing, and forgetting a person. Both run as the sealer, one at a time."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections

from audit.seals.anchor import anchor_put
from audit.seals.entries import (
    KEY_BYTES,
    NOBODY,
    changes_encrypt,
    entry_hash,
    origin_encrypt,
)
from audit.seals.heads import Head, HeadWrong, PublicKey, Signer, Snapshot, head_hash, head_read
from audit.seals.models import Anchor, Seal
from audit.seals.rows import CHUNK_ROWS, COLUMNS, INSTANT, KEYS, Known, known_of, seal_last, uuids
from audit.seals.tree import Frontier
from rupaya.core.db import assert_acting

SEAL_ROWS_MAX: Final = 200_000
_LOCK: Final = "SELECT {}(hashtextextended('audit.seal', 0))"
_log = structlog.get_logger("audit.seals")

# What no seal holds. What the last complete seal's snapshot saw is sealed, so the BRIN index on written_in leads to the
# rest. Where there is none, or it is of another cluster (restored from a dump: its numbers began anew), all are asked.
# Keys are chosen first and rows fetched by them: of a backlog of millions each seal would put whole rows aside on disk.
_NEW_SQL: Final = f"""
SELECT pg_current_snapshot()::text, {COLUMNS}
  FROM (SELECT id, created_at FROM audit_logs entry
         WHERE NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.entry_id = entry.id) {{since}}
         LIMIT %(rows_max)s) chosen
  JOIN audit_logs entry ON entry.id = chosen.id AND entry.created_at = chosen.created_at {KEYS}
 ORDER BY entry.created_at, entry.id
"""  # noqa: S608  # constants alone
_SINCE: Final = """
AND entry.written_in >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot)::text::bigint
AND NOT pg_visible_in_snapshot(entry.written_in::text::xid8, %(snapshot)s::pg_snapshot)
"""
_NOW_SQL: Final = f"SELECT {INSTANT.format('now()')}, system_identifier::text FROM pg_control_system()"  # noqa: S608
_COPY_SQL: Final = """
COPY audit_leaf (position, entry_id, entry_created_at, hash, changes_hash, origin_hash) FROM STDIN
"""
_KEY_SQL: Final = "INSERT INTO audit_key (id, key) VALUES (%s, %s)"
# Made first where there was none, so that the log tells of every key that goes.
_MAKE_SQL: Final = (
    "INSERT INTO audit_key (id, key) SELECT unnest(%(subjects)s::uuid[]), %(key)s ON CONFLICT (id) DO NOTHING"
)
_DESTROY_SQL: Final = """
UPDATE audit_key SET key = NULL, destroyed_at = now() WHERE id = ANY (%(subjects)s::uuid[]) AND key IS NOT NULL
"""
_ERASE_SQL: Final = "SELECT audit_erase(%(subjects)s::uuid[])"
# Books that a person was ever put into and that nobody else is in now, as the log tells, also when the rows are gone.
_BOOKS_SQL: Final = """
WITH made AS MATERIALIZED (
  SELECT resource_id, book_id, changes ->> 'user_id' AS person FROM audit_logs
   WHERE resource_type = 'ledger_member' AND action = 'INSERT'),
own AS (SELECT DISTINCT book_id FROM made WHERE person = %(person)s)
SELECT book_id FROM own WHERE NOT EXISTS (
  SELECT FROM made WHERE made.book_id = own.book_id AND made.person <> %(person)s AND NOT EXISTS (
    SELECT FROM audit_logs gone WHERE gone.resource_type = 'ledger_member' AND gone.action = 'DELETE'
       AND gone.resource_id = made.resource_id))
"""


_PERSON_SQL: Final = "SELECT is_known, is_active FROM audit_person(%s)"
_NAME_SQL: Final = """
SELECT CASE action WHEN 'UPDATE' THEN changes -> 'full_name' ->> 1 ELSE changes ->> 'full_name' END
  FROM audit_logs WHERE resource_type = 'accounts_user' AND resource_id = %s AND changes ? 'full_name'
 ORDER BY created_at DESC, id DESC LIMIT 1
"""
_COUNT_SQL: Final = """
SELECT count(*) FROM audit_logs
 WHERE book_id = ANY (%(subjects)s::uuid[]) OR user_id = ANY (%(subjects)s::uuid[])
    OR (book_id IS NULL AND audit_subject(book_id, about_id, user_id) = ANY (%(subjects)s::uuid[]))
"""


class NotForgettable(ValueError):
    """Raised where an id is no person's, or the person still has an active account; says which."""


class LogBroken(RuntimeError):
    """Raised where a new seal would stand on a head that is not what was signed: `manage.py audit verify` says more."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a seal added. Where `is_complete` is not so, more waits already."""

    number: int
    size: int
    entries: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Forgettable:
    """Who would be forgotten: the name as the log last tells it, their own books, and entries about or by them."""

    name: str
    books: int
    entries: int


@dataclass(slots=True)
class _Batch:
    """A seal in the making."""

    frontier: Frontier
    using: str
    made: dict[str, bytes] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)

    def leaf(self, known: Known) -> tuple[Any, ...]:
        """Will encrypt, hash and append; the row of audit_leaf."""
        entry = known.entry
        about = self._key(entry.subject, known.subject_key)
        by = self._key(entry.actor, known.actor_key)
        changes = sha256(changes_encrypt(entry, key=about)).digest()
        origin = sha256(origin_encrypt(entry, key=by)).digest()
        leaf = entry_hash(entry.public, changes_hash=changes, origin_hash=origin)
        position = self.frontier.size
        self.frontier.append(leaf)
        return (position, UUID(entry.public["id"]), entry.public["created_at"], leaf, changes, origin)

    def _key(self, subject: str, state: Any) -> bytes:
        """The subject's key; made where there is none. What concerns the forgotten is encrypted for nobody."""
        if state.is_destroyed:
            self.destroyed.add(subject)
            return secrets.token_bytes(KEY_BYTES)
        if state.key is None and subject not in self.made:
            self.made[subject] = secrets.token_bytes(KEY_BYTES)
            with connections[self.using].cursor() as cursor:
                cursor.execute(_KEY_SQL, [subject, self.made[subject]])
        return bytes(state.key or self.made[subject])


def seal_make(
    *, signer: Signer, keys: dict[str, PublicKey], using: str, rows_max: int = SEAL_ROWS_MAX
) -> Sealed | None:
    """Will seal the committed entries that no seal holds, at most `rows_max`; None where there are none.

    Waits for no one: None too where somebody else is sealing. Memory stays, whatever there is to seal; time grows with
    the new entries and the tree's depth. Five queries and one for 2,000 entries. Raises LogBroken.
    """
    assert_acting(using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(_LOCK.format("pg_try_advisory_xact_lock"))
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(_NOW_SQL)
        sealed_at, cluster = cursor.fetchone()
    last = seal_last(using=using)
    frontier = _frontier_of(last, keys=keys)
    batch = _Batch(frontier=frontier, using=using)
    before, snapshot = frontier.size, ""
    for chunk in _new_rows(cluster=cluster, rows_max=rows_max, using=using):
        snapshot = chunk[0][0]
        _leaves_write([batch.leaf(known_of(row[1:])) for row in chunk], using=using)
    entries = frontier.size - before
    if not entries:
        return None
    head = Head(
        origin=signer.name,
        size=frontier.size,
        root=frontier.root(),
        number=last.number + 1 if last else 1,
        previous=bytes(last.head_hash) if last else None,
        sealed_at=sealed_at,
        cluster=cluster,
        is_complete=entries < rows_max,
        snapshot=Snapshot.read(snapshot),
    )
    _seal_write(head, frontier=frontier, signer=signer, using=using)
    if batch.destroyed:
        _erase(sorted(batch.destroyed), using=using)
    return Sealed(head.number, head.size, entries, head.is_complete)


def person_look(*, person_id: UUID, using: str) -> Forgettable:
    """Who `person_forget` would forget, and how much goes with them. Four queries, no locks. Raises NotForgettable."""
    assert_acting(using=using)
    _forgettable_check(person_id, using=using)
    subjects = _subjects(person_id, using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(_NAME_SQL, [str(person_id)])
        name = cursor.fetchone()
        cursor.execute(_COUNT_SQL, {"subjects": uuids(subjects)})
        return Forgettable(
            name=(name and name[0]) or "", books=len(subjects) - 1, entries=int(cursor.fetchone()[0])
        )


def person_forget(*, person_id: UUID, using: str) -> int:
    """Will destroy the keys of a person and of the books that nobody else is in, and blank what they encrypted.

    Returns how many entries were blanked. What is not sealed yet is blanked when it is. Waits for a seal that is being
    made. Safe to run twice. No hash changes, and the log tells who did this and when. Raises NotForgettable for an id
    that never was a person's, and while the account is active.
    """
    assert_acting(using=using)
    _forgettable_check(person_id, using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(_LOCK.format("pg_advisory_xact_lock"))
    subjects = _subjects(person_id, using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(_MAKE_SQL, {"subjects": uuids(subjects), "key": secrets.token_bytes(KEY_BYTES)})
        cursor.execute(_DESTROY_SQL, {"subjects": uuids(subjects)})
    blanked = _erase(subjects, using=using)
    _log.info("audit.person.forgotten", person_id=str(person_id), books=len(subjects) - 1, entries=blanked)
    return blanked


def anchor_newest(*, now: dt.datetime, using: str) -> int | None:
    """Will put the newest head into the bucket, unless it is there; the seal's number, or None.

    A head stands for all before it, so after a time without the bucket one is enough. Raises AnchorUnavailable.
    """
    assert_acting(using=using)
    last = Seal.objects.using(using).filter(anchor__isnull=True).order_by("-number").first()
    newest = seal_last(using=using)
    if last is None or newest is None or last.number != newest.number:
        return None
    version = anchor_put(last, until=now + dt.timedelta(days=settings.AUDIT_ANCHOR_DAYS))
    Anchor.objects.using(using).create(seal=last, version=version, anchored_at=now)
    return last.number


def _forgettable_check(person_id: UUID, *, using: str) -> None:
    if str(person_id) == NOBODY:
        raise NotForgettable("That id stands for nobody; there is no one to forget.")
    with connections[using].cursor() as cursor:
        cursor.execute(_PERSON_SQL, [person_id])
        is_known, is_active = cursor.fetchone()
    if not is_known:
        raise NotForgettable(
            f"{person_id} is not a person, and never was one; a book's id can't be forgotten."
        )
    if is_active:
        raise NotForgettable(f"The account {person_id} is still active; delete or deactivate it first.")


def _subjects(person_id: UUID, *, using: str) -> list[str]:
    with connections[using].cursor() as cursor:
        cursor.execute(_BOOKS_SQL, {"person": str(person_id)})
        return [str(person_id), *(str(book) for (book,) in cursor.fetchall())]


def _frontier_of(last: Seal | None, *, keys: dict[str, PublicKey]) -> Frontier:
    """The tree as the last seal left it, if that is what was signed."""
    if last is None:
        return Frontier()
    try:
        frontier = Frontier(last.size, bytes(last.frontier))
        head = head_read(last.head, keys=keys)
    except (HeadWrong, ValueError) as error:
        raise LogBroken(f"Seal {last.number}: {error}") from error
    if (head.size, head.root, head.number) != (frontier.size, frontier.root(), last.number):
        raise LogBroken(f"Seal {last.number} says something else than its signed head.")
    return frontier


def _new_rows(*, cluster: str, rows_max: int, using: str) -> Iterator[list[Any]]:
    """Entries to be sealed, in order, by a cursor of the server."""
    seen = Seal.objects.using(using).filter(is_complete=True).order_by("-number").first()
    is_known = seen is not None and seen.cluster == cluster
    sql = _NEW_SQL.format(since=_SINCE if is_known else "")
    parameters = {"rows_max": rows_max, "snapshot": seen.snapshot if seen else None}
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(CHUNK_ROWS):
            yield chunk


def _leaves_write(rows: list[tuple[Any, ...]], *, using: str) -> None:
    with connections[using].cursor() as cursor, cursor.copy(_COPY_SQL) as copy:
        for row in rows:
            copy.write_row(row)


def _seal_write(head: Head, *, frontier: Frontier, signer: Signer, using: str) -> None:
    note = signer.sign(head)
    Seal.objects.using(using).create(
        number=head.number,
        size=head.size,
        root=head.root,
        frontier=frontier.dump(),
        head=note,
        head_hash=head_hash(note),
        previous=head.previous,
        sealed_at=head.sealed_at,
        cluster=head.cluster,
        snapshot=head.snapshot.text,
        is_complete=head.is_complete,
        key_id=signer.public.id,
    )


def _erase(subjects: list[str], *, using: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute(_ERASE_SQL, {"subjects": uuids(subjects)})
        return int(cursor.fetchone()[0])
