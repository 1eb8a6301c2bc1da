"""Queries for tests: any tree, a tree as text again, and what a tree says of a transaction, read in Python."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from ledger.journal.query.nodes import Amount, And, Dates, Field, Named, Not, Or, Payee, Text
from ledger.journal.query.parser import query_parse

TODAY = dt.date(2026, 11, 23)
DAY = dt.timedelta(days=1)
# Signs of the language, of LIKE, and of more than one script; casing is where Python and PostgreSQL agree.
LETTERS = 'ab AB Zé क्षि₹%_\\"“”()-:.,>=<1 5'
WORDS = st.text(LETTERS, min_size=1, max_size=6).filter(lambda text: text.strip() != "")
BARE = st.text("abZéक्षि₹%_\\-:.>5", min_size=1, max_size=6)  # needs no quotes behind a colon
AMOUNTS = st.integers(0, 10**15 - 1)
DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))


def read(text, **frame):
    usual: dict[str, Any] = {
        "today": TODAY,
        "currency": "INR",
        "fiscal_year_start_month": 4,
        "month_start_day": 1,
    }
    return query_parse(text=text, **(usual | frame))


def _bounds(kind, values, step):
    """A half-open range of one value or more, or one that is open on one side."""
    pairs = st.tuples(values, values).map(sorted)
    return st.one_of(
        values.map(lambda value: kind(value, None)),
        values.map(lambda value: kind(None, value)),
        pairs.map(lambda pair: kind(pair[0], pair[1] + step)),
    )


def leaves(words=WORDS, bare=BARE, amounts=AMOUNTS, days=DAYS):
    return st.one_of(
        words.map(Text),
        _bounds(Amount, amounts, 1),
        _bounds(Dates, days, DAY),
        st.builds(Payee, words, st.just(True)),
        st.builds(Payee, bare, st.just(False)),
        st.builds(Field, st.sampled_from(["id", "external"]), words),
        st.builds(Field, st.just("tag"), words.map(str.casefold)),  # as tags are kept
        st.sampled_from(
            [Field("type", "income"), Field("type", "transfer"), Field("status", "void"), Field("currency", "USD"),
             Field("is", "reconciled"), Field("has", "tag"), Field("has", "notes"), Field("has", "receipt")]
        ),
        st.builds(Named, st.sampled_from(["category", "account"]), words),
    )  # fmt: skip


def trees(leaf):
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
            inner.map(Not),
        ),
        max_leaves=8,
    )


def unparse(node):
    """A tree as a query that reads as the same tree."""
    match node:
        case And(parts):
            return " ".join(_tight(part) for part in parts)
        case Or(parts):
            return " OR ".join(
                f"({unparse(part)})" if isinstance(part, Or) else unparse(part) for part in parts
            )
        case Not(part):
            return f"-({unparse(part)})"
        case Text(text):
            return _quoted(text)
        case Amount(first, behind):
            return "amount:" + _range(first, behind, 1, lambda minor: f"{Decimal(minor).scaleb(-2):f}")
        case Dates(first, behind):
            return "date:" + _range(first, behind, DAY, str)
        case Payee(text, is_whole):
            return "payee:" + (_quoted(text) if is_whole else text)
        case Field(key, value) | Named(key, value):
            return f"{key}:{_quoted(value)}"


def _tight(node):
    return f"({unparse(node)})" if isinstance(node, And | Or) else unparse(node)


def _quoted(text):
    for sign in '\\"“”':
        text = text.replace(sign, "\\" + sign)
    return f'"{text}"'


def _range(first, behind, step, write):
    if behind is None:
        is_past_the_last = first in {10**15, dt.date(2151, 1, 1)}  # which can't be written itself
        return f">{write(first - step)}" if is_past_the_last else f">={write(first)}"
    return f"<{write(behind)}" if first is None else f"{write(first)}..{write(behind - step)}"


@dataclass(frozen=True)
class Row:
    """A transaction with what queries ask of it."""

    id: UUID
    date: dt.date
    type: str
    status: str
    description: str
    payee: str
    notes: str
    tags: list[str]
    is_reconciled: bool
    account_id: UUID
    to_account_id: UUID | None
    amount_minor: int
    external_id: str | None
    first_line: int
    legs: list[tuple[int, UUID, str]]  # line, account, currency
    receipts: list[bool]  # whether each was removed


def holds(node, row, ids):
    """Whether the transaction answers the query."""
    match node:
        case And(parts):
            return all(holds(part, row, ids) for part in parts)
        case Or(parts):
            return any(holds(part, row, ids) for part in parts)
        case Not(part):
            return not holds(part, row, ids)
        case _:
            return _leaf_holds(node, row, ids)


def _leaf_holds(leaf, row, ids):
    match leaf:
        case Text(text):
            return any(text.lower() in said.lower() for said in (row.description, row.payee, row.notes))
        case Amount(first, behind):
            return (first is None or first <= row.amount_minor) and (
                behind is None or row.amount_minor < behind
            )
        case Dates(first, behind):
            return (first is None or first <= row.date) and (behind is None or row.date < behind)
        case Payee(text, is_whole):
            return text.lower() == row.payee.lower() if is_whole else text.lower() in row.payee.lower()
        case Named("category"):
            return any(line >= row.first_line and account in ids[leaf] for line, account, _ in row.legs)
        case Named():
            return row.account_id in ids[leaf] or row.to_account_id in ids[leaf]
        case Field(key, value):
            return _field_holds(key, value, row)


def _field_holds(key, value, row):
    return {
        "type": row.type == value,
        "status": row.status == value,
        "tag": value in row.tags,
        "currency": any(
            line >= row.first_line and currency == value and account in {row.account_id, row.to_account_id}
            for line, account, currency in row.legs
        ),
        "external": row.external_id == value,
        "id": value in {row.external_id, str(row.id)},
        "is": row.is_reconciled,
        "has": {
            "tag": bool(row.tags),
            "notes": bool(row.notes),
            "receipt": not all(row.receipts),
        }.get(value),
    }[key]
