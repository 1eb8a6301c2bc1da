"""Reading what transactions are and were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from accounts.selectors import names_of
from ledger.amendments.rules import State, Step
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import accounts_by_id
from ledger.journal.models import Transaction, TransactionVersion
from ledger.journal.rules import LINE_MAX, Leg
from ledger.journal.selectors import STANDING, Shown, TransactionNotFound, transactions_shown
from rupaya.core.db import rows_as_dicts
from rupaya.core.errors import NotFound
from rupaya.core.money import Money
from rupaya.core.pagination import Cursor, Page, PageInvalid, page_of

_STATES_SQL: Final = (Path(__file__).parent / "states.sql").read_text()
KEY_LENGTH: Final = 1  # a cursor of a history holds a version
_SUPERSEDED: Final = """(
  SELECT v.transaction_id AS id, v.book_id, h.origin, h.external_id, h.created_at, v.date, v.type, v.description,
         v.payee, v.notes, v.tags, v.status, v.is_reconciled, v.account_id, v.to_account_id, v.amount_minor, v.version,
         v.first_line, v.last_line, v.change_id, v.changed_at, v.changed_by
    FROM ledger_transaction_version v JOIN ledger_transaction h ON h.id = v.transaction_id AND h.book_id = v.book_id)"""
_EVER: Final = f"""(
  SELECT h.id, h.book_id, h.origin, h.external_id, h.created_at, h.date, h.type, h.description, h.payee,
         h.notes, h.tags, h.status, h.is_reconciled, h.account_id, h.to_account_id, h.amount_minor, h.version,
         h.first_line, {LINE_MAX} AS last_line, h.change_id, h.changed_at, h.changed_by
    FROM ledger_transaction h WHERE h.id = %(id)s
  UNION ALL
  SELECT * FROM {_SUPERSEDED} v WHERE v.id = %(id)s)"""  # noqa: S608  # constants only

_STEPS_SQL: Final = """
SELECT version, status = 'void' AS is_void, change_id
  FROM (SELECT version, status, change_id FROM ledger_transaction_version
         WHERE transaction_id = %(id)s AND book_id = %(book)s
         UNION ALL
        SELECT version, status, change_id FROM ledger_transaction WHERE id = %(id)s AND book_id = %(book)s) step
 ORDER BY version
"""
_REACH_SQL: Final = "SELECT standing, is_superseded FROM ledger_change_reach(%(book)s, %(change)s)"
_LOCKED_SQL: Final = """
SELECT id, purpose FROM ledger_account WHERE book_id = %(book)s AND id = ANY (app_accounts_locked())
"""
_VEILED_SQL: Final = """
SELECT account_id, external_id FROM ledger_external_ids_veiled(%(book)s, %(accounts)s::uuid[], %(names)s)
"""


class VersionNotFound(NotFound):
    """Raised when a transaction has no such version."""

    code = "version_not_found"
    title = "The transaction has no such version"


class UndoNotFound(NotFound):
    """Raised when the book knows no such change."""

    code = "undo_not_found"
    title = "There is no such change to undo"


@dataclass(frozen=True, slots=True)
class Change:
    """What one change made: its transactions as they stand, and whether some moved on since.

    is_whole: whether the reader sees all of it; whether some moved on is known of those too that they don't see.
    """

    states: tuple[State, ...]
    is_superseded: bool
    is_whole: bool


def states_now(*, book: Book, ids: Sequence[UUID]) -> dict[UUID, State]:
    """The book's transactions of these ids as they stand. One query."""
    rows = _states(book, STANDING, "t.id = ANY(%(ids)s)", {"ids": list(ids)})
    return {state.id: state for state in rows}


def state_of(*, book: Book, transaction_id: UUID) -> State:
    """One transaction as it stands; raises TransactionNotFound. One query."""
    found = states_now(book=book, ids=[transaction_id])
    if transaction_id not in found:
        raise TransactionNotFound
    return found[transaction_id]


def states_then(*, book: Book, versions: Sequence[tuple[UUID, int]]) -> dict[UUID, State]:
    """Superseded versions, one a transaction. One query."""
    condition = """
    (t.id, t.version) IN (SELECT * FROM unnest((SELECT %(ids)s::uuid[]), (SELECT %(versions)s::int[])))
    """
    parameters = {
        "ids": [identity for identity, _ in versions],
        "versions": [version for _, version in versions],
    }
    return {state.id: state for state in _states(book, _SUPERSEDED, condition, parameters)}


def state_then(*, book: Book, transaction_id: UUID, version: int) -> State:
    """One superseded version; raises VersionNotFound. One query."""
    found = states_then(book=book, versions=[(transaction_id, version)])
    if transaction_id not in found:
        raise VersionNotFound
    return found[transaction_id]


