"""From a tree to SQL: a condition over `ledger_transaction t`, and its named parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from ledger.journal.query.amounts import ALIKE, Scales, amount_sql
from ledger.journal.query.nodes import Amount, And, Dates, Field, Leaf, Named, Node, Not, Or, Payee, Text
from rupaya.core.text import spellings

# An index stands on exactly this expression.
_TEXT: Final = "(t.description || ' ' || t.payee || ' ' || t.notes)"
_HELD: Final = f"({_TEXT} ILIKE {{value}})"
# A space may be the one between two fields, so each of them is looked at too. The first is for its index.
_HELD_BY_ONE: Final = (
    f"({_TEXT} ILIKE {{value}}"
    " AND (t.description ILIKE {value} OR t.payee ILIKE {value} OR t.notes ILIKE {value}))"
)
_PAYEE_HELD: Final = f"({_TEXT} ILIKE {{value}} AND t.payee ILIKE {{value}})"
PAYEE: Final = "(lower(t.payee) = lower({value}))"
TAG: Final = "(t.tags <> '{{}}' AND t.tags @> ARRAY[{value}::varchar])"
PRESENT_LEG: Final = (
    "EXISTS (SELECT FROM ledger_posting p WHERE p.book_id = t.book_id AND p.transaction_id = t.id"
    " AND p.line >= t.first_line AND {condition})"
)
HAS_ATTACHMENT: Final = (
    "EXISTS (SELECT FROM ledger_attachment a WHERE a.book_id = t.book_id AND a.transaction_id = t.id"
    " AND a.removed_at IS NULL)"
)
_MARKS: Final[Mapping[str, str]] = {
    "is:reconciled": "t.is_reconciled",
    "has:tag": "(t.tags <> '{}')",
    "has:notes": "(t.notes <> '')",
    "has:receipt": HAS_ATTACHMENT,
}
_FIELDS: Final[Mapping[str, str]] = {
    "type": "(t.type = {value})",
    "status": "(t.status = {value})",
    # Of what holds or owes money: a category is kept in the book's currency, whatever was spent.
    "currency": PRESENT_LEG.format(
        condition="p.account_id IN (t.account_id, t.to_account_id) AND p.currency = {value}"
    ),
    "external": "(t.external_id = {value})",
}


def query_sql(
    *, node: Node, ids: Mapping[Named, Sequence[UUID]], scales: Scales = ALIKE
) -> tuple[str, dict[str, Any]]:
    """A condition over `ledger_transaction t`, and its parameters by name: `q1`, `q2`, ….

    `ids` is what `names_resolve` found for `names_of(node)`, `scales` of whose currency the query was read in.
    Nothing that a person wrote stands in the SQL.
    What is not known counts as not so: each transaction answers either a query or its negation.
    """
    writer = _Writer(ids, scales)
    return writer.condition(node), writer.parameters


def any_of(conditions: Sequence[str]) -> str:
    """The condition that one or more holds."""
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


class _Writer:
    """One writing of one query. Every condition can stand beside AND, OR and IS as it is."""

    def __init__(self, ids: Mapping[Named, Sequence[UUID]], scales: Scales) -> None:
        self.parameters: dict[str, Any] = {}
        self._ids = ids
        self._scales = scales

    def condition(self, node: Node) -> str:
        match node:
            case And(parts):
                return f"({' AND '.join(map(self.condition, parts))})"
            case Or(parts):
                return f"({' OR '.join(map(self.condition, parts))})"
            case Not(part):
                # NOT would leave NULL as it is, such as the other account of what is no transfer.
                return f"({self.condition(part)} IS NOT TRUE)"
            case _:
                return self._leaf(node)

    def _leaf(self, leaf: Leaf) -> str:
        match leaf:
            case Text(text):
                return self._spelled(
                    _HELD_BY_ONE if " " in text else _HELD, map(_containing, spellings(text))
                )
            case Amount(starts_at, ends_before):
                return amount_sql(self._scales, starts_at, ends_before, bind=self._bind)
            case Dates(starts_on, ends_before):
                return self._between("t.date", starts_on, ends_before)
            case Payee(text, is_whole=True):
                return self._spelled(PAYEE, spellings(text))
            case Payee(text):
                return self._spelled(_PAYEE_HELD, map(_containing, spellings(text)))
            case Named("category"):
                value = self._bind(list(self._ids[leaf]))
                return PRESENT_LEG.format(condition=f"p.account_id = ANY({value})")
            case Named():
                value = self._bind(list(self._ids[leaf]))
                return f"(t.account_id = ANY({value}) OR t.to_account_id = ANY({value}))"
            case Field("tag"):
                return self._spelled(TAG, spellings(leaf.value))
            case Field():
                return self._field(leaf)

    def _field(self, field: Field) -> str:
        mark = _MARKS.get(f"{field.key}:{field.value}")
        if mark:
            return mark
        if field.key != "id":
            return _FIELDS[field.key].format(value=self._bind(field.value))
        conditions = [f"t.external_id = {self._bind(field.value)}"]
        if own := _uuid(field.value):
            conditions.append(f"t.id = {self._bind(own)}")
        return f"({' OR '.join(conditions)})"

    def _spelled(self, condition: str, texts: Iterable[str]) -> str:
        """That the condition holds for one of the spellings."""
        return any_of([condition.format(value=self._bind(text)) for text in texts])

    def _between(self, column: str, first: object, behind: object) -> str:
        """A half-open range that is open where None stands; never on both sides."""
        conditions = []
        if first is not None:
            conditions.append(f"{column} >= {self._bind(first)}")
        if behind is not None:
            conditions.append(f"{column} < {self._bind(behind)}")
        return f"({' AND '.join(conditions)})"

    def _bind(self, value: object) -> str:
        name = f"q{len(self.parameters) + 1}"
        self.parameters[name] = value
        return f"%({name})s"


def _containing(text: str) -> str:
    """The LIKE pattern of what holds the text; its own wildcards and backslashes stand for themselves."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
