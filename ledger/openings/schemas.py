"""What the API's answers about opened accounts look like, and what opening one may be refused for."""

from __future__ import annotations

from typing import ClassVar, Final

from ledger.amendments.services import AMEND_GUARDS
from ledger.chart.schemas import WRITES_ACCOUNT, AccountOut
from ledger.journal.drafts import AmountUnfit
from ledger.journal.schemas import TransactionOut
from ledger.openings.services import OpeningFromStatement
from rupaya.core.operations import Refusals

OPENS: Final[Refusals] = (*WRITES_ACCOUNT, AmountUnfit, OpeningFromStatement, *AMEND_GUARDS.values())


class AccountOpenedOut(AccountOut):
    """An account and what it opened with, null for zero."""

    example: ClassVar = {**AccountOut.example, "opening_balance": None}
    opening_balance = TransactionOut(allow_null=True)
