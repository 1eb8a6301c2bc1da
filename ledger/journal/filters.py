"""What a list of transactions may be filtered by, and the SQL of it: conditions on `t`, a header."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from ledger.journal.query.amounts import ALIKE, Scales, amount_sql
from ledger.journal.query.sql import HAS_ATTACHMENT, PAYEE, PRESENT_LEG, TAG, any_of
from rupaya.core.text import spellings

# A leg on one of the accounts, in the version that is shown.
_LEG: Final = PRESENT_LEG.format(condition="p.account_id = ANY(%({0})s)")
_CONDITIONS: Final[Mapping[str, str]] = {
    "type": "t.type = %({0})s",
    "status": "t.status = %({0})s",
    "since": "t.date >= %({0})s",
    "until": "t.date <= %({0})s",
    "account_ids": "(t.account_id = ANY(%({0})s) OR t.to_account_id = ANY(%({0})s))",
    "category_ids": _LEG,
    "leg_account_ids": _LEG,
    "is_reconciled": "t.is_reconciled = %({0})s",
}
_SPELLED: Final[Mapping[str, str]] = {"payee": PAYEE, "tag": TAG}


@dataclass(frozen=True, slots=True)
class Filters:
    """All given ones must hold. Amounts are minor units of `scales.currency`, the finest of the book's; both ends
    and dates are inclusive. Without scales every account has the same decimals.

    status: '' leaves void ones out, 'all' does not. account_ids and category_ids: any of them (a category with its
    children); leg_account_ids: accounts or categories, exactly these. where: the SQL of `?q=` with its parameters;
    is_status_asked: whether it says itself which statuses it wants.
    """

    type: str = ""
    status: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    account_ids: tuple[UUID, ...] | None = None
    category_ids: tuple[UUID, ...] | None = None
    leg_account_ids: tuple[UUID, ...] | None = None
    payee: str = ""
    tag: str = ""
    amount_min: int | None = None
    amount_max: int | None = None
    scales: Scales = ALIKE
    is_reconciled: bool | None = None
    has_attachment: bool | None = None
    where: str = ""
    is_status_asked: bool = False
    where_parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def searches(self) -> bool:
        """Whether a condition is about words or tags, of which row-level security hides index and statistics."""
        return bool(self.where or self.tag)


NONE: Final = Filters()


def filters_sql(filters: Filters) -> tuple[str, dict[str, Any]]:
    """The conditions as `AND …` with named parameters."""
    conditions, parameters = [], dict(filters.where_parameters)
    for name, condition in _CONDITIONS.items():
        value = getattr(filters, name)
        if value in ("", None) or (name == "status" and value == "all"):
            continue
        conditions.append(condition.format(f"f_{name}"))
        parameters[f"f_{name}"] = list(value) if isinstance(value, tuple) else value
    for name, condition in _SPELLED.items():
        values = {f"f_{name}{at}": text for at, text in enumerate(spellings(getattr(filters, name))) if text}
        if values:
            conditions.append(any_of([condition.format(value=f"%({key})s") for key in values]))
            parameters |= values
    if filters.amount_min is not None or filters.amount_max is not None:
        conditions.append(_amount_sql(filters, parameters))
    if not filters.status and not filters.is_status_asked:
        conditions.append("t.status <> 'void'")
    if filters.has_attachment is not None:
        conditions.append(f"{'' if filters.has_attachment else 'NOT '}{HAS_ATTACHMENT}")
    if filters.where:
        conditions.append(f"({filters.where})")
    return "".join(f" AND {condition}" for condition in conditions), parameters


def _amount_sql(filters: Filters, parameters: dict[str, Any]) -> str:
    def bind(value: object) -> str:
        name = f"f_amount{len(parameters)}"
        parameters[name] = value
        return f"%({name})s"

    behind = None if filters.amount_max is None else filters.amount_max + 1
    return amount_sql(filters.scales, filters.amount_min, behind, bind=bind)
