"""What the API takes and gives about a transaction over time, and what changing one may be refused for."""

from __future__ import annotations

from typing import ClassVar, Final

from rest_framework import serializers

from ledger.amendments.rules import ChangeUnfit
from ledger.amendments.selectors import UndoNotFound, VersionNotFound
from ledger.amendments.serializers import BatchChange
from ledger.amendments.services import (
    AMEND_GUARDS,
    TransactionTypeStays,
    TransactionVoid,
    UndoTooLate,
    VersionVoid,
)
from ledger.books.access import BookVeiled
from ledger.books.schemas import READS_BOOK
from ledger.journal.drafts import EntriesRefused
from ledger.journal.rules import BATCH_MAX
from ledger.journal.schemas import POSTS, TransactionOut
from ledger.journal.selectors import TransactionNotFound
from ledger.journal.serializers import TransactionIn
from rupaya.core.api import Input
from rupaya.core.errors import PreconditionFailed
from rupaya.core.operations import Ask, Output, Refusals, page_of_shape

CHANGES: Final[Refusals] = (
    *POSTS,
    TransactionNotFound,
    PreconditionFailed,
    ChangeUnfit,
    TransactionTypeStays,
    TransactionVoid,
    *AMEND_GUARDS.values(),
)
READS_TRANSACTION: Final[Refusals] = (*READS_BOOK, TransactionNotFound)
RESTORES: Final[Refusals] = (*CHANGES, BookVeiled, VersionNotFound, VersionVoid)
UNDOES: Final[Refusals] = (*CHANGES, BookVeiled, UndoNotFound, UndoTooLate)
BATCHES: Final[Refusals] = (*POSTS, EntriesRefused)
VERSION_ASK: Final = Ask(
    "version",
    "The version to go back to; without it, what was before the transaction was made void.",
    {"type": "integer", "minimum": 1, "maximum": 9999},
)


class TransactionBatchIn(Input):
    """Transactions to record, all or none."""

    example: ClassVar = {"transactions": [TransactionIn.example]}

    transactions = serializers.ListField(child=TransactionIn(), min_length=1, max_length=BATCH_MAX)


class TransactionBatchChangeIn(Input):
    """Transactions to change, all or none."""

    example: ClassVar = {"transactions": [BatchChange.example]}

    transactions = serializers.ListField(child=BatchChange(), min_length=1, max_length=BATCH_MAX)


class TransactionBatchOut(Output):
    """Transactions in the order in which they were given; the token takes the whole change back."""

    example: ClassVar = {
        "results": [TransactionOut.example],
        "undo_token": TransactionOut.example["undo_token"],
    }
    results = TransactionOut(many=True)
    undo_token = serializers.UUIDField(allow_null=True, help_text="null where nothing is new or differs.")


class VersionOut(Output):
    """What a transaction said once, who made it so, and when."""

    example: ClassVar = {
        "version": 1,
        "changed_at": "2026-11-23T04:30:00.123456Z",
        "changed_by": "019ab1c2-5d70-7a10-8000-0123456789ab",
        "changed_by_name": "Asha Rao",
        "transaction": TransactionOut.example,
    }
    version = serializers.IntegerField(min_value=1)
    changed_at = serializers.DateTimeField()
    changed_by = serializers.UUIDField(allow_null=True)
    changed_by_name = serializers.CharField(allow_null=True)
    transaction = TransactionOut()


VersionPage: Final = page_of_shape(VersionOut)
