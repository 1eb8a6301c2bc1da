"""What a flag says for a person: pure, so that API, pages, tasks and commands can't differ."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from rupaya.core.clock import INDIA
from rupaya.core.errors import Invalid
from rupaya.core.text import REASON_MAX, has_hidden, is_seen

NAME_MAX: Final = 100
OWNER_MAX: Final = 120
PURPOSE_MAX: Final = 500
BUCKETS: Final = 10_000  # a hundredth of a percent each
FOR_DEFAULT_S: Final = 3600
FOR_MAX_S: Final = 366 * 86_400
ENDS_SOON: Final = dt.timedelta(days=1)
UNREAD_AFTER: Final = dt.timedelta(days=30)
_DURATION: Final = re.compile(r"(\d{1,8})\s*([smhd]?)", re.ASCII)
_UNIT_S: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_PERCENT: Final = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)


class ReasonMissing(Invalid):
    """Raised when a flag is to change and nobody says why, or says it at too great a length."""

    code = "flag_reason_missing"
    title = f"A change of a flag needs a reason of 1 to {REASON_MAX} characters on one line"


class PercentInvalid(Invalid):
    """Raised for what is no percentage of people."""

    code = "flag_percent_invalid"
    title = "A percentage is a number from 0 to 100 with two decimals at most"


class ScheduleInvalid(Invalid):
    """Raised for a time that is none, is over, or ends before it begins."""

    code = "flag_schedule_invalid"
    title = "The flag can't be on for that time"


class Reason(StrEnum):
    """Why a flag says what it says, in OpenFeature's words."""

    STATIC = "STATIC"  # on for everyone
    DISABLED = "DISABLED"  # turned off for everyone, or outside of its time
    TARGETING_MATCH = "TARGETING_MATCH"  # the person is listed, in a group, or staff
    SPLIT = "SPLIT"  # the percentage decided, either way
    DEFAULT = "DEFAULT"  # nothing turns it on for this person
    ERROR = "ERROR"  # unknown or unreadable


class ErrorCode(StrEnum):
    """What went wrong, in OpenFeature's words."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    GENERAL = "GENERAL"


@dataclass(frozen=True, slots=True)
class Definition:
    """A flag as it stands. `everyone` is None where the audience decides; `buckets` is hundredths of a percent."""

    id: int
    name: str
    everyone: bool | None = None
    starts_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    is_for_staff: bool = False
    buckets: int | None = None
    group_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """What flags ask about somebody: nothing that a client could send."""

    id: UUID
    is_staff: bool = False
    group_ids: frozenset[int] = frozenset()
    flag_ids: frozenset[int] = frozenset()  # the flags that list them


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a flag says, and why: `detail` is for people."""

    name: str
    value: bool
    reason: Reason
    detail: str
    error_code: ErrorCode | None = None

    @property
    def variant(self) -> str:
        """The value by OpenFeature's name for it."""
        return "on" if self.value else "off"


