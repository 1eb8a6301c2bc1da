"""What kinds of accounts there are, and the way from the top of the tree to one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from ledger.books import rules as books

Id = TypeVar("Id")

# What an account is in life decides what it is in double entry, and stays.
TYPE_OF_KIND: Final = {
    "bank": "asset",
    "cash": "asset",
    "wallet": "asset",
    "deposit": "asset",
    "investment": "asset",
    "receivable": "asset",
    "property": "asset",
    "other_asset": "asset",
    "credit_card": "liability",
    "loan": "liability",
    "payable": "liability",
    "other_debt": "liability",
    "equity": "equity",
}
MONEY_KINDS: Final = tuple(kind for kind, account_type in TYPE_OF_KIND.items() if account_type != "equity")
CATEGORY_KIND: Final = "category"
CATEGORY_TYPES: Final = ("income", "expense")
MONEY_TYPES: Final = books.MONEY_TYPES
ACCOUNT_TYPES: Final = (*MONEY_TYPES, "equity")
TYPES: Final = (*ACCOUNT_TYPES, *CATEGORY_TYPES)
ICON_OF_KIND: Final = {
    "bank": "bank",
    "cash": "cash",
    "wallet": "wallet",
    "deposit": "vault",
    "investment": "trend",
    "receivable": "handshake",
    "property": "building",
    "other_asset": "gold",
    "credit_card": "card",
    "loan": "loan",
    "payable": "handshake",
    "other_debt": "receipt",
    CATEGORY_KIND: "tag",
}
# Which kinds have a field that most have not.
KINDS_WITH: Final = {
    "credit_limit": frozenset({"credit_card"}),
    "statement_day": frozenset({"credit_card"}),
    "due_day": frozenset({"credit_card", "loan"}),
}


def terms_unfit(*, kind: str, given: Mapping[str, object]) -> str | None:
    """The first field with a value that an account of that kind does not have."""
    return next(
        (name for name, kinds in KINDS_WITH.items() if given.get(name) is not None and kind not in kinds),
        None,
    )


def path_of(account_id: Id, *, places: Mapping[Id, tuple[str, Id | None]]) -> list[str]:
    """The names from the top of the tree down to an account. places: id to (name, parent's id).

    What the reader does not see is not there: the path begins below it.
    """
    names: list[str] = []
    step: Id | None = account_id
    while step is not None and step in places:
        name, step = places[step]
        names.append(name)
    return names[::-1]
