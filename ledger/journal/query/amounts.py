"""Amounts as people type them, beside minor units: 500 is 50,000 paise, 500 yen and 500,000 fils."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from rupaya.core.money import CURRENCY_PLACES


@dataclass(frozen=True, slots=True)
class Scales:
    """How a typed amount compares with the amounts of a book's transactions, each in its account's currency.

    currency: the one with the most decimals, in whose minor units a typed amount is read. units: how many of those make
    one minor unit of the book's currency. others: the accounts whose currency has other decimals, by their own units.
    """

    currency: str
    units: int = 1
    others: dict[int, list[UUID]] = field(default_factory=dict)


ALIKE: Final = Scales("INR")  # every account has the same decimals, or no amount is asked for


def scales_of(*, base_currency: str, accounts: Iterable[tuple[UUID, str]]) -> Scales:
    """The scales of a book with these accounts (id, currency); those in the book's currency may be left out."""
    accounts = list(accounts)
    finest = max([base_currency, *(currency for _, currency in accounts)], key=CURRENCY_PLACES.__getitem__)
    units = {
        currency: 10 ** (CURRENCY_PLACES[finest] - places) for currency, places in CURRENCY_PLACES.items()
    }
    others: dict[int, list[UUID]] = {}
    for account_id, currency in accounts:
        if units[currency] != units[base_currency]:
            others.setdefault(units[currency], []).append(account_id)
    return Scales(finest, units[base_currency], others)


def amount_sql(
    scales: Scales, first: int | None, behind: int | None, *, bind: Callable[[object], str]
) -> str:
    """The condition that a transaction's amount lies from `first` up to, and without, `behind`; None is open.

    Both are in minor units of the finest currency, and compared as what they are in each account's own: whole numbers
    of its minor units, so nothing is computed for a row. bind: gives the placeholder of a value.
    """
    own = _between(first, behind, scales.units, bind)
    if not scales.others:
        return own
    elsewhere = [account_id for accounts in scales.others.values() for account_id in accounts]
    parts = [f"(t.account_id <> ALL({bind(elsewhere)}) AND {own})"]
    for units, accounts in scales.others.items():
        parts.append(f"(t.account_id = ANY({bind(accounts)}) AND {_between(first, behind, units, bind)})")
    return f"({' OR '.join(parts)})"


def _between(first: int | None, behind: int | None, units: int, bind: Callable[[object], str]) -> str:
    """`first <= amount * units < behind`, without the multiplication: both ends rounded up to whole minor units."""
    conditions = [
        f"t.amount_minor {sign} {bind(-(-bound // units))}"
        for sign, bound in ((">=", first), ("<", behind))
        if bound is not None
    ]
    return f"({' AND '.join(conditions)})"
