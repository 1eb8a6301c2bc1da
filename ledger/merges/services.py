"""Making one account of two: everything goes through the SQL function `ledger_account_merge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from ledger.amendments.services import AMEND_GUARDS
from ledger.books.access import BookVeiled
from ledger.books.locks import book_lock
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown, account_of, accounts_by_id
from ledger.chart.services import GUARDS as CHART_GUARDS
from ledger.chart.services import AccountMerged, AccountNeeded, Check
from ledger.merges.selectors import obstacles_of
from rupaya.core.db import constraints_now, explaining
from rupaya.core.errors import Conflict, DomainError, FieldError, Rejected
from rupaya.core.ids import uuid7

# Transactions that follow in one merge. 0.3 ms each on one core: 15 s, for which nobody else writes in the book.
FOLLOWING_MAX: Final = 50_000
# The statement may take longer than others may, which the role's own limit would end: on a busy machine too.
STATEMENT_MS: Final = 120_000


class MergeUnfit(Rejected):
    """Raised when two accounts can't become one: they are of two types or currencies, or one is closed."""

    code = "merge_unfit"
    title = "These two accounts can't become one"

    def __init__(self, message: str = "") -> None:
        super().__init__(message, errors=[FieldError("into_id", self.code, message or f"{self.title}.")])


class MergeHasStatements(Conflict):
    """Raised when the account that would go has a bank's statements."""

    code = "merge_has_statements"
    title = "The account has imported statements; merge the other way"


class MergeReconciled(Conflict):
    """Raised when transactions of the account agree with the bank."""

    code = "merge_reconciled"
    title = "Transactions of this account are reconciled with the bank; merge the other way, or take the mark off them"


class MergeTransfersBetween(Rejected):
    """Raised when transfers between the two would go from the account to itself."""

    code = "merge_transfers_between"
    title = "There are transfers between the two accounts, which would go from an account to itself; void them first"


class MergeChildrenAlike(Conflict):
    """Raised when both accounts have one of the same name below them."""

    code = "merge_children_alike"
    title = "Both have an account of the same name below them; merge those two first"


class MergeTooLarge(Rejected):
    """Raised when more transactions would follow than one request may move."""

    code = "merge_too_large"
    title = f"At most {FOLLOWING_MAX:,} transactions follow into another account at once"


GUARDS: Final[Mapping[str, type[DomainError]]] = {
    **CHART_GUARDS,
    **AMEND_GUARDS,
    "ledger_account_name_free": MergeChildrenAlike,
    "ledger_account_merge_fits": MergeUnfit,
    "ledger_account_merge_whole": BookVeiled,  # what did not follow is on an account that they do not see
    "ledger_account_merge_without_statements": MergeHasStatements,
    "ledger_transaction_reconciled_stays": MergeReconciled,
    "ledger_transaction_header_fits": MergeTransfersBetween,
}


@dataclass(frozen=True, slots=True)
class Merged:
    """The account that both are now, and how many transactions followed into it."""

    target: Account
    count: int


def account_merge(*, book: Book, account: Account, into_id: UUID, check: Check | None = None) -> Merged:
    """Will move everything of an account to another one and close it for good.

    Its children move below the other; each transaction keeps its former version. All or nothing. Takes 0.3 ms of the
    database a transaction, and may take two minutes. check: raises where the account is not what the person looked at.
    Locks the book. Raises MergeUnfit, MergeTooLarge, MergeHasStatements, MergeReconciled, MergeTransfersBetween,
    MergeChildrenAlike, BookVeiled, AccountNeeded, AccountMerged, ParentBelow, TreeTooDeep, AccountUnknown, and
    PeriodClosed where it has something in a closed period.
    """
    book_lock(book=book)
    source = account_of(book=book, account_id=account.pk, types=[account.type])  # as it is under the lock
    if check:
        check(source)
    target = accounts_by_id(book=book, ids=[into_id], purposes=()).get(into_id)
    if target is None:
        raise AccountUnknown("into_id")
    _check(book, source, target)
    with explaining(GUARDS), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(STATEMENT_MS)])
        cursor.execute(
            "SELECT ledger_account_merge(%s, %s, %s, %s)", [book.pk, source.pk, target.pk, uuid7()]
        )
        (count,) = cursor.fetchone()
        constraints_now()
    target.refresh_from_db()  # a child of the source has another parent now
    return Merged(target, count)


def _check(book: Book, source: Account, target: Account) -> None:
    if source.merged_into_id:
        raise AccountMerged
    if source.purpose:
        raise AccountNeeded
    problem = _unfit(source, target)
    if problem:
        raise MergeUnfit(problem)
    obstacles = obstacles_of(book=book, source=source, target=target, most=FOLLOWING_MAX)
    if obstacles.following_count > FOLLOWING_MAX:
        raise MergeTooLarge(
            f"“{source.name}” has more than {FOLLOWING_MAX:,} transactions, the most that follow at once; move some "
            f"of them to “{target.name}” first."
        )
    if obstacles.has_statements:
        raise MergeHasStatements(
            f"“{source.name}” has imported statements; merge “{target.name}” into it instead."
        )
    if obstacles.between_count:
        raise MergeTransfersBetween(
            f"{obstacles.between_count} transfers between “{source.name}” and “{target.name}” would go from "
            "the account to itself; void them first."
        )
    if obstacles.reconciled_count:
        raise MergeReconciled(
            f"{obstacles.reconciled_count} transactions of “{source.name}” are reconciled with the bank; "
            "merge the other way, or take the mark off them."
        )


def _unfit(source: Account, target: Account) -> str:
    checks: Sequence[tuple[bool, str]] = (
        (source.pk == target.pk, "An account can't be merged into itself."),
        (target.closed_at is not None, f"“{target.name}” is closed; reopen it first."),
        (source.closed_at is not None, f"“{source.name}” is closed; reopen it first."),
        (
            source.type != target.type,
            f"“{source.name}” is of type {source.type}, “{target.name}” of {target.type}.",
        ),
        (
            source.currency != target.currency,
            f"“{source.name}” is kept in {source.currency}, “{target.name}” in {target.currency}.",
        ),
    )
    return next((sentence for is_wrong, sentence in checks if is_wrong), "")
