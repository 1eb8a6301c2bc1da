"""What a request's query asks of a list of transactions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from ledger.books.models import Book
from ledger.chart.selectors import accounts_below, accounts_foreign, chart_names
from ledger.journal.filters import Filters
from ledger.journal.query.amounts import ALIKE, Scales, scales_of
from ledger.journal.query.names import ChartEntry, names_of, names_resolve
from ledger.journal.query.nodes import Field, Node, leaves
from ledger.journal.query.parser import query_parse
from ledger.journal.query.sql import query_sql
from ledger.journal.rules import PAYEE_MAX, STATUSES, TAG_MAX, TYPES
from rupaya.core.money import AmountInvalid, money_parse
from rupaya.core.parameters import choice_read, day_read, filter_refuse, ids_read, truth_read
from rupaya.core.text import composed

# What a request may narrow a list by.
NAMES: Final = frozenset(
    {"type", "status", "since", "until", "account_id", "category_id", "posting_account_id", "payee", "tag",
     "amount_min", "amount_max", "is_reconciled", "has_attachment", "q"}
)  # fmt: skip


def filters_read(*, book: Book, query: Mapping[str, str], today: dt.date) -> Filters:
    """Will read a request's filters. Raises FilterInvalid, naming the parameter, or QueryInvalid with the place in `q`.

    One query where a category is asked for, one where `q` names an account or a category, one where an amount is asked
    for.

    `type`, `status` (`all` for void ones too), `since` and `until` (days, inclusive), `account_id`, `category_id` (with
    its children; an account too, as reports name the parts of a figure), `posting_account_id` (exactly that account or
    category), each several with commas; `payee`, `tag`, `amount_min` and `amount_max` (major units of each
    transaction's currency), `is_reconciled`, `has_attachment`; `q` as docs/API.md says under "Searching".
    """
    categories = ids_read(query, "category_id")
    scales = _scales(query, book)
    asked = _asked(query.get("q", ""), book, today, scales)
    return Filters(
        type=choice_read(query, "type", TYPES),
        status=choice_read(query, "status", (*STATUSES, "all")),
        since=day_read(query, "since"),
        until=day_read(query, "until"),
        account_ids=ids_read(query, "account_id"),
        category_ids=tuple(accounts_below(book=book, ids=categories)) if categories else None,
        leg_account_ids=ids_read(query, "posting_account_id"),
        payee=_text(query, "payee", PAYEE_MAX),
        tag=_text(query, "tag", TAG_MAX).casefold(),
        amount_min=_minor(query, "amount_min", scales),
        amount_max=_minor(query, "amount_max", scales),
        scales=scales,
        is_reconciled=truth_read(query, "is_reconciled"),
        has_attachment=truth_read(query, "has_attachment"),
        **asked,
    )


def _scales(query: Mapping[str, str], book: Book) -> Scales:
    """How amounts are read and compared; only where the query may have any are the book's accounts asked for."""
    has_amount = (
        query.get("amount_min") or query.get("amount_max") or "amount:" in query.get("q", "").casefold()
    )
    if not has_amount:
        return ALIKE
    return scales_of(base_currency=book.base_currency, accounts=accounts_foreign(book=book))


def _asked(text: str, book: Book, today: dt.date, scales: Scales) -> dict[str, Any]:
    """The condition that `q` stands for."""
    node = query_parse(
        text=text,
        today=today,
        currency=scales.currency,
        fiscal_year_start_month=book.fiscal_year_start_month,
        month_start_day=book.month_start_day,
    )
    if node is None:
        return {}
    names = names_of(node)
    chart = [ChartEntry(*row) for row in chart_names(book=book)] if names else []
    ids = names_resolve(names=names, entries=chart)
    where, parameters = query_sql(node=node, ids=ids, scales=scales)
    return {"where": where, "where_parameters": parameters, "is_status_asked": _asks_status(node)}


def _asks_status(node: Node) -> bool:
    """Whether a query says itself which statuses it wants."""
    return any(isinstance(leaf, Field) and leaf.key == "status" for leaf in leaves(node))


def _text(query: Mapping[str, str], name: str, longest: int) -> str:
    text = " ".join(query.get(name, "").split())
    if len(composed(text)) > longest or "\x00" in text:
        filter_refuse(name, f"{name} has at most {longest} characters that can be seen.")
    return text


def _minor(query: Mapping[str, str], name: str, scales: Scales) -> int | None:
    text = query.get(name, "")
    try:
        return money_parse(text, currency=scales.currency, field=name).minor if text else None
    except AmountInvalid as error:
        filter_refuse(name, f"{name}: {error.message}", error.field_code)
