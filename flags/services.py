"""Changing flags. Each change says why, is made one at a time, and counts everywhere from its commit on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from difflib import get_close_matches
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import connection

from flags.evaluation import readings_forget
from flags.models import Flag
from flags.registry import DECLARED
from flags.rules import ScheduleInvalid, reason_normal
from rupaya.core.db import assert_acting
from rupaya.core.errors import Conflict, NotFound


class FlagNotFound(NotFound):
    """Raised for a name that neither the code nor the database knows."""

    code = "flag_not_found"
    title = "There is no such flag"


class GroupNotFound(NotFound):
    """Raised for a group of people that does not exist."""

    code = "group_not_found"
    title = "There is no such group of people"


class FlagStillAsked(Conflict):
    """Raised for removing a flag that the code still asks for."""

    code = "flag_still_asked"
    title = "The code still asks for this flag"


@contextmanager
def flags_changing(*, reason: str) -> Iterator[None]:
    """Will let flags change until the end, for a reason; locks out all other changes of flags until the commit.

    Raises ReasonMissing. Without this the database refuses a change (flags_change_has_reason).
    """
    assert_acting()
    why = reason_normal(reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT flags_change_begin(%s)", [why])
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.change_reason', '', true)")
    readings_forget()


def flag_on(*, name: str, reason: str, now: dt.datetime, for_s: int | None = None) -> Flag:
    """Will turn a flag on for everyone: from now on, or for so many seconds and then off. Raises FlagNotFound."""
    with flags_changing(reason=reason):
        flag = _flag_afresh(name, now)
        flag.everyone, flag.starts_at = True, None
        flag.expires_at = now + dt.timedelta(seconds=for_s) if for_s else None
        flag.save()
    return flag


def flag_off(*, name: str, reason: str) -> Flag:
    """Will turn a flag off for everyone. Its audience is kept for `flag_resume`; any other change forgets it."""
    with flags_changing(reason=reason):
        flag = _flag(name)
        flag.everyone = False
        flag.save()
    return flag


def flag_resume(*, name: str, reason: str) -> Flag:
    """Will leave it to the flag's audience again, as it was before the flag was turned on or off for everyone."""
    with flags_changing(reason=reason):
        flag = _flag(name)
        flag.everyone = None
        flag.save()
    return flag


def flag_users_set(
    *, name: str, user_ids: Iterable[UUID], is_listed: bool, reason: str, now: dt.datetime
) -> Flag:
    """Will list people on a flag, or list them no more."""
    with flags_changing(reason=reason):
        flag = _flag_afresh(name, now)
        change: Callable[..., None] = flag.users.add if is_listed else flag.users.remove
        change(*user_ids)
    return flag


def flag_groups_set(
    *, name: str, groups: Iterable[str], is_listed: bool, reason: str, now: dt.datetime
) -> Flag:
    """Will list groups of people by their names, or list them no more; raises GroupNotFound."""
    with flags_changing(reason=reason):
        flag = _flag_afresh(name, now)
        change = flag.groups.add if is_listed else flag.groups.remove
        change(*(_group(group) for group in groups))
    return flag


def flag_staff_set(*, name: str, is_for_staff: bool, reason: str, now: dt.datetime) -> Flag:
    """Will turn a flag on for staff, or not for staff as such."""
    with flags_changing(reason=reason):
        flag = _flag_afresh(name, now)
        flag.staff = is_for_staff
        flag.save()
    return flag


def flag_percent_set(*, name: str, percent: Decimal, reason: str, now: dt.datetime) -> Flag:
    """Will turn a flag on for a percentage of people, from 0 to 100; one that was on for everyone is so no more."""
    with flags_changing(reason=reason):
        flag = _flag_afresh(name, now)
        flag.percent = percent
        flag.everyone = None
        flag.save()
    return flag


def flag_schedule(
    *, name: str, starts_at: dt.datetime | None, expires_at: dt.datetime | None, reason: str, now: dt.datetime
) -> Flag:
    """Will bound a flag in time: for its audience, or for everyone where it has none. Raises ScheduleInvalid."""
    if expires_at is not None and expires_at <= now:
        raise ScheduleInvalid("That is over already.")
    if starts_at is not None and expires_at is not None and expires_at <= starts_at:
        raise ScheduleInvalid("It would end before it begins.")
    with flags_changing(reason=reason):
        flag = _flag_afresh(name, now)
        flag.starts_at, flag.expires_at = starts_at, expires_at
        if flag.everyone is None and not _has_audience(flag):
            flag.everyone = True
        flag.save()
    return flag


def flag_remove(*, name: str, reason: str) -> None:
    """Will remove a flag that no code asks for; its changes stay known. Raises FlagNotFound and FlagStillAsked."""
    if name in DECLARED:
        raise FlagStillAsked(f"The code still asks for “{name}”: take it out of flags/registry.py first.")
    with flags_changing(reason=reason):
        _flag(name).delete()


def _flag(name: str) -> Flag:
    """The row; one that the code asks for and that has none yet is made as declared. Raises FlagNotFound."""
    flag = Flag.objects.filter(name=name).first()
    if flag is not None:
        return flag
    declared = DECLARED.get(name)
    if declared is None:
        known = {*DECLARED, *Flag.objects.values_list("name", flat=True)}
        raise FlagNotFound(f"There is no flag “{name}”.{suggestion(name, known)}")
    return Flag.objects.create(
        name=name,
        kind=declared.kind.value,
        owner=declared.owner,
        purpose=declared.purpose,
        remove_on=declared.remove_on,
    )


def _flag_afresh(name: str, now: dt.datetime) -> Flag:
    """The row, without its audience where it was off or over: nobody is to come back with a change for another."""
    flag = _flag(name)
    is_over = flag.expires_at is not None and flag.expires_at <= now
    if flag.everyone is False or is_over:
        flag.everyone = flag.percent = flag.starts_at = flag.expires_at = None
        flag.staff = False
        flag.save()
        flag.users.clear()
        flag.groups.clear()
    return flag


def _has_audience(flag: Flag) -> bool:
    return bool(flag.staff or flag.percent or flag.users.exists() or flag.groups.exists())


def _group(name: str) -> Group:
    group = Group.objects.filter(name=name).first()
    if group is None:
        known = Group.objects.order_by("name").values_list("name", flat=True)
        raise GroupNotFound(f"There is no group “{name}”.{suggestion(name, known)}")
    return group


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """What was probably meant, as a sentence to append; empty for nothing near."""
    near = get_close_matches(wrong, sorted(known), n=1)
    return f" Did you mean “{near[0]}”?" if near else ""
