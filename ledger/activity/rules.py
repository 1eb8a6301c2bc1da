"""How the audit log speaks of money: what entries of the ledger's tables say. Pure: no database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from audit.rules import Change, Entry, Name, Said, Thing, Words, changes_said, label, plain, said_plainly
from rupaya.core.money import CURRENCY_PLACES, Money, money_format

THINGS: Final = {
    thing.table: thing
    for thing in (
        Thing("ledger_transaction", "transaction", "transactions"),
        Thing("ledger_account", "account or category", "accounts and categories"),
        Thing("ledger_statement", "statement", "statements"),
        Thing("ledger_attachment", "attachment", "attachments"),
        Thing("ledger_member", "member", "members"),
        Thing("ledger_invitation", "invitation", "invitations"),
        Thing("ledger_account_visibility", "account’s visibility", "accounts’ visibility"),
        Thing("ledger_book", "book", "books"),
    )
}
# Of all that one request did, the heaviest is what its person wanted.
_BOOK, _IMPORT, _MERGE, _UPLOAD, _MEMBER, _ACCOUNT, _MONEY = 100, 90, 80, 70, 60, 50, 10

Version = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Named:
    """What an id stands for; the currency where it is an account, the person where it is what they are in a book."""

    name: str
    currency: str = ""
    person: str = ""
    is_equity: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """What a version of a transaction said, beside what the log has: `parts` are (category, amount in minor units)."""

    description: str
    currency: str
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the entries' ids stand for, as far as the reader may see it. Ids are text, as in JSON."""

    names: Mapping[str, Named] = field(default_factory=dict)
    headers: Mapping[Version, Header] = field(default_factory=dict)

    def account(self, identity: Any, thing: str = "account") -> str:
        """An account's name, or that it is gone; '' for none."""
        if identity is None:
            return ""
        named = self.names.get(identity)
        return named.name if named else f"a removed {thing}"

    def person(self, entry: Entry) -> str:
        """The name of whom a row of a book's people is about, or that they are gone."""
        named = self.names.get(entry.row.get("user_id", ""))
        own = self.names.get(entry.resource_id)
        return named.name if named else own.person if own and own.person else "a removed person"


def said(entry: Entry, known: Known) -> Said:
    """What one entry means."""
    found = _TELLERS[entry.resource_type](entry, known)
    return found or said_plainly(entry, THINGS[entry.resource_type])


def ids_in(entry: Entry) -> set[str]:
    """The ids of accounts, people, statements and papers that an entry refers to, its own row's too."""
    ids = {value for column in _REFERENCES for value in entry.values.get(column, ()) if value}
    return ids if entry.resource_type == "ledger_transaction" else {*ids, entry.resource_id}


_REFERENCES: Final = ("account_id", "to_account_id", "parent_id", "merged_into_id", "user_id")


def versions_in(entry: Entry) -> set[Version]:
    """The versions of transactions that an entry made or superseded."""
    if entry.resource_type != "ledger_transaction":
        return set()
    return {
        (entry.resource_id, number) for number in entry.values.get("version", (None, 1)) if number is not None
    }


# ── Transactions ─────────────────────────────────────────────────────────────────────────────────


def _transaction(entry: Entry, known: Known) -> Said | None:
    if entry.action == "INSERT":
        return _transaction_new(entry, known)
    versions = entry.values.get("version", (None, None))
    before = known.headers.get((entry.resource_id, versions[0])) if versions[0] else None
    after = known.headers.get((entry.resource_id, versions[1])) if versions[1] else None
    about = after.description if after else ""
    status = entry.values.get("status")
    changes = _transaction_changes(entry, known, before, after)
    if status and "void" in status:
        verb = "made void" if status[1] == "void" else "restored"
        thing: Words = (Name(about),) if about else ("a transaction",)
        return Said((f"{verb} ", *thing), changes=tuple(changes), weight=_MONEY)
    mark = entry.values.get("is_reconciled")
    if mark and not changes:
        verb = "ticked off against the bank: " if mark[1] else "took the bank’s tick off "
        return Said((verb, Name(about or "a transaction")), weight=_MONEY)
    if not changes:
        return Said(("changed ", Name(about) if about else "a transaction"), weight=_MONEY)
    words, left_out = changes_said(changes)
    return Said(words, about=about, changes=left_out, weight=_MONEY)


def _transaction_new(entry: Entry, known: Known) -> Said:
    row = entry.row
    header = known.headers.get((entry.resource_id, 1))
    account = known.account(row.get("account_id"))
    amount = _money(row.get("amount_minor"), _currency(entry, known, header))
    origin = row.get("origin")
    target = known.account(row.get("to_account_id"))
    named = known.names.get(row.get("account_id", ""))
    own = Name(target if named and named.is_equity else account)
    if origin == "opening":
        return Said(("recorded what ", own, f" opened with, {amount}"), weight=_MONEY)
    if origin == "adjustment":
        return Said(("adjusted ", own, f" by {amount}"), weight=_MONEY)
    where = f"{account} → {target}" if target else account
    about = " · ".join(part for part in (_parts(header), where, _day(row.get("date"))) if part)
    verb = "imported" if origin == "statement" else "added"
    return Said((f"{verb} ", Name(plain(row.get("description"))), f", {amount}"), about=about, weight=_MONEY)


