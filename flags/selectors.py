"""Asking for flags, and looking at them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Count, Prefetch, QuerySet

from flags.evaluation import evaluate, evaluate_all
from flags.models import Flag, FlagChange
from flags.registry import DECLARED
from flags.rules import ENDS_SOON, UNREAD_AFTER, Evaluation


def flag_is_on(*, name: str, user: Any | None) -> bool:
    """Whether the flag is on for this person, or for everyone where `user` is None. Never raises.

    One statement, and within a request one for all flags; see `flag_explain`.
    """
    return evaluate(name, user=user).value


def flag_explain(*, name: str, user: Any | None) -> Evaluation:
    """What `flag_is_on` says, and why. Never raises: what is unknown or can't be read is off, and logged.

    Reads PostgreSQL, never a cookie, a query string or a cache that a client or a lost server could bend.
    """
    return evaluate(name, user=user)


def flags_of(*, user: Any | None) -> dict[str, bool]:
    """Every flag by its name, in order: whether it is on for this person. One statement. Never raises."""
    return {name: evaluation.value for name, evaluation in evaluate_all(user=user).items()}


@dataclass(frozen=True, slots=True)
class FlagState:
    """A flag as operators see it. `kind` and what follows are as declared where it is not in the database yet."""

    name: str
    is_in_code: bool
    is_in_database: bool
    everyone: bool | None
    percent: Decimal | None
    is_for_staff: bool
    users_count: int
    groups: tuple[str, ...]
    starts_at: dt.datetime | None
    expires_at: dt.datetime | None
    kind: str
    owner: str
    purpose: str
    remove_on: dt.date | None
    created_at: dt.datetime | None
    last_evaluated_at: dt.datetime | None

    @property
    def audience(self) -> str:
        """Whom it is on for, within its time."""
        if self.everyone is not None:
            return "everyone" if self.everyone else "nobody"
        parts = ["staff"] if self.is_for_staff else []
        parts += [f"{self.percent.normalize():f} % of people"] if self.percent else []
        parts += (
            [f"{self.users_count} {'person' if self.users_count == 1 else 'people'}"]
            if self.users_count
            else []
        )
        parts += [f"group {name}" for name in self.groups]
        return ", ".join(parts) or "nobody"

    def standing(self, now: dt.datetime) -> str:
        """In a word: off, scheduled, over, on (for everyone) or partly."""
        if self.audience == "nobody":
            return "off"
        if self.expires_at is not None and self.expires_at <= now:
            return "over"
        if self.starts_at is not None and self.starts_at > now:
            return "scheduled"
        return "on" if self.everyone else "partly"

    def ends_soon(self, now: dt.datetime) -> bool:
        """Whether it is on now and will not be within a day."""
        is_on = self.standing(now) in {"on", "partly"}
        return is_on and self.expires_at is not None and self.expires_at - now <= ENDS_SOON


def flags_listed() -> list[FlagState]:
    """Every flag that the code or the database knows, by name. Two queries."""
    rows = {flag.name: flag_state_of(flag) for flag in flags_with_audience()}
    rows |= {name: _declared_state(name) for name in DECLARED if name not in rows}
    return [rows[name] for name in sorted(rows)]


def flag_state(*, name: str) -> FlagState | None:
    """One of them, or None. Two queries."""
    flag = flags_with_audience().filter(name=name).first()
    if flag is not None:
        return flag_state_of(flag)
    return _declared_state(name) if name in DECLARED else None


def flag_history(*, name: str, rows_max: int = 10) -> list[FlagChange]:
    """The newest changes of a flag, newest first. One query."""
    return list(FlagChange.objects.filter(flag_name=name).order_by("-id")[:rows_max])


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a flag that somebody should look after; `problem` is a stable word."""

    name: str
    problem: str
    sentence: str


def flags_stale(*, now: dt.datetime, today: dt.date) -> list[Finding]:
    """What should be looked after, by name: unknown to code or database, over, ending, late, unread. Two queries."""
    return [finding for state in flags_listed() for finding in _findings(state, now, today)]


def flags_ending(*, now: dt.datetime) -> list[FlagState]:
    """The flags that are on and end within a day. Two queries."""
    return [state for state in flags_listed() if state.ends_soon(now)]


def _findings(state: FlagState, now: dt.datetime, today: dt.date) -> list[Finding]:
    found = []
    if not state.is_in_database:
        found.append(("not_in_database", "The code asks for it and the database has none: it is off."))
    if not state.is_in_code:
        found.append(("not_in_code", "No code asks for it: `flag remove` it."))
    if state.standing(now) == "over":
        found.append(("over", f"Its time ended on {state.expires_at:%Y-%m-%d}: it is off."))
    if state.ends_soon(now):
        found.append(("ends_soon", f"It goes off within a day, at {state.expires_at:%Y-%m-%dT%H:%MZ}."))
    if state.remove_on is not None and state.remove_on <= today:
        found.append(("past_its_day", f"It was to be gone by {state.remove_on}."))
    if _is_unread(state, now):
        found.append(("unread", f"No code has asked for it for {UNREAD_AFTER.days} days."))
    return [Finding(state.name, problem, sentence) for problem, sentence in found]


def _is_unread(state: FlagState, now: dt.datetime) -> bool:
    since = state.last_evaluated_at or state.created_at
    return since is not None and now - since >= UNREAD_AFTER


def flags_with_audience() -> QuerySet[Flag]:
    """The flags in the database, by name, with what `flag_state_of` asks of them."""
    groups = Prefetch("groups", queryset=Group.objects.order_by("name"))
    return (
        Flag.objects.select_related("use")
        .annotate(users_count=Count("users"))
        .prefetch_related(groups)
        .order_by("name")
    )


def flag_state_of(flag: Any) -> FlagState:
    """A flag of `flags_with_audience` as operators see it."""
    return FlagState(
        name=flag.name,
        is_in_code=flag.name in DECLARED,
        is_in_database=True,
        everyone=flag.everyone,
        percent=flag.percent,
        is_for_staff=flag.staff,
        users_count=flag.users_count,
        groups=tuple(group.name for group in flag.groups.all()),
        starts_at=flag.starts_at,
        expires_at=flag.expires_at,
        kind=flag.kind,
        owner=flag.owner,
        purpose=flag.purpose,
        remove_on=flag.remove_on,
        created_at=flag.created,
        last_evaluated_at=flag.use.last_evaluated_at if hasattr(flag, "use") else None,
    )


def _declared_state(name: str) -> FlagState:
    flag = DECLARED[name]
    return FlagState(
        name=name,
        is_in_code=True,
        is_in_database=False,
        everyone=None,
        percent=None,
        is_for_staff=False,
        users_count=0,
        groups=(),
        starts_at=None,
        expires_at=None,
        kind=flag.kind.value,
        owner=flag.owner,
        purpose=flag.purpose,
        remove_on=flag.remove_on,
        created_at=None,
        last_evaluated_at=None,
    )
