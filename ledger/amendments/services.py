"""Changing what is in the book: everything that is there goes through the SQL function `ledger_amend`.

Each change locks the book alone until it is committed, reads the state under that lock, and writes the next version.
Recording a batch (`transactions_post`) changes nothing that is there: it goes through the journal, and locks as posting
does. It is here for its refusals, which have places as those of a changed batch do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import orjson

from ledger.amendments.rules import (
    MONEY,
    State,
    Touched,
    changed,
    touched_by,
    undoing_of,
    version_before_void,
)
from ledger.amendments.selectors import (
    accounts_closed,
    accounts_locked,
    change_of,
    external_ids_veiled,
    period_closed_until,
    state_of,
    state_then,
    states_now,
    states_then,
    steps_of,
)
from ledger.books.access import AccountReadOnly, BookVeiled
from ledger.books.locks import book_lock
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import Heir, heirs_of
from ledger.chart.services import AccountMerged
from ledger.journal.drafts import EntriesRefused, Entry, TransferToItself, drafts_of
from ledger.journal.models import VERSIONS_MAX
from ledger.journal.selectors import Shown, TransactionNotFound, transaction_of
from ledger.journal.services import (
    GUARDS,
    AccountClosed,
    ExternalIdTaken,
    PeriodClosed,
    Recorded,
    accounts_check,
    entries_post,
)
from rupaya.core.db import assert_acting, explaining, whole
from rupaya.core.errors import Conflict, DomainError, FieldError, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.prepared import prepared_cursor

Check = Callable[[Shown], None]


class TransactionVoid(Conflict):
    """Raised when a void transaction would be changed."""

    code = "transaction_void"
    title = "This transaction is void; restore it first"


class TransactionReconciled(Conflict):
    """Raised when money that agrees with the bank would change."""

    code = "transaction_reconciled"
    title = "This agrees with the bank's statement; take the mark “reconciled” off first"


class TransactionTypeStays(Conflict):
    """Raised when an opening balance or adjustment would become something else."""

    code = "transaction_type_stays"
    title = "An opening balance or adjustment stays a transfer; void it instead"


class VersionVoid(Conflict):
    """Raised when the version to go back to was void itself."""

    code = "version_void"
    title = "That version was void; void the transaction instead"


class UndoTooLate(Conflict):
    """Raised when something of the change was changed again since."""

    code = "undo_too_late"
    title = "This was changed again since, so it can't be undone"


class VersionStale(Conflict):
    """Raised when a transaction is not the version that the person looked at."""

    code = "version_stale"
    title = "The transaction was changed since; read it again"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("version", self.code, f"{self.title}.")])


class VersionsTooMany(Rejected):
    """Raised when a transaction has as many versions as are kept."""

    code = "versions_too_many"
    title = "This transaction was changed too often"

    def __init__(self, *, is_void: bool = False) -> None:
        way = "it can't be restored any more, so record it anew" if is_void else "void it and record it anew"
        super().__init__(f"{self.title}; {way}.")


AMEND_GUARDS: Final[Mapping[str, type[DomainError]]] = {
    **GUARDS,
    "ledger_transaction_reconciled_stays": TransactionReconciled,
    "ledger_transaction_versions_few": VersionsTooMany,
}


def transaction_change(*, book: Book, transaction_id: UUID, changes: Mapping[str, Any], check: Check) -> None:
    """Will make the next version of a transaction; where nothing differs it stays as it is.

    changes: validated fields of TransactionChange. check: raises where it is not what the person looked at. Locks the
    book. Seven queries, two of them a savepoint's; four where nothing differs. Raises TransactionNotFound,
    TransactionVoid, TransactionTypeStays, TransactionReconciled, ChangeUnfit, VersionsTooMany, and what
    transaction_post raises.
    """
    book_lock(book=book)
    check(transaction_of(book=book, transaction_id=transaction_id))
    state = state_of(book=book, transaction_id=transaction_id)
    _amend(book, _next_states(book, [state], [changes]))


def transactions_post(*, book: Book, entries: Sequence[Entry]) -> list[Recorded]:
    """Will record a batch, all or none, as one change.

    Locks the book as posting does, beside whoever else posts. Four queries, two of them a savepoint's; seven where
    entries have external ids. Raises EntriesRefused with the place of each wrong one, also of those that a guard
    refuses.
    """
    assert_acting()
    try:
        with whole():  # what a guard refused is looked up afterwards
            return entries_post(book=book, entries=entries)
    except DomainError as error:
        raise _placed(book, error, [_touched(entry) for entry in entries]) from error


def transactions_change(
    *, book: Book, changes: Sequence[tuple[UUID, Mapping[str, Any]]], check: Callable[[int, State], None]
) -> UUID | None:
    """Will change a batch, all or none, as one change, and return its id; None where nothing differs.

    Locks the book. Six queries, two of them a savepoint's, however many they are. Raises EntriesRefused with the
    place of each wrong one, also of those that a guard refuses.
    """
    book_lock(book=book)
    found = states_now(book=book, ids=[identity for identity, _ in changes])
    wrong: list[tuple[int, DomainError]] = []
    for index, (identity, _) in enumerate(changes):
        try:
            if identity not in found:
                raise TransactionNotFound
            check(index, found[identity])
        except DomainError as error:
            wrong.append((index, error))
    if wrong:
        raise EntriesRefused(wrong)
    states = [found[identity] for identity, _ in changes]
    items: list[dict[str, Any]] = []
    try:
        items = _next_states(book, states, [fields for _, fields in changes])
        return _amend(book, items)
    except DomainError as error:
        by_id = {item["id"]: item for item in items}
        touched = [touched_by(state, by_id.get(str(state.id))) for state in states]
        raise _placed(book, error, touched) from error


def transaction_void(*, book: Book, transaction_id: UUID, check: Check) -> None:
    """Will make a transaction count no more; a void one stays as it is.

    Locks the book. Six queries, two of them a savepoint's. Raises TransactionNotFound, TransactionReconciled,
    PeriodClosed, AccountClosed.
    """
    book_lock(book=book)
    check(transaction_of(book=book, transaction_id=transaction_id))
    state = state_of(book=book, transaction_id=transaction_id)
    _amend(book, [] if state.status == "void" else [state.as_json(status="void", with_legs=False)])


def transaction_restore(*, book: Book, transaction_id: UUID, version: int | None, check: Check) -> None:
    """Will make a transaction count again as a version said; without one as it counted before it was made void.

    What it said of merged accounts it says of those that took over. Locks the book. Eight queries, two of them a
    savepoint's; without a version nine. Raises TransactionNotFound, VersionNotFound, VersionVoid, VersionsTooMany,
    TransferToItself, BookVeiled where the version that is meant, or the account that took over, is hidden, and what the
    guards refuse.
    """
    book_lock(book=book)
    check(transaction_of(book=book, transaction_id=transaction_id))
    state = state_of(book=book, transaction_id=transaction_id)
    if version == state.version or (version is None and state.status != "void"):
        if state.status == "void":
            raise VersionVoid
        return
    version = version or version_before_void(steps_of(book=book, transaction_id=transaction_id))
    if version is None:
        raise BookVeiled(book_id=book.pk)
    then = state_then(book=book, transaction_id=transaction_id, version=version)
    if then.status == "void":
        raise VersionVoid
    with _telling_void([state]):
        _amend(book, [_back_to(state, _followed(book, then, heirs_of(book=book)))])


def change_undo(*, book: Book, change_id: UUID) -> tuple[list[UUID], UUID | None]:
    """Will take back everything that one change made, as a change of its own: (its transactions, the new change's id).

    A transaction that the change recorded becomes void; merged accounts are followed as `transaction_restore` does.
    Locks the book. Nine queries, two of them a savepoint's, however many they are. Raises UndoNotFound, UndoTooLate,
    BookVeiled where some of it is hidden, AccountMerged where nothing but a merge would be taken back,
    TransferToItself, VersionsTooMany, and what the guards refuse.
    """
    book_lock(book=book)
    change = change_of(book=book, change_id=change_id)
    if change.is_superseded:
        raise UndoTooLate
    if not change.is_whole:
        raise BookVeiled(book_id=book.pk)
    then = _states_before(book, change.states)
    items = [
        _back_to(state, then[state.id]) if state.id in then else state.as_json(status="void", with_legs=False)
        for state in change.states
    ]
    with _telling_void(change.states):
        return [state.id for state in change.states], _amend(book, items, change_id=undoing_of(change_id))


def _states_before(book: Book, states: Sequence[State]) -> dict[UUID, State]:
    """What those said before that were not new then. Two queries at most."""
    versions = [(state.id, state.version - 1) for state in states if state.version > 1]
    if not versions:
        return {}
    then = states_then(book=book, versions=versions)
    if len(then) < len(versions):  # some are hidden: they were there, so they do not become void
        raise BookVeiled(book_id=book.pk)
    heirs = heirs_of(book=book)
    followed = {identity: _followed(book, state, heirs) for identity, state in then.items()}
    met = _heirs_met(then.values(), heirs)
    if met and all(state.id in then and followed[state.id].says(state) for state in states):
        raise AccountMerged(f"{met[0].sentence}, which can't be undone.")
    return followed


def _followed(book: Book, then: State, heirs: Mapping[UUID, Heir]) -> State:
    """The state of the accounts that there are: what was merged away takes no postings, and is never reopened."""
    met = _heirs_met([then], heirs)
    if then.status == "void" or not met:
        return then
    if any(heir.account_id is None for heir in met):
        raise BookVeiled(book_id=book.pk)
    followed = then.following({old: heir.account_id for old, heir in heirs.items() if heir.account_id})
    if followed.account_id == followed.to_account_id:
        raise TransferToItself(f"{met[0].sentence}, so this would go from an account to itself.")
    return followed


def _heirs_met(states: Iterable[State], heirs: Mapping[UUID, Heir]) -> list[Heir]:
    """The heirs of merged accounts that the states speak of."""
    return [heirs[leg.account_id] for state in states for leg in state.legs if leg.account_id in heirs]


def _next_states(
    book: Book, states: Sequence[State], changes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What `ledger_amend` takes for those that differ from what stands."""
    entries, wrong = [], []
    for index, (state, fields) in enumerate(zip(states, changes, strict=True)):
        try:
            entries.append(_entry(state, fields, book))
        except DomainError as error:
            if len(states) == 1:
                raise
            wrong.append((index, error))
    if wrong:
        raise EntriesRefused(wrong)
    drafts = drafts_of(book=book, entries=entries)
    accounts_check(drafts)
    items = []
    for state, draft in zip(states, drafts, strict=True):
        item = draft.as_json()
        standing = state.as_json(status=state.status, with_legs=True)
        if item["date"] == standing["date"] and item["postings"] == standing["postings"]:
            del item["postings"], standing["postings"]
        if any(item[name] != value for name, value in standing.items()):
            items.append(item)
    return items


def _entry(state: State, changes: Mapping[str, Any], book: Book) -> Entry:
    if state.status == "void":
        raise TransactionVoid
    if state.origin in {"opening", "adjustment"} and changes.get("type", state.type) != state.type:
        raise TransactionTypeStays
    return Entry(
        id=state.id, origin=state.origin, **changed(state, changes, base_currency=book.base_currency)
    )


def _back_to(state: State, then: State) -> dict[str, Any]:
    """The state as a version said; its postings come again where others, or none, count now.

    Back to void, no postings come: the money that it says is that which counted last.
    """
    if then.status == "void":
        words = then.as_json(status="void", with_legs=False)
        money = state.as_json(status="void", with_legs=False)
        return words | {name: money[name] for name in MONEY}
    again = state.status == "void" or not state.same_money(then)
    return then.as_json(status=then.status, with_legs=again)


def _touched(entry: Entry) -> Touched:
    """What a new transaction touches. Its category by default is never closed, nor for reading alone."""
    account = entry.account_id or str(Account.Purpose.EVERYDAY)
    named = (account, entry.to_account_id, *(category for category, _ in entry.parts))
    accounts = {one for one in named if one}
    key = (account, entry.external_id) if entry.external_id else None
    return Touched(dates=(entry.date,), accounts=accounts, key=key)


def _placed(book: Book, error: DomainError, touched: Sequence[Touched]) -> DomainError:
    """The refusal of a batch with the places that it means; itself where none can be told. Two queries at most."""
    if isinstance(error, EntriesRefused):
        return error
    is_meant = _meaning(book, error, touched) if len(touched) > 1 else lambda _: True
    wrong = [(index, error) for index, one in enumerate(touched) if is_meant(one)]
    return EntriesRefused(wrong) if wrong else error


def _meaning(book: Book, error: DomainError, touched: Sequence[Touched]) -> Callable[[Touched], bool]:
    """Which of a batch the refusal of a guard means: it speaks of the whole statement."""
    if isinstance(error, PeriodClosed):
        closed_until = period_closed_until(book=book)
        return lambda one: closed_until is not None and any(date <= closed_until for date in one.dates)
    if isinstance(error, AccountClosed):
        closed = accounts_closed(book=book)
        return lambda one: not closed.isdisjoint(one.accounts)
    if isinstance(error, AccountReadOnly):
        locked = accounts_locked(book=book)
        return lambda one: not locked.isdisjoint({*one.accounts, *one.holders})
    if isinstance(error, ExternalIdTaken):
        veiled = external_ids_veiled(book=book, keys={one.key for one in touched if one.key})
        return lambda one: one.key in veiled
    if isinstance(error, TransactionReconciled):
        return lambda one: one.moves_reconciled
    return lambda one: isinstance(error, VersionsTooMany) and one.version >= VERSIONS_MAX


@contextmanager
def _telling_void(states: Sequence[State]) -> Iterator[None]:
    """Will not advise to void what is void already."""
    try:
        yield
    except VersionsTooMany as error:
        raise VersionsTooMany(is_void=all(state.status == "void" for state in states)) from error


def _amend(book: Book, items: Sequence[dict[str, Any]], *, change_id: UUID | None = None) -> UUID | None:
    if not items:
        return None
    change_id = change_id or uuid7()
    with explaining(AMEND_GUARDS), prepared_cursor() as cursor:
        cursor.execute(
            "SELECT ledger_amend(%s, %s, %s)", [book.pk, change_id, orjson.dumps(list(items)).decode()]
        )
    return change_id
