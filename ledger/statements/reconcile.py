"""How an account comes to agree with the bank. Pure: sums in, entries to post out.

A statement proves two balances: before its first row and after its last. What the book lacks to reach
them is a *plug*: an opening balance, or an adjustment that the person agrees to. A plug always stands for
rows that have not been seen yet, so rows that turn up later (an older file) shrink it again by themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_ONE_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PluggedDay:
    """A day within the statement that holds a plug, and what the book lacks by then.

    lacking_minor: the statement's known rows up to the end of that day, less what the book moved since its first.
    """

    on: dt.date
    lacking_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the book says of the account without the statement's new rows, in minor units.

    before_minor: at the end of the day before the first row. at_end_minor: at the end of the last day.
    first_posted_on: the account's first posting. plugged: the days from first to last row that hold a plug.
    next_on: the first later day that holds a plug or has a posted statement's opening balance; what the book
    says from there on must stay.
    """

    before_minor: int
    at_end_minor: int
    first_posted_on: dt.date | None
    plugged: Sequence[PluggedDay] = ()
    next_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Plug:
    """An entry that makes the account agree; positive adds to it. `needs_consent` where only the person can know."""

    on: dt.date
    amount_minor: int
    origin: str
    needs_consent: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The plugs that posting a statement needs, and the account's balance at its last day without consent."""

    plugs: tuple[Plug, ...]
    balance_after_minor: int

    @property
    def difference_minor(self) -> int:
        """What the book would lack against the bank if the person does not agree to an adjustment."""
        return sum(plug.amount_minor for plug in self.plugs if plug.needs_consent)


def plan_of(
    *,
    statement_opening_minor: int,
    statement_closing_minor: int,
    first_on: dt.date,
    last_on: dt.date,
    new_minor: int,
    standing: Standing,
) -> Plan:
    """The plugs for a statement whose unknown rows sum to `new_minor`.

    After posting rows and plugs the account stands at the bank's opening the day before, at the bank's balance
    on each day of the statement that held a plug, at its closing on the last day, and unchanged from `next_on` on.
    """
    before = statement_opening_minor - standing.before_minor
    is_new_account = standing.first_posted_on is None or standing.first_posted_on >= first_on
    plugs = [
        Plug(first_on - _ONE_DAY, before, "opening" if is_new_account else "adjustment", not is_new_account)
    ]
    settled = 0
    for day in standing.plugged:
        plugs.append(Plug(day.on, day.lacking_minor - settled, "opening", needs_consent=False))
        settled = day.lacking_minor
    at_end = statement_closing_minor - (standing.at_end_minor + new_minor + before + settled)
    plugs.append(Plug(last_on, at_end, "adjustment", needs_consent=True))
    if standing.next_on:
        added = new_minor + before + settled + at_end
        plugs.append(Plug(standing.next_on, -added, "opening", needs_consent=False))
    needed = tuple(plug for plug in plugs if plug.amount_minor)
    lacking = sum(plug.amount_minor for plug in needed if plug.needs_consent)
    return Plan(needed, statement_closing_minor - lacking)
