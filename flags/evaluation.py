"""Reading flags: one statement, which gives what the person is and whether the flags have changed.

Definitions are kept in the process under the number of the last change. Each reading says that number anew, in the
snapshot in which it reads, so that what was kept is used only while it is still true, in every process alike. Nothing
of a flag is in Valkey: losing it changes nothing, and nobody who writes to it turns a flag on.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import connection, transaction

from flags.registry import DECLARED
from flags.rules import (
    Definition,
    ErrorCode,
    Evaluation,
    Person,
    flag_evaluate,
    flag_missing,
    flag_unreadable,
)
from rupaya.core.prepared import prepared_cursor

KEPT_S: Final = 5.0  # for what no number tells: a database that was put back to an earlier state
NOTED_S: Final = 3600.0  # how often a process says that a flag is in use
_READ: Final = """
SELECT generation, definitions, read_at, is_person, is_staff, group_ids, flag_ids, failure
  FROM flags_read(%(person)s::uuid, %(known)s::bigint)
"""
_NOTE: Final = """
INSERT INTO flags_use AS known (flag_id, last_evaluated_at)
SELECT id, statement_timestamp() FROM flags_flag WHERE name = %(name)s
ON CONFLICT (flag_id) DO UPDATE SET last_evaluated_at = excluded.last_evaluated_at
 WHERE known.last_evaluated_at < excluded.last_evaluated_at - interval '30 minutes'
"""
_log = structlog.get_logger("flags")


@dataclass(frozen=True, slots=True)
class Reading:
    """All flags and one person at one instant; without an instant where they could not be read."""

    read_at: dt.datetime | None = None
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    person: Person | None = None

    def evaluate(self, name: str) -> Evaluation:
        """What a flag says by this reading."""
        if self.read_at is None:
            return flag_unreadable(name)
        definition = self.definitions.get(name)
        if definition is None:
            return flag_missing(name)
        return flag_evaluate(definition, person=self.person, now=self.read_at)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The definitions as of a change, and until when they are believed (monotonic seconds)."""

    generation: int = -1
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class _Request:
    """What a request has read, and which flags its code asked for."""

    readings: dict[UUID | None, Reading] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


class _Process:
    """What this process remembers. Each attribute is replaced as a whole, so threads need no lock."""

    kept = _Kept()
    noted: dict[str, float] = {}  # noqa: RUF012  # one a process is the point


_request: ContextVar[_Request | None] = ContextVar("flags_of_request", default=None)


@contextmanager
def reading_once() -> Iterator[None]:
    """Will read each person's flags once until the end: a request asks one question, and gets one answer throughout.

    At the end it notes which flags were asked for, though the request was refused and its transaction undone.
    """
    request = _Request()
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)
        for name in request.asked:
            _use_note_after(name)


def readings_forget() -> None:
    """Will read anew within a request that has itself changed a flag."""
    if (request := _request.get()) is not None:
        request.readings.clear()


def evaluate(name: str, *, user: Any | None, is_use: bool = True) -> Evaluation:
    """What a flag says for somebody; never raises. What is unknown or can't be read is off, and logged.

    is_use: whether this counts as code that asks for the flag.
    """
    try:
        evaluation = _reading(user).evaluate(name)
        if evaluation.error_code:
            is_missing = evaluation.error_code is ErrorCode.FLAG_NOT_FOUND
            _log.warning("flag.unknown" if is_missing else "flag.unreadable", flag=name)
        elif is_use:
            _use_note(name)
    except Exception as error:  # noqa: BLE001  # whoever asks for a flag is not to fail by it
        told = name if isinstance(name, str) else type(name).__name__  # what is no text may not become one
        _log.warning("flag.unreadable", flag=told, error_type=type(error).__name__)
        return flag_unreadable(told)
    return evaluation


def evaluate_all(*, user: Any | None) -> dict[str, Evaluation]:
    """What every flag says that the code or the database knows, by name in order; never raises."""
    try:
        reading = _reading(user)
        return {name: reading.evaluate(name) for name in sorted({*DECLARED, *reading.definitions})}
    except Exception as error:  # noqa: BLE001  # the same
        _log.warning("flag.unreadable", error_type=type(error).__name__)
        return {name: flag_unreadable(name) for name in sorted(DECLARED)}


def _reading(user: Any | None) -> Reading:
    person_id = getattr(user, "pk", None)
    if not isinstance(person_id, UUID):
        person_id = None
    request = _request.get()
    if request is None:
        return _read(person_id)
    if person_id not in request.readings:
        request.readings[person_id] = _read(person_id)
    return request.readings[person_id]


def _read(person_id: UUID | None) -> Reading:
    """One statement. It fails inside PostgreSQL, so that a transaction around it goes on."""
    kept, now = _Process.kept, time.monotonic()
    known = kept.generation if now < kept.until else -1
    with prepared_cursor() as cursor:
        cursor.execute(_READ, {"person": person_id, "known": known})
        generation, raw, read_at, is_person, is_staff, group_ids, flag_ids, failure = cursor.fetchone()
    if failure:
        _log.warning("flags.read_failed", sqlstate=failure)
        return Reading()
    if raw is not None:
        kept = _Process.kept = _Kept(generation, _definitions(raw), now + KEPT_S)
    person = None
    if person_id is not None and is_person:
        person = Person(person_id, is_staff, frozenset(group_ids), frozenset(flag_ids))
    return Reading(read_at, kept.definitions, person)


def _definitions(raw: str) -> dict[str, Definition]:
    return {
        row["name"]: Definition(
            id=row["id"],
            name=row["name"],
            everyone=row["everyone"],
            starts_at=_instant(row["starts_at"]),
            expires_at=_instant(row["expires_at"]),
            is_for_staff=row["staff"],
            buckets=row["buckets"],
            group_ids=frozenset(row["group_ids"]),
        )
        for row in json.loads(raw)
    }


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _use_note(name: str) -> None:
    """Will say, once an hour a process, that code asks for the flag: after the request, elsewhere after the commit."""
    if _was_noted(name):
        return
    if (request := _request.get()) is not None:
        request.asked.add(name)
    else:
        transaction.on_commit(partial(_use_write, name), robust=True)


def _use_note_after(name: str) -> None:
    """The request's transaction is over, or, of a file that is being sent, another has begun: then after that one."""
    try:
        transaction.on_commit(partial(_use_write, name), robust=True)
    except Exception as error:  # noqa: BLE001  # the answer stands, noted or not
        _log.warning("flag.use_unnoted", flag=name, error_type=type(error).__name__)


def _use_write(name: str) -> None:
    if not _was_noted(name):
        _Process.noted[name] = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, {"name": name})


def _was_noted(name: str) -> bool:
    return time.monotonic() - _Process.noted.get(name, -NOTED_S) < NOTED_S
