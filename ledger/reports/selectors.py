"""Reading where a book stands, and what moved it: in the database that the book was read from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Literal, NoReturn
from uuid import UUID

from ledger.books.models import Book
from ledger.chart.rules import CATEGORY_TYPES, MONEY_TYPES
from ledger.chart.selectors import AccountUnknown, OfAnotherType, accounts_below
from ledger.reports.engine import COUNTS, Source, cash_read, moves_read, sql
from ledger.reports.figures import IDS_MAX, Group, Listing, Report
from ledger.reports.flows import CASH_KINDS, cash_flow_of, category_trend_of, income_statement_of
from ledger.reports.moves import Board, Moves, Purse, below, purses_of
from ledger.reports.overview import WINDOW_MONTHS, Overview, overview_of
from ledger.reports.parties import Asked, parties_of
from ledger.reports.periods import Calendar, Span, span_of
from ledger.reports.question import Question, periods_asked
from ledger.reports.rules import AccountBalance, balance_of
from ledger.reports.standing import balance_sheet_of, net_worth_of, standing_of, trial_balance_of
from rupaya.core.db import database_of, rows_as_dicts
from rupaya.core.fiscal import month_start
from rupaya.core.parameters import filter_refuse
from rupaya.core.prepared import ids_text

_BALANCES_SQL: Final = sql("balances")
_OWN_BALANCES_SQL: Final = sql("own_balances")
_PARTIES_SQL: Final = sql("parties")
_HEADERS: Final = {"live": sql("headers_live"), "known": sql("headers_known")}
_BY_DAYS: Final = frozenset({"day", "week"})
# What a parameter names: its types, and the word for one.
_NAMED_BY: Final = {
    "account_id": (MONEY_TYPES, "an account that holds or owes money"),
    "category_id": (CATEGORY_TYPES, "a category"),
}
FIGURES_MAX: Final = 30_000  # in one report
# What a transaction is worth: its own amount; the same in the book's currency; or its legs on some categories.
_OWN_WORTH: Final = "SELECT h.amount_minor"
_BASE_WORTH: Final = """
  SELECT CASE WHEN a.currency = %(base)s THEN h.amount_minor ELSE (
    SELECT abs(sum(p.base_minor)) FROM ledger_posting p
     WHERE p.transaction_id = h.id AND p.book_id = %(book)s AND p.account_id = h.account_id AND {counts}) END"""
_LEGS_WORTH: Final = """
  SELECT sum(CASE h.type WHEN 'income' THEN -p.base_minor ELSE p.base_minor END) FROM ledger_posting p
   WHERE p.transaction_id = h.id AND p.book_id = %(book)s AND p.account_id = ANY(%(category_ids)s) AND {counts}"""


def overview_at(*, book: Book, today: dt.date) -> Overview:
    """Where the book stands at the end of a day, by the household's months. One query, as reports read."""
    months = calendar_of(book=book).months_to(today, count=WINDOW_MONTHS)
    spans = [*months, span_of(months[-1].starts_on, today)]
    moves = moves_read(book=book, spans=spans, source=Source(), ids=None, has_opening=True)
    return overview_of(moves, months=months, today=today, currency=book.base_currency)


def balances_at(*, book: Book, today: dt.date) -> tuple[AccountBalance, ...]:
    """Every account that holds or owes money, with its balance at the end of a day, in both currencies.

    A closed one only where something is left on it. One query; one more where an account is kept in another currency.
    """
    base = book.base_currency
    values = {"book": book.pk, "base": base, "today": today, "types": list(MONEY_TYPES)}
    rows = rows_as_dicts(_BALANCES_SQL, values, using=database_of(book), is_prepared=True)
    foreign = [row["account_id"] for row in rows if row["currency"] != base]
    own = _own_balances(book, foreign, today) if foreign else {}
    found = []
    for row in rows:
        minor = row["base_minor"] if row["currency"] == base else own.get(row["account_id"], 0)
        if not row["is_closed"] or minor or row["base_minor"]:
            found.append(balance_of(row, minor=minor, base=base))
    return tuple(found)


def _own_balances(book: Book, ids: Sequence[UUID], today: dt.date) -> dict[UUID, int]:
    """What accounts have at the end of a day, in their own currencies."""
    values = {"book": book.pk, "ids": ids_text(ids), "today": today, "month": month_start(today)}
    rows = rows_as_dicts(_OWN_BALANCES_SQL, values, using=database_of(book), is_prepared=True)
    return {row["account_id"]: int(row["minor"]) for row in rows}


def calendar_of(*, book: Book) -> Calendar:
    """How the book cuts its years and months."""
    return Calendar(fiscal_month=book.fiscal_year_start_month, start_day=book.month_start_day)