def _transaction_changes(
    entry: Entry, known: Known, before: Header | None, after: Header | None
) -> list[Change]:
    """What a person would see change, the weightiest first."""
    values = entry.values
    changes = []
    if before and after and "type" not in values:
        was, now = _parts(before), _parts(after)
        # Where only the amount of a single category moved, the amount says it.
        if was != now and not (
            len(before.parts) == len(after.parts) == 1 and before.parts[0][0] == after.parts[0][0]
        ):
            several = len(before.parts) > 1 or len(after.parts) > 1
            changes.append(
                Change(
                    "categories" if several else "category",
                    was or "a removed category",
                    now or "a removed category",
                )
            )
    for column, (name, show) in _TRANSACTION_COLUMNS.items():
        if column in values:
            old, new = values[column]
            changes.append(Change(name, show(old, known, before), show(new, known, after)))
    return changes


def _parts(header: Header | None) -> str:
    """`Food`, or `Food ₹300, Travel ₹200`."""
    if header is None:
        return ""
    if len(header.parts) == 1:
        return header.parts[0][0]
    return ", ".join(f"{name} {_money(abs(minor), header.currency)}" for name, minor in header.parts)


def _currency(entry: Entry, known: Known, header: Header | None) -> str:
    named = known.names.get(entry.row.get("account_id", ""))
    return named.currency if named else header.currency if header else ""


def _show_money(value: Any, known: Known, header: Header | None) -> str:  # noqa: ARG001
    return _money(value, header.currency if header else "")


def _show_account(value: Any, known: Known, header: Header | None) -> str:  # noqa: ARG001
    return known.account(value)


def _show_day(value: Any, known: Known, header: Header | None) -> str:  # noqa: ARG001
    return _day(value)


def _show_tags(value: Any, known: Known, header: Header | None) -> str:  # noqa: ARG001
    return ", ".join(f"#{tag}" for tag in value or ())


def _show_plain(value: Any, known: Known, header: Header | None) -> str:  # noqa: ARG001
    return plain(value)


_Show = Callable[[Any, Known, Header | None], str]
_TRANSACTION_COLUMNS: Final[Mapping[str, tuple[str, _Show]]] = {
    "amount_minor": ("amount", _show_money),
    "date": ("date", _show_day),
    "account_id": ("account", _show_account),
    "to_account_id": ("account it went to", _show_account),
    "type": ("type", _show_plain),
    "description": ("description", _show_plain),
    "payee": ("payee", _show_plain),
    "tags": ("tags", _show_tags),
    "notes": ("notes", _show_plain),
}


# ── Accounts and categories ──────────────────────────────────────────────────────────────────────


def _account(entry: Entry, known: Known) -> Said | None:
    row, values = entry.row, entry.values
    name = Name(plain(row.get("name")) or known.account(entry.resource_id))
    if entry.action != "UPDATE":
        thing = "category" if row.get("kind") == "category" else "account"
        verb = "added" if entry.action == "INSERT" else "removed"
        return Said((f"{verb} the {thing} ", name), about=plain(row.get("institution")), weight=_ACCOUNT)
    if values.get("merged_into_id", (None, None))[1]:
        target = Name(known.account(values["merged_into_id"][1]))
        return Said(("merged ", name, " into ", target), weight=_MERGE)
    if "closed_at" in values:
        return Said(("closed " if values["closed_at"][1] else "opened again ", name), weight=_ACCOUNT)
    changes = [
        _account_change(entry, column, before, after, known)
        for column, (before, after) in values.items()
        if column not in {"name", "purpose", "opened_by_upload"}
    ]
    if "name" in values:
        old, new = (Name(plain(value)) for value in values["name"])
        return Said(("renamed ", old, " to ", new), changes=tuple(changes), weight=_ACCOUNT)
    if not changes:
        return None
    words, left_out = changes_said(changes)
    return Said(words, about=name, changes=left_out, weight=_ACCOUNT)


_ACCOUNT_LABELS: Final = {
    "parent_id": "group",
    "number_last4": "last digits",
    "institution": "bank",
    "due_day": "day on which it is due",
    "statement_day": "day of the statement",
}


def _account_change(entry: Entry, column: str, before: Any, after: Any, known: Known) -> Change:
    name = _ACCOUNT_LABELS.get(column, label(column))
    if column == "parent_id":
        return Change(name, known.account(before), known.account(after))
    if column == "credit_limit_minor":
        currency = known.names[entry.resource_id].currency if entry.resource_id in known.names else ""
        return Change(name, _money(before, currency), _money(after, currency))
    return Change(name, plain(before), plain(after))


