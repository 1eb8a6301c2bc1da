"""Does the log hold? The database's own rows against its leaves, its seals, and heads that were kept elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from django.db import connections

from audit.seals.anchor import Anchored
from audit.seals.entries import BLANK, changes_encrypt, entry_hash, origin_encrypt
from audit.seals.gaps import keys_check, triggers_check
from audit.seals.heads import HeadWrong, PublicKey, head_read
from audit.seals.models import Seal
from audit.seals.rows import CHUNK_ROWS, INSTANT, Known, LeafRow, leaf_count, leaves, seal_last, seals
from audit.seals.trail import Difference, Findings, Step, Trail

# Entries without a leaf that the last complete seal must have held: its snapshot saw them. In another cluster (restored
# from a dump) numbers began anew, and an entry counts only if it is older than the seal too.
_LEAFLESS_SQL: Final = f"""
SELECT entry.id::text, {INSTANT.format("entry.created_at")}
  FROM audit_logs entry CROSS JOIN (
       SELECT snapshot::pg_snapshot AS snapshot, sealed_at,
              cluster = (SELECT system_identifier::text FROM pg_control_system()) AS is_same
         FROM audit_seal WHERE is_complete ORDER BY number DESC LIMIT 1) seal
 WHERE NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.entry_id = entry.id)
   AND ((is_same AND pg_visible_in_snapshot(entry.written_in::text::xid8, seal.snapshot))
        OR (NOT is_same AND entry.created_at < seal.sealed_at
            AND pg_visible_in_snapshot(entry.written_in::text::xid8, seal.snapshot)))
 ORDER BY entry.created_at, entry.id
"""  # noqa: S608  # constants alone
_BACKDATED_SQL: Final = f"""
SELECT entry.id::text, {INSTANT.format("entry.created_at")}
  FROM audit_logs entry CROSS JOIN (
       SELECT pg_snapshot_xmax(snapshot::pg_snapshot)::text::bigint AS next, sealed_at,
              cluster = (SELECT system_identifier::text FROM pg_control_system()) AS is_same
         FROM audit_seal WHERE is_complete ORDER BY number DESC LIMIT 1) seal
 WHERE is_same AND entry.written_in >= seal.next AND entry.created_at < seal.sealed_at - interval '5 minutes'
   AND NOT EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.entry_id = entry.id)
 ORDER BY entry.created_at, entry.id
"""  # noqa: S608
# What was put away is whole: no entry of that time is left in the log, and none was moved to another time.
_LEFT_SQL: Final = f"SELECT {INSTANT.format('created_at')} FROM audit_logs WHERE created_at < %s LIMIT 1"  # noqa: S608
_MOVED_SQL: Final = f"""
SELECT entry.id::text, leaf.position, {INSTANT.format("leaf.entry_created_at")}, {INSTANT.format("entry.created_at")}
  FROM audit_leaf leaf JOIN audit_logs entry ON entry.id = leaf.entry_id
 WHERE leaf.entry_created_at < %s ORDER BY leaf.position
