"""What opening an account with its balance takes."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from ledger.chart.serializers import AccountIn
from ledger.journal.serializers import NumberField
from ledger.openings.services import Opening
from rupaya.core.api import DateField, Input


class OpeningIn(Input):
    """What an account holds (positive) or owes (negative) at the end of a day; without a date, today."""

    example: ClassVar = {"amount": 20000, "date": "2026-04-01"}

    amount = NumberField()
    date = DateField(required=False)
    base_amount = NumberField(required=False)


class AccountOpeningIn(AccountIn):
    """What opens an account, with what it holds or owes already."""

    example: ClassVar = {"name": "HDFC savings", "kind": "bank", "opening_balance": {"amount": 20000}}

    opening_balance = OpeningIn(required=False)


def opening_of(values: dict[str, Any], *, today: dt.date, path: str = "") -> Opening:
    """The opening balance that validated input stands for."""
    return Opening(values["amount"], values.get("date") or today, values.get("base_amount"), path)
