"""What entries of the log say in plain words. Pure: no database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

PARTS_MAX: Final = 3  # changes that a sentence names; the rest is in its details
_LONG: Final = 60  # characters of a text that a sentence can hold

Words = tuple[str, ...]
ROW_ACTIONS: Final = ("INSERT", "UPDATE", "DELETE")
_VERBS: Final = {"INSERT": "added", "UPDATE": "changed", "DELETE": "removed"}
# Those whose name is not the reader's business, or who have none, by the kind of actor before its colon.
_SUBJECTS: Final = {
    "staff": "RUPAYA’s staff",
    "job": "RUPAYA",
    "system": "RUPAYA",
    "cli": "An operator of RUPAYA",
    "command": "An operator of RUPAYA",
    "unknown": "Somebody with direct access to the database",
}


class Name(str):
    """A text that people chose, as it stands in a sentence. Pages set it apart from our own words."""

    __slots__ = ()
    is_name = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as its reader may see it. The address and the browser are shown to whom they belong alone."""

    id: UUID
    created_at: dt.datetime
    action: str
    resource_type: str
    resource_id: str
    book_id: UUID | None
    user_id: UUID | None
    actor_kind: str
    changes: Mapping[str, Any]
    ip_address: str | None
    user_agent: str | None
    request_id: str

    @property
    def values(self) -> dict[str, tuple[Any, Any]]:
        """Each field before and after, None where there was no row."""
        if self.action == "UPDATE":
            return {name: (pair[0], pair[1]) for name, pair in self.changes.items()}
        if self.action == "DELETE":
            return {name: (value, None) for name, value in self.changes.items()}
        return {name: (None, value) for name, value in self.changes.items()}

    @property
    def row(self) -> Mapping[str, Any]:
        """What the row said last, as far as the entry knows."""
        return {
            name: before if self.action == "DELETE" else after
            for name, (before, after) in self.values.items()
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, in words; '' for nothing. A long text is named, not repeated."""

    label: str
    before: str
    after: str

    @property
    def is_long(self) -> bool:
        """Whether a sentence has no room for it."""
        return max(len(self.before), len(self.after)) > _LONG


@dataclass(frozen=True, slots=True)
class Said:
    """What was done, without who: `words` read on from their name.

    about: what it was done to, where the words don't say. changes: what the words leave out.
    weight: of all that one request did, the heaviest speaks for the rest, if it is alone with its weight.
    """

    words: Words
    about: str = ""
    changes: tuple[Change, ...] = ()
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """An entry, who did it, and what it says."""

    entry: Entry
    who: str
    said: Said

    @property
    def summary(self) -> str:
        """The whole sentence as plain text."""
        about = f" ({self.said.about})" if self.said.about else ""
        return f"{self.who} {''.join(self.said.words)}{about}"


@dataclass(frozen=True, slots=True)
class Kind:
    """How many entries of one kind a run has, and the newest of them."""

    action: str
    resource_type: str
    count: int
    told: tuple[Told, ...]

    @property
    def hidden_count(self) -> int:
        """Those that are counted and not shown."""
        return self.count - len(self.told)


@dataclass(frozen=True, slots=True)
class Run:
    """What one request did, newest first: neighbours in the log. `words` say it in one line.

    action, table: what the line speaks of.
    """

    who: str
    action: str
    table: str
    words: Words
    about: str
    changes: tuple[Change, ...]
    kinds: tuple[Kind, ...]
    at: dt.datetime
    count: int

    @property
    def is_folded(self) -> bool:
        """Whether there is more than the line says."""
        return self.count > 1 or bool(self.changes)


@dataclass(frozen=True, slots=True)
class Thing:
    """A table, in the words of those who use it."""

    table: str
    one: str
    many: str


def thing_guessed(table: str) -> Thing:
    """A table that nobody has introduced: `ledger_recurring_rule` is a recurring rule."""
    words = table.partition("_")[2].replace("_", " ") or table
    return Thing(table, words, f"{words}s")


def who(entry: Entry, *, people: Mapping[UUID, str], reader_id: UUID | None = None) -> str:
    """Who did it: a person's name, “You” for the reader where one is given, else what kind of machine or staff."""
    kind = entry.actor_kind.partition(":")[0]
    if kind in _SUBJECTS:
        return _SUBJECTS[kind]
    if entry.user_id is None:
        return "Somebody"
    if entry.user_id == reader_id:
        return "You"
    return people.get(entry.user_id, "A removed person")


def said_plainly(entry: Entry, thing: Thing) -> Said:
    """What can be said of any table: that a row was added, changed or removed, and its fields as they stand."""
    verb = _VERBS.get(entry.action)
    if verb is None:
        return Said((entry.action.lower().replace("_", " "),))
    name = entry.row.get("name")
    words: Words = (
        (f"{verb} the {thing.one} ", Name(name)) if isinstance(name, str) else (f"{verb} a {thing.one}",)
    )
    shown = (
        Change(label(column), plain(before), plain(after))
        for column, (before, after) in entry.values.items()
        if not column.endswith("id") and column != "name"
    )
    return Said(words, changes=tuple(shown) if entry.action == "UPDATE" else ())


def changes_said(changes: Sequence[Change]) -> tuple[Words, tuple[Change, ...]]:
    """“changed the category from Food to Travel and the amount from ₹500 to ₹650”, and what it leaves out."""
    phrases: list[Words] = []
    last_verb = ""
    for change in changes[:PARTS_MAX]:
        verb, rest = _phrase(change)
        phrases.append(rest if verb == last_verb else (f"{verb} ", *rest))
        last_verb = verb
    hidden = len(changes) - len(phrases)
    if hidden > 0:
        phrases.append((f"{hidden} more {'thing' if hidden == 1 else 'things'}",))
    left_out = tuple(changes) if hidden > 0 or any(change.is_long for change in changes) else ()
    return joined(phrases), left_out


def joined(phrases: Sequence[Words]) -> Words:
    """“a, b and c”."""
    words: list[str] = []
    for index, phrase in enumerate(phrases):
        if index:
            words.append(" and " if index == len(phrases) - 1 else ", ")
        words += phrase
    return tuple(words)


def label(column: str) -> str:
    """`credit_limit_minor` as a label."""
    return column.removesuffix("_id").removesuffix("_minor").replace("_", " ")


def plain(value: Any) -> str:
    """A value of JSON as text: '' for nothing, yes and no for claims."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(plain(item) for item in value)
        case dict():
            return ", ".join(f"{label(key)}: {plain(item)}" for key, item in value.items())
    return str(value)


def run_of(kinds: Sequence[Kind], things: Mapping[str, Thing]) -> Run:
    """One line for what one request did, all of it by the same person."""
    told = [told for kind in kinds for told in kind.told]
    newest = max(told, key=lambda one: (one.entry.created_at, one.entry.id))
    count = sum(kind.count for kind in kinds)
    speaker = _heaviest(kinds)
    said = speaker.said if speaker else Said(_counted(kinds, things))
    most = max(kinds, key=lambda kind: kind.count)
    return Run(
        who=newest.who,
        action=speaker.entry.action if speaker else most.action,
        table=speaker.entry.resource_type if speaker else most.resource_type,
        words=said.words,
        about=said.about or "".join(_counted(_others(kinds, speaker), things)),
        changes=said.changes if count == 1 else (),
        kinds=tuple(kinds),
        at=newest.entry.created_at,
        count=count,
    )


def _heaviest(kinds: Sequence[Kind]) -> Told | None:
    """The one entry that speaks for all; None where several weigh the same."""
    if sum(kind.count for kind in kinds) == 1:
        return kinds[0].told[0]
    weights = sorted((told.said.weight for kind in kinds for told in kind.told), reverse=True)
    if not weights[0] or weights[0] == weights[1]:
        return None
    return next(told for kind in kinds for told in kind.told if told.said.weight == weights[0])


def _others(kinds: Sequence[Kind], speaker: Told | None) -> list[Kind]:
    """The kinds beside the one that speaks."""
    if speaker is None:
        return []
    entry = speaker.entry
    return [
        kind for kind in kinds if (kind.action, kind.resource_type) != (entry.action, entry.resource_type)
    ]


def _counted(kinds: Iterable[Kind], things: Mapping[str, Thing]) -> Words:
    """“added 118 transactions, 2 members and changed 1 account”, the most first."""
    phrases: list[Words] = []
    last_verb = ""
    for kind in sorted(kinds, key=lambda kind: -kind.count)[:PARTS_MAX]:
        thing = things.get(kind.resource_type) or thing_guessed(kind.resource_type)
        verb = _VERBS.get(kind.action)
        if verb is None:
            phrases.append((*kind.told[0].said.words, f" ({kind.count} times)" if kind.count > 1 else ""))
        else:
            amount = f"{kind.count:,} {thing.one if kind.count == 1 else thing.many}"
            phrases.append((amount if verb == last_verb else f"{verb} {amount}",))
        last_verb = verb or ""
    return joined(phrases)


def _phrase(change: Change) -> tuple[Literal["changed", "set", "removed"], Words]:
    if change.is_long:
        return "changed", (f"the {change.label}",)
    before, after = Name(change.before), Name(change.after)
    if not change.before:
        return "set", (f"the {change.label} to ", after)
    if not change.after:
        return "removed", (f"the {change.label} ", before)
    return "changed", (f"the {change.label} from ", before, " to ", after)
