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
class Standing:
    """What the book says of the account without the statement's new rows, in minor units.

    before_minor: at the end of the day before the first row. at_end_minor: at the end of the last day.
    first_posted_on: the account's first posting. plugged_on: days from the first row on that hold a plug.
    """

    before_minor: int
    at_end_minor: int
    first_posted_on: dt.date | None
    plugged_on: Sequence[dt.date]


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

    After posting rows and plugs the account stands at the bank's opening the day before, at its closing on
    the last day, and unchanged from the next later plug on.
    """
    before = statement_opening_minor - standing.before_minor
    at_end = statement_closing_minor - (standing.at_end_minor + new_minor + before)
    is_new_account = standing.first_posted_on is None or standing.first_posted_on >= first_on
    within = [day for day in standing.plugged_on if day <= last_on]
    later = [day for day in standing.plugged_on if day > last_on]
    plugs = [
        Plug(first_on - _ONE_DAY, before, "opening" if is_new_account else "adjustment", not is_new_account),
        Plug(within[-1], at_end, "opening", needs_consent=False)
        if within
        else Plug(last_on, at_end, "adjustment", needs_consent=True),
    ]
    if later:
        added = new_minor + before + at_end
        plugs.append(Plug(later[0], -added, "opening", needs_consent=False))
    needed = tuple(plug for plug in plugs if plug.amount_minor)
    lacking = sum(plug.amount_minor for plug in needed if plug.needs_consent)
    return Plan(needed, statement_closing_minor - lacking)
