"""Where a phone stands in what happened, and how that is written into a cursor. Pure."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson

ROWS_USUAL: Final = 200  # keys a page; one is an object or a tombstone
ROWS_MAX: Final = 500
CURSOR_CHARACTERS_MAX: Final = 500
_XID_MAX: Final = 2**63 - 1
_NIL: Final = UUID(int=0)
# Stages of a stretch, in their order; those below SCAN need no transaction fetched.
LEFT, BOOK, MEMBER, ACCOUNT, SCAN, CHANGED, TOUCHED, RENAMED = range(1, 9)


@dataclass(frozen=True, slots=True)
class Place:
    """The last key of a page: its stage, and what orders it there."""

    stage: int = 0
    book_id: UUID = _NIL
    account_id: UUID = _NIL
    xid: int = 0
    date: dt.date = dt.date.max
    id: UUID = _NIL


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is being told: all that was written by database transactions from `since` on and below `high`.

    The next stretch begins at `low`, below which all had ended when this one began: what was committed late, between
    `low` and `high`, is then told again, or for the first time. A stretch since 0 tells everything as it stands.
    """

    since: int
    low: int
    high: int
    place: Place = Place()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was told before."""
        return self.since == 0

    @property
    def needs_from(self) -> int:
        """The first event that this stretch and the next ones need. To tell everything needs none of before."""
        return self.low if self.is_whole else self.since

    def at(self, place: Place) -> Stretch:
        """The same behind another key."""
        return replace(self, place=place)


def epoch_tag(*, epoch: str, user_id: UUID) -> str:
    """Names an epoch of the database for one person: 16 hexadecimal digits."""
    return hashlib.sha256(f"{epoch}:{user_id}".encode()).hexdigest()[:16]


def cursor_write(tag: str, *, since: int, stretch: Stretch | None = None) -> str:
    """The cursor of whoever was told everything up to `since`, or stands within a stretch."""
    parts: list[Any] = [tag, since]
    if stretch is not None:
        place = stretch.place
        parts += [stretch.low, stretch.high, place.stage, place.book_id, place.account_id]
        parts += [place.xid, place.date, place.id]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def cursor_parse(text: str) -> tuple[str, int, Stretch | None] | None:
    """A cursor's tag, `since` and stretch; None for one that was never written here."""
    if len(text) > CURSOR_CHARACTERS_MAX:
        return None
    try:
        parts = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return None
    match parts:
        case [str(tag), since] if _are_places(since):
            return tag, since, None
        case [str(tag), since, low, high, stage, str(book), str(account), xid, str(date), str(row)]:
            if not (
                _are_places(since, low, high, xid)
                and since <= low <= high
                and stage in range(LEFT, RENAMED + 1)
            ):
                return None
            try:
                place = Place(stage, UUID(book), UUID(account), xid, dt.date.fromisoformat(date), UUID(row))
            except ValueError:
                return None
            return tag, since, Stretch(since, low, high, place)
        case _:
            return None


def _are_places(*values: object) -> bool:
    return all(type(value) is int and 0 <= value <= _XID_MAX for value in values)