"""  # noqa: S608
_ELSEWHERE_SQL: Final = f"SELECT {INSTANT.format('created_at')} FROM audit_logs WHERE id = %s"  # noqa: S608


class NotPutAway(ValueError):
    """Raised where entries are said to be put away, and some of that time are still in the log."""


def log_verify(
    *,
    keys: Mapping[str, PublicKey],
    using: str,
    kept_heads: Iterable[str] = (),
    anchors: Iterable[Anchored] = (),
    without_before: dt.date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Findings:
    """Will walk over all leaves with their entries, and look for entries that no seal holds.

    kept_heads, anchors: what was kept elsewhere; the database's seals of the same number must be the same.
    without_before: the months before this day (UTC) were put away: leaves are checked, entries counted; or NotPutAway.
    Memory stays, however long the log is; two short queries for 2,000 leaves, no transaction, no locks.
    """
    since = _since(without_before, using=using)
    found = Findings()
    trail = Trail(keys=keys, report=found.report)
    last = seal_last(using=using)
    total = last.size if last else 0
    start = 0
    for seal in seals(using=using):
        _columns_check(seal, keys=keys, report=found.report)
        trail.begin(seal.head, number=seal.number)
        for leaf in leaves(start=start, end=seal.size, using=using):
            trail.leaf(_step(leaf, found=found, seal=seal, since=since, using=using))
            if progress and leaf.position % CHUNK_ROWS == 0:
                progress(leaf.position, total)
        trail.end()
        start, found.seals = max(start, seal.size), seal.number
    found.leaves = trail.leaves
    if trail.leaves < total or leaf_count(using=using) > total:
        found.report(
            Difference(
                "removed", f"there are {leaf_count(using=using)} leaves, and the last seal signs {total}"
            )
        )
    _unsealed(found, using=using)
    if without_before:
        _moved(found, before=without_before, using=using)
    triggers_check(using=using, report=found.report)
    keys_check(since=without_before, using=using, report=found.report)
    _heads_check(kept_heads, keys=keys, found=found, using=using)
    _anchors_check(anchors, found=found, using=using)
    return found


def leaf_fault(leaf: LeafRow, known: Known) -> tuple[str, bool]:
    """What is wrong with an entry, or '', and whether it was erased."""
    entry = known.entry
    if leaf.hash != entry_hash(entry.public, changes_hash=leaf.changes_hash, origin_hash=leaf.origin_hash):
        return "its who, what or when is not what was sealed", False
    is_erased = known.subject_key.is_destroyed or known.actor_key.is_destroyed
    changes = _payload_fault(
        entry.changes == BLANK[0],
        known.subject_key,
        leaf.changes_hash,
        lambda key: changes_encrypt(entry, key=key),
    )
    origin = _payload_fault(
        (entry.ip_address, entry.user_agent) == BLANK[1:],
        known.actor_key, leaf.origin_hash, lambda key: origin_encrypt(entry, key=key),
    )  # fmt: skip
    if changes:
        return f"its changes {changes}", is_erased
    return (f"where it came from {origin}", is_erased) if origin else ("", is_erased)


def _payload_fault(is_blank: bool, state: Any, kept: bytes, encrypt: Callable[[bytes], bytes]) -> str:  # noqa: FBT001
    if state.is_destroyed:
        return "" if is_blank else "should be blank: the key is destroyed"
    if state.key is None:
        return "can't be checked: the key's row is gone"
    return "" if sha256(encrypt(state.key)).digest() == kept else "is not what was sealed"


def _since(without_before: dt.date | None, *, using: str) -> str:
    """From which instant on, as text, entries must be there; '' for all."""
    if without_before is None:
        return ""
    with connections[using].cursor() as cursor:
        cursor.execute(_LEFT_SQL, [_midnight(without_before)])
        left = cursor.fetchone()
    if left is not None:
        raise NotPutAway(
            f"An entry of {left[0]} is there, though put away are said to be all before {without_before}."
        )
    return without_before.isoformat()


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _moved(found: Findings, *, before: dt.date, using: str) -> None:
    with connections[using].chunked_cursor() as cursor:
        cursor.execute(_MOVED_SQL, [_midnight(before)])
        for entry, position, sealed_at, now_at in cursor:
            detail = f"its instant is now {now_at}"
            found.report(Difference("altered", detail, entry, position, at=sealed_at))


def _step(leaf: LeafRow, *, found: Findings, seal: Seal, since: str, using: str) -> Step:
    if leaf.known is None and leaf.created_at < since:
        found.away += 1
        return Step(leaf.position, leaf.hash, leaf.entry_id, leaf.created_at, None)
    if leaf.known is None:
        with connections[using].cursor() as cursor:
            cursor.execute(_ELSEWHERE_SQL, [leaf.entry_id])
            elsewhere = cursor.fetchone()
        kind = "altered" if elsewhere else "removed"
        detail = f"its instant is now {elsewhere[0]}" if elsewhere else "it is sealed, and its entry is gone"
        found.report(Difference(kind, detail, leaf.entry_id, leaf.position, seal.number, leaf.created_at))
        return Step(leaf.position, leaf.hash, leaf.entry_id, leaf.created_at, None)
    fault, is_erased = leaf_fault(leaf, leaf.known)
    found.erased += is_erased
    if fault:
        found.report(Difference("altered", fault, leaf.entry_id, leaf.position, seal.number, leaf.created_at))
    written_in = leaf.known.entry.public["written_in"]
    return Step(leaf.position, leaf.hash, leaf.entry_id, leaf.created_at, int(written_in or 0))


def _columns_check(
    seal: Seal, *, keys: Mapping[str, PublicKey], report: Callable[[Difference], None]
) -> None:
    """A seal's columns say again what its head says."""
    try:
        head = head_read(seal.head, keys=keys)
    except HeadWrong:
        return  # the trail tells
    columns = (seal.size, bytes(seal.root), seal.cluster, seal.snapshot, seal.is_complete)
    if columns != (head.size, head.root, head.cluster, head.snapshot.text, head.is_complete):
        report(
            Difference(
                "rewritten", "its columns are not what its head signs", seal=seal.number, at=head.sealed_at
            )
        )


def _unsealed(found: Findings, *, using: str) -> None:
    reasons = (
        (_LEAFLESS_SQL, "a seal had seen its transaction and did not hold it"),
        (_BACKDATED_SQL, "it claims to be older than the last seal, and was written after it"),
    )
    for sql, detail in reasons:
        with connections[using].chunked_cursor() as cursor:  # all are counted, few are kept
            cursor.execute(sql)
            for entry, created_at in cursor:
                found.report(Difference("inserted", detail, entry, at=created_at))


def _heads_check(notes: Iterable[str], *, keys: Mapping[str, PublicKey], found: Findings, using: str) -> None:
    for note in notes:
        try:
            head = head_read(note, keys=keys)
        except HeadWrong as error:
            found.report(Difference("rewritten", f"a head that was kept elsewhere: {error}"))
            continue
        own = Seal.objects.using(using).filter(number=head.number).values_list("head", flat=True).first()
        if own != note:
            detail = (
                "it is not the head that was kept elsewhere"
                if own
                else "its head was kept elsewhere, and it is gone"
            )
            found.report(Difference("rewritten", detail, seal=head.number, at=head.sealed_at))


def _anchors_check(anchors: Iterable[Anchored], *, found: Findings, using: str) -> None:
    """A query for 500 anchors."""
    waiting = iter(anchors)
    while chunk := list(islice(waiting, 500)):
        numbers = [anchored.number for anchored in chunk]
        own = dict(Seal.objects.using(using).filter(number__in=numbers).values_list("number", "head_hash"))
        for anchored in chunk:
            kept = own.get(anchored.number)
            if kept is None or bytes(kept).hex() != anchored.hash:
                detail = (
                    "it is not the head that was anchored"
                    if kept
                    else "its head was anchored, and it is gone"
                )
                at = anchored.kept_since.isoformat()
                found.report(Difference("rewritten", detail, seal=anchored.number, at=at))