def report_balances(*, book: Book, question: Question) -> Report:
    """What each account that holds or owes money stands at, at the end of a day. One query.

    Raises AccountUnknown, FilterInvalid.
    """
    day = question.whole
    moves, among = _moves(book, question, [day])
    return _report(
        book,
        "balances",
        question,
        moves,
        lambda board: standing_of(board, day=day, among=among, depth=question.depth),
    )


def report_trial_balance(*, book: Book, question: Question) -> Report:
    """Every account's balance, debits beside credits, at the end of a day. One query."""
    day = question.whole
    moves, _ = _moves(book, question, [day])
    return _report(book, "trial_balance", question, moves, lambda board: trial_balance_of(board, day=day))


def report_balance_sheet(*, book: Book, question: Question) -> Report:
    """What is owned, owed, and one's own, at the end of a day. One query."""
    day = question.whole
    year_start = calendar_of(book=book).start_of(question.day, "fiscal_year")
    moves, _ = _moves(book, question, [Span(year_start, day.ends_before)])
    return _report(
        book,
        "balance_sheet",
        question,
        moves,
        lambda board: balance_sheet_of(board, day=day, year_start=year_start, depth=question.depth),
    )


def report_net_worth(*, book: Book, question: Question) -> Report:
    """What is owned less what is owed at the end of each period. One query.

    Raises AccountUnknown, FilterInvalid.
    """
    periods = periods_asked(question, calendar=calendar_of(book=book))
    columns = [question.whole, *periods]
    moves, among = _moves(book, question, columns)
    return _report(
        book,
        "net_worth",
        question,
        moves,
        lambda board: net_worth_of(board, columns=columns, among=among),
        periods=periods,
    )


def report_income_statement(*, book: Book, question: Question) -> Report:
    """What came in and went out by category, and what was left over. One query.

    Raises AccountUnknown, FilterInvalid.
    """
    calendar = calendar_of(book=book)
    periods = periods_asked(question, calendar=calendar)
    previous = calendar.span_before(question.whole) if question.is_compared else None
    columns = [question.whole, *periods, *([previous] if previous else [])]
    moves, among = _moves(book, question, columns, field="category_id", has_opening=False)
    return _report(
        book,
        "income_statement",
        question,
        moves,
        lambda board: income_statement_of(board, columns=columns, among=among, depth=question.depth),
        periods=periods,
        previous=previous,
    )


def report_category_trend(*, book: Book, question: Question) -> Report:
    """How categories went from period to period. One query. Raises AccountUnknown, FilterInvalid."""
    periods = periods_asked(question, calendar=calendar_of(book=book))
    columns = [question.whole, *periods]
    moves, among = _moves(book, question, columns, field="category_id", has_opening=False)
    return _report(
        book,
        "category_trend",
        question,
        moves,
        lambda board: category_trend_of(
            board, columns=columns, among=among, types=question.types, depth=question.depth
        ),
        periods=periods,
    )


def report_cash_flow(*, book: Book, question: Question) -> Report:
    """Where cash came from and went to. One query, which reads every transaction of cash in the range.

    Raises AccountUnknown, FilterInvalid.
    """
    periods = periods_asked(question, calendar=calendar_of(book=book))
    columns = [question.whole, *periods]
    source = _source(question)
    moves = cash_read(book=book, spans=columns, source=source, ids=question.account_ids)
    _check_ids(moves, question.account_ids, "account_id")
    roots = question.account_ids or [node.id for node in moves.nodes.values() if node.kind in CASH_KINDS]
    cash = below(moves.nodes, roots)
    _check_size(moves, columns)
    (purse,) = purses_of(moves, mode="book", currency=book.base_currency)
    is_listed = question.known_at is None
    within = {"account_id": ",".join(str(identity) for identity in sorted(cash))}
    group = cash_flow_of(
        Board(moves, purse, is_listed=is_listed),
        Board(moves, purse, is_listed=is_listed and len(cash) <= IDS_MAX, within=within),
        columns=columns,
        cash=cash,
        depth=question.depth,
    )
    return Report("cash_flow", _asked(question), [group], periods)


def report_payees(*, book: Book, question: Question) -> Report:
    """Income and expense by payee, the largest first. One query, or up to three where accounts are named.

    Reads every header of the range. Raises AccountUnknown, FilterInvalid.
    """
    return _report_parties(book, question, "payees", "payee", "No payee", name="h.payee", names="")


def report_tags(*, book: Book, question: Question) -> Report:
    """Income and expense by tag, the largest first; a transaction counts in each of its tags.

    One query, or up to three where accounts are named. Reads every header of the range.
    Raises AccountUnknown, FilterInvalid.
    """
    names = "LEFT JOIN LATERAL unnest(h.tags) AS tag (name) ON true"
    return _report_parties(
        book, question, "tags", "tag", "No tag", name="coalesce(tag.name, '')", names=names
    )


