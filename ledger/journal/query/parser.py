"""From tokens to a tree, by recursive descent: one method for each line of the grammar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from ledger.journal.query.nodes import And, Node, Not, Or, QueryInvalid
from ledger.journal.query.terms import Frame, term_read
from ledger.journal.query.tokens import Token, tokens_read

TERMS_MAX: Final = 40
NESTING_MAX: Final = 10


def query_parse(
    *, text: str, today: dt.date, currency: str, fiscal_year_start_month: int, month_start_day: int
) -> Node | None:
    """Will read `?q=`; None for a blank one, which every transaction answers.

    `currency` is the finest of the book's (`Scales.currency`), in whose minor units amounts are read; `today` is
    the day in the book's time zone, `month_start_day` when a month of the household begins (31: on its last day).
    Raises QueryInvalid.
    """
    tokens = tokens_read(text)
    terms = [token for token in tokens if token.kind == "term"]
    if len(terms) > TERMS_MAX:
        raise QueryInvalid(terms[TERMS_MAX].position, f"a search has at most {TERMS_MAX} terms.")
    if not tokens:
        return None
    return _Parser(tokens, Frame(today, currency, fiscal_year_start_month, month_start_day)).query()


class _Parser:
    """One reading of one query.

    query := all ("OR" all)*
    all   := one ("AND"? one)*
    one   := "-" (group | term) | group | term
    group := "(" query ")"
    """

    def __init__(self, tokens: Sequence[Token], frame: Frame) -> None:
        self._tokens = tokens
        self._frame = frame
        self._at = 0
        self._nesting = 0

    def query(self) -> Node:
        node = self._any()
        if token := self._next():
            raise QueryInvalid(token.position, "this “)” closes nothing.")
        return node

    def _any(self) -> Node:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._take("AND") or self._kind() in {"term", "-", "("}:
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        minus = self._take("-")
        if minus is None:
            return self._group_or_term()
        token = self._next()
        if token is None or token.position != minus.ends_at or token.kind not in {"term", "("}:
            raise QueryInvalid(
                minus.position, "“-” stands right before the one thing it leaves out, for example -food."
            )
        return Not(self._group_or_term())

    def _group_or_term(self) -> Node:
        if opening := self._take("("):
            return self._group(opening)
        if token := self._take("term"):
            return term_read(token, self._frame)
        raise self._nothing_here()

    def _group(self, opening: Token) -> Node:
        self._nesting += 1
        if self._nesting > NESTING_MAX:
            raise QueryInvalid(opening.position, f"parentheses go at most {NESTING_MAX} deep.")
        if self._kind() == ")":
            raise QueryInvalid(opening.position, "there is nothing between the parentheses.")
        node = self._any()
        if self._take(")") is None:
            raise QueryInvalid(opening.position, "this “(” is not closed.")
        self._nesting -= 1
        return node

    def _nothing_here(self) -> QueryInvalid:
        """The refusal where a term should stand. An operator before the place is what wants one."""
        at = self._at
        if at == len(self._tokens) or (at and self._tokens[at - 1].kind in {"OR", "AND"}):
            at -= 1
        token = self._tokens[at]
        if token.kind == "(":
            return QueryInvalid(token.position, "this “(” is not closed.")
        if token.kind == ")":
            return QueryInvalid(token.position, "this “)” closes nothing.")
        return QueryInvalid(
            token.position, f"{token.kind} stands between two terms; the word itself goes into quotes."
        )

    def _next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _kind(self) -> str:
        token = self._next()
        return token.kind if token else ""

    def _take(self, kind: str) -> Token | None:
        """The next token, if it is of that kind; then the reading goes on behind it."""
        token = self._next()
        if token is None or token.kind != kind:
            return None
        self._at += 1
        return token
