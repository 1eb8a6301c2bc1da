"""Reading the log as the person who acts: row-level security says what is theirs; addresses are one's own alone."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from audit.filters import YEARS, Filters
from audit.registry import Speaker, people_named, speaker_of, things
from audit.rules import (
    ROW_ACTIONS,
    Entry,
    Kind,
    Run,
    Said,
    Thing,
    Told,
    run_of,
    said_plainly,
    thing_guessed,
    who,
)
from audit.sentences import event_said
from rupaya.core.db import rows_as_dicts
from rupaya.core.pagination import Cursor, Page, PageInvalid, page_of

KEY_LENGTH: Final = 2  # a cursor holds an instant and an id
RUNS_MAX: Final = 30  # on a page
SEEN_MAX: Final = 2000  # entries that a page of runs looks at; what is longer goes on on the next
SHOWN_MAX: Final = 10  # of each kind in a run

_HERE: Final = Path(__file__).parent
_PAGE_SQL: Final = (_HERE / "page.sql").read_text()
_NEAR_SQL: Final = (_HERE / "page_near.sql").read_text()
_RUNS_SQL: Final = (_HERE / "runs.sql").read_text()
# A failed sign-in is nobody's, so whom it is about sees from where it came.
_IS_OWN: Final = "(e.user_id = %(reader)s OR (e.user_id IS NULL AND e.about_id = %(reader)s))"
_COLUMNS: Final = f"""e.id, e.created_at, e.action, e.resource_type, e.resource_id, e.book_id, e.user_id, e.actor_kind,
       e.changes::text AS changes, e.request_id,
       CASE WHEN {_IS_OWN} THEN host(e.ip_address) END AS ip_address,
       CASE WHEN {_IS_OWN} THEN e.user_agent END AS user_agent"""
_FIELDS: Final = tuple(Entry.__slots__)


@dataclass(frozen=True, slots=True)
class _Ends:
    """A run, with the keys of its first and last entry on the page."""

    run: Run
    first: tuple[str, str]
    last: tuple[str, str]


def entries_page(
    *, reader_id: UUID, filters: Filters, limit: int, cursor: Cursor | None = None
) -> Page[Told]:
    """A page of what a person may see, newest first, put into words; raises PageInvalid.

    One query for the page, one for the people, and what each speaker needs. A new entry moves no page.
    """
    rows = _read(_PAGE_SQL if filters.is_narrow else _NEAR_SQL, reader_id, filters, limit + 1, cursor)
    page = page_of([_entry(row) for row in rows], limit=limit, cursor=cursor, key=_key)
    return Page(told(page.rows), page.next, page.previous)


def runs_page(*, reader_id: UUID, filters: Filters, cursor: Cursor | None = None) -> Page[Run]:
    """A page of what requests did, newest first, each in one line; raises PageInvalid. Queries as above.

    At most 30 runs of at most 2000 entries together: a longer run is cut, and goes on on the next page. The filters
    must be narrow.
    """
    rows = _read(_RUNS_SQL, reader_id, filters, SEEN_MAX + 1, cursor, runs=RUNS_MAX + 1, shown=SHOWN_MAX)
    spoken = {one.entry.id: one for one in told([_entry(row) for row in rows], reader_id=reader_id)}
    known = things()
    runs = [
        _ends(list(of_run), spoken, known)
        for _, of_run in itertools.groupby(rows, key=lambda row: row["run"])
    ]
    is_backwards = cursor is not None and cursor.is_backwards
    has_more = len(runs) > RUNS_MAX or bool(rows and rows[0]["seen"] > SEEN_MAX)
    return _page_of_runs(
        runs[:RUNS_MAX], has_more=has_more, is_first=cursor is None, is_backwards=is_backwards
    )


def told(entries: Sequence[Entry], *, reader_id: UUID | None = None) -> list[Told]:
    """The entries in words: each speaker is asked once, and people's names once. “You” where a reader is given."""
    people = people_named(entry.user_id for entry in entries if entry.user_id is not None)
    said = _said(entries)
    return [Told(entry, who(entry, people=people, reader_id=reader_id), said[entry.id]) for entry in entries]


def _said(entries: Sequence[Entry]) -> dict[UUID, Said]:
    known = things()
    said: dict[UUID, Said] = {}
    asked: dict[Speaker, list[Entry]] = {}
    for entry in entries:
        speaker = speaker_of(entry.resource_type)
        if entry.action not in ROW_ACTIONS:
            said[entry.id] = event_said(entry)
        elif speaker is None:
            said[entry.id] = said_plainly(
                entry, known.get(entry.resource_type) or thing_guessed(entry.resource_type)
            )
        else:
            asked.setdefault(speaker, []).append(entry)
    for speaker, its_entries in asked.items():
        said |= speaker(its_entries)
    return said


def _read(
    sql: str, reader_id: UUID, filters: Filters, rows: int, cursor: Cursor | None, **numbers: int
) -> list[dict[str, Any]]:
    """The rows from the cursor on, in reading direction."""
    wanted, parameters = filters.conditions()
    before, way = "true", "DESC"
    if cursor is not None:
        before = "(e.created_at, e.id) < (%(at)s, %(id)s)"
        parameters["at"], parameters["id"] = _place_of(cursor)
        if cursor.is_backwards:
            before, way = before.replace("<", ">"), "ASC"
    query = sql.format(columns=_COLUMNS, wanted=wanted, before=before, way=way)
    return rows_as_dicts(query, {"reader": reader_id, "rows": rows, **numbers, **parameters})


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        **{name: row[name] for name in _FIELDS if name != "changes"}, changes=orjson.loads(row["changes"])
    )


def _ends(
    rows: Sequence[Mapping[str, Any]], spoken: Mapping[UUID, Told], known: Mapping[str, Thing]
) -> _Ends:
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        kinds.setdefault((row["action"], row["resource_type"]), []).append(row)
    run = run_of(
        [
            Kind(action, table, found[0]["kind_count"], tuple(spoken[row["id"]] for row in found))
            for (action, table), found in kinds.items()
        ],
        known,
    )
    row = rows[0]
    return _Ends(run, _place(row["first_at"], row["first_id"]), _place(row["last_at"], row["last_id"]))


def _page_of_runs(runs: list[_Ends], *, has_more: bool, is_first: bool, is_backwards: bool) -> Page[Run]:
    if not runs:
        return Page((), None, None)
    if is_backwards:
        runs = runs[::-1]
    # Read backwards, a run's first entry is its oldest.
    newest, oldest = (runs[0].last, runs[-1].first) if is_backwards else (runs[0].first, runs[-1].last)
    return Page(
        [ends.run for ends in runs],
        Cursor(oldest) if is_backwards or has_more else None,
        Cursor(newest, is_backwards=True) if (has_more if is_backwards else not is_first) else None,
    )


def _key(entry: Entry) -> tuple[str, str]:
    return _place(entry.created_at, entry.id)


def _place(at: dt.datetime, identity: UUID) -> tuple[str, str]:
    return at.astimezone(dt.UTC).isoformat(), str(identity)


def _place_of(cursor: Cursor) -> tuple[dt.datetime, UUID]:
    """Only what `_place` writes: PostgreSQL takes neither every offset nor every year that Python does."""
    try:
        at, identity = dt.datetime.fromisoformat(cursor.key[0]), UUID(cursor.key[1])
    except ValueError:
        at = None
    if at is None or at.utcoffset() != dt.timedelta(0) or at.year not in YEARS:
        raise PageInvalid("cursor", "This cursor belongs to another list; start from the first page.")
    return at, identity
