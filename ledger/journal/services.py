"""Recording transactions: everything goes through the SQL function `ledger_post`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from ledger.books.access import ACCOUNT_GUARDS
from ledger.books.models import Book
from ledger.journal.drafts import Draft, EntriesRefused, Entry, drafts_of
from ledger.journal.models import Transaction
from ledger.journal.rules import TransactionView, as_posted
from rupaya.core.db import assert_acting, explaining, whole
from rupaya.core.errors import Conflict, DomainError, FieldError, Invalid, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.prepared import prepared_cursor


class TransactionUnbalanced(Rejected):
    """Raised when the postings of a transaction do not sum to zero."""

    code = "transaction_unbalanced"
    title = "The parts of the transaction do not add up"


class TransactionUnfit(Rejected):
    """Raised when a part has an amount or an account that no transaction of the type can have."""

    code = "transaction_unfit"
    title = "A part of the transaction has an amount or an account that does not fit it"


class PeriodClosed(Rejected):
    """Raised when the date lies in a closed period."""

    code = "period_closed"
    title = "The date lies in a period that is closed"


class AccountClosed(Rejected):
    """Raised when an account was closed."""

    code = "account_closed"
    title = "The account is closed; reopen it first"


class TotalTooLarge(Rejected):
    """Raised when a month's sum on an account would leave the numbers that are counted."""

    code = "total_too_large"
    title = "A month on this account would hold more than can be counted"


class TransactionRecorded(Conflict):
    """Raised when a transaction of this id is in the ledger: the same wish came twice."""

    code = "transaction_recorded"
    title = "This is recorded already"


class ExternalIdTaken(Conflict):
    """Raised when the account has a transaction of that external id."""

    code = "external_id_taken"
    title = "The account has a transaction of this external id"


class ExternalIdTwice(Invalid):
    """Raised when a batch has an external id twice for one account."""

    code = "external_id_twice"
    title = "The external id is in this batch already"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("external_id", self.code, f"{self.title}.")])


GUARDS: Final[Mapping[str, type[DomainError]]] = {
    **ACCOUNT_GUARDS,
    "ledger_transaction_pkey": TransactionRecorded,
    "ledger_posting_pkey": TransactionRecorded,  # header and postings come together; either key may speak first
    "ledger_transaction_external_once": ExternalIdTaken,
    "ledger_transaction_balanced": TransactionUnbalanced,
    "ledger_posting_base_equals_amount": TransactionUnfit,
    "ledger_posting_amount_not_zero": TransactionUnfit,
    "ledger_posting_signs_agree": TransactionUnfit,
    "ledger_transaction_legs_fit": TransactionUnfit,
    "ledger_month_total_in_range": TotalTooLarge,
    "ledger_account_open": AccountClosed,
    "ledger_period_open": PeriodClosed,
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transaction that stands for an entry; `is_new` unless its external id was known."""

    id: UUID
    is_new: bool


def transaction_post(*, book: Book, entry: Entry) -> UUID:
    """Will record an entry and return the new transaction's id. Two queries and the guards.

    Raises AccountUnknown, AccountUnfit, AmountUnfit, TransferToItself, AccountMerged, AccountClosed, PeriodClosed,
    TransactionRecorded, ExternalIdTaken; nothing is written then.
    """
    assert_acting()
    (draft,) = drafts_of(book=book, entries=[entry])
    accounts_check([draft])
    transactions_write(book=book, drafts=[draft])
    return draft.id


def entries_post(*, book: Book, entries: Sequence[Entry]) -> list[Recorded]:
    """Will record entries, all or none, as one change; an external id that its account knows stands for what is there.

    Two queries and the guards, one more where entries have external ids. Raises what transaction_post raises but for
    ExternalIdTaken; of several entries EntriesRefused.
    """
    assert_acting()
    change_id = uuid7() if len(entries) > 1 else None
    drafts = drafts_of(book=book, entries=entries, change_id=change_id)
    _check_once(drafts)
    if not any(draft.key for draft in drafts):
        accounts_check(drafts)
        transactions_write(book=book, drafts=drafts)
        return [Recorded(draft.id, is_new=True) for draft in drafts]
    known = external_ids_known(book=book, drafts=drafts)
    accounts_check(drafts, known=known)
    try:
        with whole():
            _write_unknown(book, drafts, known)
    except ExternalIdTaken:  # somebody recorded the same at this very moment
        known = external_ids_known(book=book, drafts=drafts)
        _write_unknown(book, drafts, known)
    return [
        Recorded(known[draft.key], is_new=False) if draft.key in known else Recorded(draft.id, is_new=True)
        for draft in drafts
    ]


def accounts_check(drafts: Sequence[Draft], *, known: Collection[Any] = ()) -> None:
    """Will let drafts pass whose accounts were not merged, and those whose keys are known: they are not written.

    Raises AccountMerged; of several drafts EntriesRefused. The guards have the say, and would speak of closed accounts.
    """
    wrong = [
        (index, draft.gone) for index, draft in enumerate(drafts) if draft.gone and draft.key not in known
    ]
    if wrong and len(drafts) == 1:
        raise wrong[0][1]
    if wrong:
        raise EntriesRefused(wrong)


def _check_once(drafts: Sequence[Draft]) -> None:
    keys = [draft.key for draft in drafts]
    wrong = [
        (index, ExternalIdTwice())
        for index, key in enumerate(keys)
        if key is not None and key in keys[:index]
    ]
    if wrong:
        raise EntriesRefused(wrong)


def _write_unknown(book: Book, drafts: Sequence[Draft], known: Mapping[Any, UUID]) -> None:
    # In one order for everybody: two batches with the same keys then wait for each other, and not in a circle.
    unknown = sorted((draft for draft in drafts if draft.key not in known), key=lambda draft: str(draft.key))
    if unknown:
        transactions_write(book=book, drafts=unknown)


def external_ids_known(*, book: Book, drafts: Sequence[Draft]) -> dict[tuple[UUID, str], UUID]:
    """The transactions of those drafts' keys that the book has. One query."""
    keys = [draft.key for draft in drafts if draft.key]
    found = Transaction.objects.filter(
        book=book,
        external_account_id__in={account_id for account_id, _ in keys},
        external_id__in={external_id for _, external_id in keys},
    ).order_by("pk")
    rows = found.values_list("external_account_id", "external_id", "pk")
    return {(account_id, str(external_id)): identity for account_id, external_id, identity in rows}


def is_same(view: TransactionView, entry: Entry) -> bool:
    """Whether a recorded transaction says what the entry says, as far as a person would see it."""
    said = (view.type, view.date, view.description, view.amount)
    return said == (entry.type, entry.date, entry.description, entry.amount)


def transactions_write(*, book: Book, drafts: Sequence[Draft]) -> None:
    """Will write any number of transactions, whole, in one statement; the guards have the say.

    Raises what GUARDS lists; nothing is written then, and whoever goes on has `whole()` around this.
    """
    assert_acting()
    items = orjson.dumps([as_posted(draft.as_json()) for draft in drafts]).decode()
    with explaining(GUARDS, is_last=True), prepared_cursor() as cursor:
        cursor.execute("SELECT ledger_post(%s, %s)", [book.pk, items])