# ── Statements and papers ────────────────────────────────────────────────────────────────────────


def _statement(entry: Entry, known: Known) -> Said | None:
    named = known.names.get(entry.resource_id)
    name = Name(plain(entry.row.get("file_name")) or (named.name if named else "a removed statement"))
    if entry.action == "INSERT":
        rows = entry.row.get("lines_count", 0)
        about = known.account(entry.row.get("account_id"))
        return Said(
            ("uploaded ", name, f", {rows:,} row{'' if rows == 1 else 's'}"), about=about, weight=_UPLOAD
        )
    if entry.action == "DELETE":
        return Said(("took the statement ", name, " back"), weight=_UPLOAD)
    return Said(("imported ", name), weight=_IMPORT) if "posted_at" in entry.values else None


def _attachment(entry: Entry, known: Known) -> Said | None:
    named = known.names.get(entry.resource_id)
    name = Name(plain(entry.row.get("name")) or (named.name if named else "a paper"))
    if entry.action == "INSERT":
        return Said(("attached ", name), weight=_MONEY)
    return Said(("removed ", name) if entry.action == "UPDATE" else ("erased ", name), weight=_MONEY)


# ── The book and its people ──────────────────────────────────────────────────────────────────────


def _book(entry: Entry, known: Known) -> Said | None:  # noqa: ARG001
    if entry.action != "UPDATE":
        return Said(("opened the book ", Name(plain(entry.row.get("name")))), weight=_BOOK)
    values = entry.values
    if "closed_until" in values and len(values) == 1:
        return Said((f"closed the book up to {_day(values['closed_until'][1])}",), weight=_BOOK)
    changes = [
        Change(_BOOK_LABELS.get(column, label(column)), plain(before), plain(after))
        for column, (before, after) in values.items()
    ]
    words, left_out = changes_said(changes)
    return Said(words, about="the book", changes=left_out, weight=_BOOK)


_BOOK_LABELS: Final = {
    "name": "name",
    "base_currency": "currency",
    "fiscal_year_start_month": "first month of the year",
    "month_start_day": "first day of the month",
    "closed_until": "last closed day",
}


def _member(entry: Entry, known: Known) -> Said | None:
    row = entry.row
    name, is_self = Name(known.person(entry)), str(entry.user_id) == row.get("user_id")
    role = _roles(row.get("role"))
    if entry.action == "INSERT":
        return Said((f"joined as {role}",) if is_self else ("let ", name, f" in as {role}"), weight=_MEMBER)
    if entry.action == "DELETE":
        return Said(("left the book",) if is_self else ("removed ", name), weight=_MEMBER)
    old, new = (_roles(value) for value in entry.values.get("role", ("", "")))
    return Said(("changed ", name, f" from {old} to {new}"), weight=_MEMBER)


def _roles(role: Any) -> str:
    return {"owner": "an owner", "editor": "an editor", "viewer": "a viewer"}.get(role, plain(role))


def _invitation(entry: Entry, known: Known) -> Said | None:
    named = known.names.get(entry.resource_id)
    address = Name(plain(entry.row.get("email")) or (named.name if named else "somebody"))
    if entry.action == "INSERT":
        return Said(("invited ", address, f" as {_roles(entry.row.get('role'))}"), weight=_MEMBER)
    if entry.values.get("accepted_at", (None, None))[1]:
        return Said(("accepted the invitation of ", address), weight=_MEMBER - 1)
    if entry.values.get("revoked_at", (None, None))[1]:
        return Said(("took the invitation of ", address, " back"), weight=_MEMBER)
    return None


def _visibility(entry: Entry, known: Known) -> Said | None:
    row = entry.row
    person = Name(known.person(entry))
    named = known.names.get(row.get("account_id") or entry.resource_id)
    account = Name(named.name if named else "an account")
    if entry.action == "DELETE":
        return Said(("showed ", account, " to ", person, " again"), weight=_MEMBER)
    if row.get("visibility") == "hidden":
        return Said(("hid ", account, " from ", person), weight=_MEMBER)
    return Said(("let ", person, " only look at ", account), weight=_MEMBER)


_TELLERS: Final[Mapping[str, Callable[[Entry, Known], Said | None]]] = {
    "ledger_transaction": _transaction,
    "ledger_account": _account,
    "ledger_statement": _statement,
    "ledger_attachment": _attachment,
    "ledger_book": _book,
    "ledger_member": _member,
    "ledger_invitation": _invitation,
    "ledger_account_visibility": _visibility,
}


def _money(minor: Any, currency: str) -> str:
    """An amount for people; of an account that is gone the currency is not known, so the figure stands alone."""
    if minor is None:
        return ""
    return (
        money_format(Money(int(minor), currency)) if currency in CURRENCY_PLACES else f"{minor} (minor units)"
    )


def _day(text: Any) -> str:
    """`2026-11-23` as 23 November 2026."""
    if not text:
        return ""
    day = dt.date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"
