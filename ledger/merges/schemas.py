"""What the API's answers about merges look like, and what a merge may be refused for."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from ledger.chart.schemas import WRITES_ACCOUNT, AccountOut, CategoryOut
from ledger.merges.services import GUARDS
from rupaya.core.operations import Refusals

MERGES: Final[Refusals] = (*WRITES_ACCOUNT, *GUARDS.values())


class AccountMergedOut(AccountOut):
    """The account that both are now."""

    example: ClassVar = {**AccountOut.example, "merged_transactions": 214}
    merged_transactions = serializers.IntegerField()


class CategoryMergedOut(CategoryOut):
    """The category that both are now."""

    example: ClassVar = {**CategoryOut.example, "merged_transactions": 214}
    merged_transactions = serializers.IntegerField()