def steps_of(*, book: Book, transaction_id: UUID) -> list[Step]:
    """Every version that a transaction had and has, in order, as far as the reader sees them. One query."""
    rows = rows_as_dicts(_STEPS_SQL, {"book": book.pk, "id": transaction_id})
    return [Step(**row) for row in rows]


def change_of(*, book: Book, change_id: UUID) -> Change:
    """What a change made; raises UndoNotFound. Three queries."""
    ids = (
        Transaction.objects.filter(book=book, change_id=change_id).order_by("pk").values_list("pk", flat=True)
    )
    if not ids and not TransactionVersion.objects.filter(book=book, change_id=change_id).exists():
        raise UndoNotFound
    (reach,) = rows_as_dicts(_REACH_SQL, {"book": book.pk, "change": change_id})
    return Change(
        states=tuple(states_now(book=book, ids=list(ids)).values()),
        is_superseded=reach["is_superseded"],
        is_whole=reach["standing"] == len(ids),
    )


def period_closed_until(*, book: Book) -> dt.date | None:
    """The last day of the book's closed period as it is now: the book in hand may be older. One query."""
    return Book.objects.values_list("closed_until", flat=True).get(pk=book.pk)


def accounts_closed(*, book: Book) -> set[UUID]:
    """The book's accounts that are closed. One query."""
    return set(Account.objects.filter(book=book, closed_at__isnull=False).values_list("pk", flat=True))


def accounts_locked(*, book: Book) -> set[UUID | str]:
    """The accounts that the reader may only read, by id and, those that have one, by purpose. One query."""
    rows = rows_as_dicts(_LOCKED_SQL, {"book": book.pk})
    return {row[name] for row in rows for name in ("id", "purpose")} - {None}


def external_ids_veiled(
    *, book: Book, keys: Collection[tuple[UUID | str, str]]
) -> set[tuple[UUID | str, str]]:
    """Those keys, account by id or purpose, whose transactions moved to where the reader sees nothing. Two queries."""
    purposes = {account for account, _ in keys if isinstance(account, str)}
    accounts = accounts_by_id(book=book, ids=(), purposes=purposes)
    by_name = {purpose: account.pk for purpose, account in accounts.items()}
    ids = {key: by_name.get(key[0], key[0]) for key in keys if key[0] in by_name or key[0] not in purposes}
    parameters = {"book": book.pk, "accounts": list(ids.values()), "names": [name for _, name in ids]}
    veiled = {(row["account_id"], row["external_id"]) for row in rows_as_dicts(_VEILED_SQL, parameters)}
    return {key for key, account_id in ids.items() if (account_id, key[1]) in veiled}


def history_page(
    *, book: Book, transaction_id: UUID, limit: int, cursor: Cursor | None = None
) -> Page[Shown]:
    """A page of a transaction's versions, newest first; raises TransactionNotFound. One query."""
    is_backwards = cursor is not None and cursor.is_backwards
    parameters: dict[str, Any] = {"id": transaction_id}
    condition = ""
    if cursor is not None:
        condition = f" AND t.version {'>' if is_backwards else '<'} %(version)s"
        parameters["version"] = _version_of(cursor)
    rows = transactions_shown(
        book,
        source=_EVER,
        conditions=condition,
        order=f"t.version {'ASC' if is_backwards else 'DESC'}",
        rows=limit + 1,
        parameters=parameters,
    )
    if not rows and cursor is None:
        raise TransactionNotFound
    return page_of(rows, limit=limit, cursor=cursor, key=lambda row: (str(row.view.version),))


def changers(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The names of those who made the versions, by id. One query."""
    ids = {row["changed_by"] for row in rows if row["changed_by"]}
    return {str(identity): name for identity, name in names_of(ids=ids).items()}


def _version_of(cursor: Cursor) -> int:
    if not (cursor.key[0].isascii() and cursor.key[0].isdigit() and len(cursor.key[0]) <= 5):
        raise PageInvalid("cursor", "This cursor belongs to another list; start from the first page.")
    return int(cursor.key[0])


def _states(book: Book, source: str, condition: str, parameters: dict[str, Any]) -> list[State]:
    sql = _STATES_SQL.format(source=source, condition=condition)
    rows = rows_as_dicts(sql, {"book": book.pk, **parameters})
    return [_state(row) for row in rows]


def _state(row: dict[str, Any]) -> State:
    legs = orjson.loads(row.pop("legs"))
    return State(
        **(row | {"tags": tuple(row["tags"])}),
        legs=tuple(
            Leg(UUID(leg["account_id"]), Money(leg["amount_minor"], leg["currency"]), leg["base_minor"])
            for leg in legs
        ),
    )