def _report_parties(
    book: Book, question: Question, report: str, key: str, nameless: str, *, name: str, names: str
) -> Report:
    accounts, categories = question.account_ids, question.category_ids
    in_own = question.currency == "account"
    if in_own and categories:
        filter_refuse(
            "currency", "Categories are kept in the book's currency; leave out currency or category_id."
        )
    account_ids = _below(book, accounts, "account_id")
    worth = _LEGS_WORTH if categories else _OWN_WORTH if in_own else _BASE_WORTH
    state = "live" if question.known_at is None else "known"
    parameters = {
        "book": book.pk,
        "base": book.base_currency,
        "since": question.since,
        "until": question.day,
        "known_at": question.known_at,
        "rows": question.rows_max,
        "account_ids": account_ids,
        "category_ids": _below(book, categories, "category_id"),
    }
    statement = _PARTIES_SQL.format(
        headers=_HEADERS[state],
        name=name,
        names=names,
        currency="a.currency" if in_own else "%(base)s::text",
        value=worth.format(counts=COUNTS[state].format("p")),
        conditions="AND h.account_id = ANY(%(account_ids)s)" if accounts else "",
    )
    within: Listing | None = {
        **({"account_id": _joined(account_ids)} if accounts else {}),
        **({"category_id": _joined(categories)} if categories else {}),
    }
    if question.known_at is not None or len(account_ids) > IDS_MAX:
        within = None
    asked = Asked(key, nameless, question.whole, question.rows_max, within)
    rows = rows_as_dicts(statement, parameters, using=database_of(book))
    groups = parties_of(rows, asked=asked, currency=book.base_currency)
    return Report(report, _asked(question), groups)


def _joined(ids: Sequence[UUID]) -> str:
    return ",".join(str(identity) for identity in ids)


def _below(book: Book, ids: Sequence[UUID] | None, field: str) -> list[UUID]:
    """The accounts and everything below them; raises AccountUnknown, and FilterInvalid for another type."""
    if not ids:
        return []
    types, _ = _NAMED_BY[field]
    try:
        found = accounts_below(book=book, ids=ids, types=types)
    except OfAnotherType as error:
        _refuse_type(field, str(error))
    if not set(ids) <= set(found):
        raise AccountUnknown(field)
    return found


def _source(question: Question) -> Source:
    return Source(question.known_at, by_days=question.by in _BY_DAYS)


def _moves(
    book: Book,
    question: Question,
    columns: Sequence[Span],
    *,
    field: Literal["account_id", "category_id"] = "account_id",
    has_opening: bool = True,
) -> tuple[Moves, Collection[UUID]]:
    """The moves that a report needs, and the accounts that it is about: those named and everything below, or all.

    field: the parameter that names them.
    """
    ids = question.category_ids if field == "category_id" else question.account_ids
    moves = moves_read(
        book=book,
        spans=columns,
        source=_source(question),
        ids=ids,
        has_opening=has_opening,
    )
    _check_ids(moves, ids, field)
    _check_size(moves, columns)
    return moves, below(moves.nodes, ids) if ids else moves.nodes.keys()


def _check_ids(moves: Moves, ids: Sequence[UUID] | None, field: str) -> None:
    types, _ = _NAMED_BY[field]
    for identity in ids or ():
        node = moves.nodes.get(identity)
        if node is None:
            raise AccountUnknown(field)
        if node.type not in types:
            _refuse_type(field, node.name)


def _refuse_type(field: str, name: str) -> NoReturn:
    _, what = _NAMED_BY[field]
    filter_refuse(field, f"“{name}” is not {what}.")


def _check_size(moves: Moves, columns: Sequence[Span]) -> None:
    if 2 * len(moves.base) * len(columns) > FIGURES_MAX:
        filter_refuse(
            "by",
            f"That makes more than {FIGURES_MAX} figures; take longer periods, fewer days, or one branch.",
        )


def _report(
    book: Book,
    name: str,
    question: Question,
    moves: Moves,
    group_of: Callable[[Board], Group],
    *,
    periods: Sequence[Span] = (),
    previous: Span | None = None,
) -> Report:
    purses: list[Purse] = purses_of(moves, mode=question.currency, currency=book.base_currency)
    boards = [Board(moves, purse, is_listed=question.known_at is None) for purse in purses]
    return Report(name, _asked(question), [group_of(board) for board in boards], periods, previous)


def _asked(question: Question) -> dict[str, Any]:
    """The question as the answer repeats it, with what was left out."""
    days = {"since": question.since, "until": question.day} if question.since else {"as_of": question.day}
    by = {"by": question.by} if question.by else {}
    return {**days, **by, "known_at": question.known_at, "currency": question.currency}
