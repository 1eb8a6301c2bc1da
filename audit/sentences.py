"""How the log speaks of people, their sign-ins, rights and switches, and of what is no change of a row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from audit.rules import (
    ROW_ACTIONS,
    Change,
    Entry,
    Name,
    Said,
    Thing,
    Words,
    changes_said,
    label,
    plain,
    said_plainly,
)

_WEIGHT: Final = 60  # a sign-in speaks for the session that it made

THINGS: Final = {
    thing.table: thing
    for thing in (
        Thing("accounts_user", "person", "people"),
        Thing("accounts_session", "session", "sessions"),
        Thing("accounts_user_groups", "group of a person", "groups of people"),
        Thing("accounts_user_user_permissions", "right of a person", "rights of people"),
        Thing("auth_group", "group", "groups"),
        Thing("auth_group_permissions", "right of a group", "rights of groups"),
        Thing("flags_flag", "switch", "switches"),
        Thing("flags_flag_users", "person of a switch", "people of switches"),
        Thing("flags_flag_groups", "group of a switch", "groups of switches"),
    )
}

# What is recorded beside changes of rows, and what of the changes is worth a word.
_EVENTS: Final[Mapping[str, str]] = {
    "SIGN_IN": "signed in",
    "SIGN_IN_FAILED": "failed to sign in",
    "SIGN_OUT": "signed out",
    "SIGN_UP": "signed up",
    "REFRESH_REPLAYED": "used an old sign-in again, so it was ended",
    "PASSWORD_CHANGED": "changed the password",
    "TOKEN_USED": "stayed signed in",
    "REFUSED": "was refused",
    "EXPORTED": "exported data",
    "PERSON_READ": "looked at this account",
    "STAFF_ACTED": "did something for this account",
}
_EVENT_ORIGINS: Final = frozenset({"SIGN_IN", "SIGN_IN_FAILED", "REFRESH_REPLAYED"})
_REASONS: Final = {
    "logout": "signed out",
    "replay": "ended a session, because an old token of it was used again",
    "password_changed": "ended a session with the change of the password",
    "disabled": "ended a session",
}


def speak(entries: Sequence[Entry]) -> dict[UUID, Said]:
    """What the entries mean. No query."""
    return {entry.id: said(entry) for entry in entries}


def said(entry: Entry) -> Said:
    """What one entry means."""
    if entry.action not in ROW_ACTIONS:
        return event_said(entry)
    teller = _TELLERS.get(entry.resource_type)
    found = teller(entry) if teller else None
    return found or said_plainly(entry, THINGS[entry.resource_type])


def event_said(entry: Entry) -> Said:
    """What happened that was no change of a row; details are what was recorded with it."""
    words: Words = (_EVENTS.get(entry.action) or entry.action.lower().replace("_", " "),)
    if entry.action in _EVENT_ORIGINS and entry.ip_address:
        words = (*words, " from ", Name(entry.ip_address))
    if entry.action == "REFUSED":
        words = (*words, " at ", Name(entry.resource_id))
    details = tuple(
        Change(label(name), "", text) for name, value in entry.changes.items() if (text := plain(value))
    )
    return Said(words, changes=details, weight=_WEIGHT)


def _person(entry: Entry) -> Said | None:
    if entry.action == "INSERT":
        return Said(("signed up",), weight=_WEIGHT)
    values = entry.values
    if "is_active" in values:
        return Said(("opened the account again" if values["is_active"][1] else "closed the account",))
    if "session_generation" in values and len(values) == 1:
        return Said(("ended all sessions on the web",))
    shown = [
        Change(_PERSON_LABELS.get(name, label(name)), plain(before), plain(after))
        for name, (before, after) in values.items()
        if name != "session_generation"
    ]
    words, left_out = changes_said(shown)
    return Said(words, changes=left_out)


def _session(entry: Entry) -> Said | None:
    if entry.action == "INSERT":
        address = entry.row.get("ip")
        return Said(("signed in from ", Name(address)) if address else ("signed in",), weight=_WEIGHT - 1)
    reason = entry.values.get("revoked_reason", ("", ""))[1]
    return Said((_REASONS.get(reason, "ended a session"),), weight=_WEIGHT - 1) if reason else None


_PERSON_LABELS: Final = {"full_name": "name", "email": "e-mail address", "is_staff": "right to work as staff"}
_TELLERS: Final[Mapping[str, Callable[[Entry], Said | None]]] = {
    "accounts_user": _person,
    "accounts_session": _session,
}