def bucket_of(*, name: str, person_id: UUID) -> int:
    """Where a person stands in a flag's rollout, 0 to 9,999: always the same, and another for each flag.

    A percentage takes the buckets from 0 up, so a higher one keeps everybody that a lower one had.
    """
    digest = hashlib.sha256(f"{name}:{person_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % BUCKETS


def flag_evaluate(flag: Definition, *, person: Person | None, now: dt.datetime) -> Evaluation:
    """What the flag says for somebody, or for nobody in particular, at an instant. The only place that decides."""
    says = _for_all(flag, now) or _for_person(flag, person)
    return Evaluation(flag.name, says.value, says.reason, says.detail, says.error_code)


def _for_all(flag: Definition, now: dt.datetime) -> Evaluation | None:
    """What it says whoever asks; None where its audience decides."""
    if flag.everyone is False:
        return _TURNED_OFF
    if flag.starts_at is not None and now < flag.starts_at:
        return _TOO_EARLY
    if flag.expires_at is not None and now >= flag.expires_at:
        return _OVER
    return _FOR_EVERYONE if flag.everyone else None


def _for_person(flag: Definition, person: Person | None) -> Evaluation:
    if person is None:
        return _NOBODY
    if flag.id in person.flag_ids:
        return _LISTED
    if flag.group_ids & person.group_ids:
        return _IN_GROUP
    if flag.is_for_staff and person.is_staff:
        return _STAFF
    if flag.buckets is None:
        return _NOT_FOR_THEM
    return _TAKEN_IN if bucket_of(name=flag.name, person_id=person.id) < flag.buckets else _LEFT_OUT


def flag_missing(name: str) -> Evaluation:
    """What a flag that does not exist says."""
    return _off(Reason.ERROR, "There is no such flag.", name=name, error_code=ErrorCode.FLAG_NOT_FOUND)


def flag_unreadable(name: str) -> Evaluation:
    """What a flag that can't be read says."""
    return _off(Reason.ERROR, "The flag can't be read right now.", name=name, error_code=ErrorCode.GENERAL)


def _on(reason: Reason, detail: str) -> Evaluation:
    return Evaluation("", value=True, reason=reason, detail=detail)


def _off(reason: Reason, detail: str, *, name: str = "", error_code: ErrorCode | None = None) -> Evaluation:
    return Evaluation(name, value=False, reason=reason, detail=detail, error_code=error_code)


_TURNED_OFF: Final = _off(Reason.DISABLED, "It is turned off for everyone.")
_TOO_EARLY: Final = _off(Reason.DISABLED, "Its time has not begun.")
_OVER: Final = _off(Reason.DISABLED, "Its time is over.")
_FOR_EVERYONE: Final = _on(Reason.STATIC, "It is on for everyone.")
_NOBODY: Final = _off(Reason.DEFAULT, "It is not on for somebody whom nobody knows.")
_LISTED: Final = _on(Reason.TARGETING_MATCH, "It lists the person.")
_IN_GROUP: Final = _on(Reason.TARGETING_MATCH, "It lists a group of the person.")
_STAFF: Final = _on(Reason.TARGETING_MATCH, "It is on for staff.")
_NOT_FOR_THEM: Final = _off(Reason.DEFAULT, "Nothing turns it on for the person.")
_TAKEN_IN: Final = _on(Reason.SPLIT, "The percentage takes the person in.")
_LEFT_OUT: Final = _off(Reason.SPLIT, "The percentage does not take the person in.")


def reason_normal(text: str) -> str:
    """A reason as it is kept; raises ReasonMissing."""
    reason = text.strip()
    if not is_seen(reason) or has_hidden(reason) or len(reason) > REASON_MAX:
        raise ReasonMissing
    return reason


def percent_read(text: str) -> Decimal:
    """A percentage, `30` or `0.25`; raises PercentInvalid."""
    written = text.strip().removesuffix("%").rstrip()
    if not _PERCENT.fullmatch(written) or Decimal(written) > 100:
        raise PercentInvalid(
            f"{text!r} is no percentage: write a number from 0 to 100, two decimals at most."
        )
    return Decimal(written)


def duration_read(text: str) -> int:
    """Seconds of `3600`, `90m`, `1h` or `2d`, a year at most; raises ScheduleInvalid."""
    found = _DURATION.fullmatch(text.strip().lower())
    seconds = int(found[1]) * _UNIT_S[found[2]] if found else 0
    if not 1 <= seconds <= FOR_MAX_S:
        raise ScheduleInvalid(f"{text!r} is no time: write 3600, 90m, 1h or 2d, at most 366d.")
    return seconds


def instant_read(text: str) -> dt.datetime:
    """An instant: `2026-12-01`, `2026-12-01T09:30`, with an offset or in India's time; raises ScheduleInvalid."""
    try:
        instant = dt.datetime.fromisoformat(text.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=INDIA)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ScheduleInvalid(
            f"{text!r} is no instant: write 2026-12-01T09:30, in India's time or with an offset."
        ) from error
