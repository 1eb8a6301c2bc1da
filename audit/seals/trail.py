"""Walking the log from its first leaf: the same checks whether leaves come from the database or from an export.

The standard library and `heads` alone. Memory does not grow with the log.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from audit.seals.heads import Head, HeadWrong, PublicKey, head_hash, head_read
from audit.seals.tree import Frontier

# A clock that is set back makes an entry look older than the seal before it; less than this is no forgery.
CLOCK_STEP: Final = dt.timedelta(minutes=5)
DIFFERENCES_MAX: Final = 100  # of a kind: many of one must not hide the others
GAPS_MAX: Final = 1000  # which come a hundred of a table


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not hold. `at`: when the entry, or else the seal, says it was made."""

    kind: str  # altered, removed, inserted, reordered, rewritten, gap
    detail: str
    entry: str | None = None
    position: int | None = None
    seal: int | None = None
    at: str | None = None

    def sentence(self) -> str:
        """For people."""
        where = [f"entry {self.entry}" if self.entry else "", f"seal {self.seal}" if self.seal else ""]
        where += [f"position {self.position}" if self.position is not None else "", self.at or ""]
        return f"{self.kind}: {', '.join(filter(None, where)) or 'the log'}: {self.detail}"


@dataclass(slots=True)
class Findings:
    """How it ended: what was walked over, and the first 100 differences of each kind, in the order of the log.

    away: leaves whose entries are not there because their months were put away, as whoever asked said.
    """

    seals: int = 0
    leaves: int = 0
    erased: int = 0
    away: int = 0
    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many differences there are, kept or not."""
        return self.counts.total()

    def report(self, difference: Difference) -> None:
        """Will count a difference, and keep it while there is room for its kind."""
        self.counts[difference.kind] += 1
        if self.counts[difference.kind] <= _room(difference.kind):
            self.differences.append(difference)

    def lines(self) -> list[str]:
        """A sentence for each difference that is kept, and how many of a kind are not."""
        told = [difference.sentence() for difference in self.differences]
        return told + [
            f"{kind}: and {count - _room(kind)} more"
            for kind, count in self.counts.items()
            if count > _room(kind)
        ]

    def summary(self) -> str:
        """The last line."""
        differences = many(self.total, "difference") if self.total else "no differences"
        walked = f"{many(self.seals, 'seal')}, {many(self.leaves, 'leaf', 'leaves')}, {self.erased} erased"
        away = f", {many(self.away, 'entry', 'entries')} put away and not looked at" if self.away else ""
        return f"{walked}{away}: {differences}."


def _room(kind: str) -> int:
    return GAPS_MAX if kind == "gap" else DIFFERENCES_MAX


def many(count: int, one: str, more: str = "") -> str:
    """A number with its word."""
    return f"{count} {one if count == 1 else more or f'{one}s'}"


@dataclass(frozen=True, slots=True)
class Step:
    """A leaf on the way. What is None is not known: its entry is gone."""

    position: int
    hash: bytes
    entry: str
    created_at: str
    written_in: int | None


class Trail:
    """Call `begin` with a seal's head, `leaf` for each leaf that it adds, `end`; then the next seal.

    Each difference goes to `report`, in the order of the log. After a root that is wrong all later ones would be too,
    so it is named once.
    """

    def __init__(self, *, keys: Mapping[str, PublicKey], report: Callable[[Difference], None]) -> None:
        self.head: Head | None = None
        self.note: str | None = None
        self._keys = keys
        self._report = report
        self._frontier = Frontier()
        self._next = 0
        self._complete: Head | None = None  # the last head that held all it saw
        self._is_whole = True
        self._order: tuple[str, str] = ("", "")

    @property
    def leaves(self) -> int:
        """How many leaves were walked over."""
        return self._next

    def begin(self, note: str, *, number: int) -> None:
        """Will check a head by itself and against the one before."""
        before, before_note = self.head, self.note
        self.note, self._order = note, ("", "")
        try:
            head = head_read(note, keys=self._keys)
        except HeadWrong as error:
            self.head = None
            self._report(Difference("rewritten", str(error), seal=number))
            return
        self.head = head
        fault = _fault(head, number=number, before=before, before_note=before_note)
        if fault:
            self._report(Difference("rewritten", fault, seal=number, at=head.sealed_at))

    def leaf(self, step: Step) -> None:
        """Will check a leaf's place: position, order within the seal, and that its transaction belongs there."""
        if step.position != self._next:
            self._report(
                Difference(
                    "removed",
                    f"the leaves from position {self._next} on are missing, before this one",
                    step.entry,
                    step.position,
                    self._number,
                    step.created_at,
                )
            )
            self._is_whole = False
        order = (step.created_at, step.entry)
        if order <= self._order:
            self._tell("reordered", "it stands after a later one of the same seal", step)
        fault = self._misplaced(step) if step.written_in is not None else None
        if fault:
            self._tell(*fault, step)
        self._order, self._next = order, step.position + 1
        self._frontier.append(step.hash)

    def end(self) -> None:
        """Will check that the leaves so far are what the head signs."""
        head = self.head
        if head is None:
            return
        if self._is_whole and (head.size, head.root) != (self._frontier.size, self._frontier.root()):
            first = self._complete.size if self._complete else 0
            self._report(
                Difference(
                    "rewritten",
                    f"its {self._frontier.size} leaves give another root than it signs; "
                    f"a leaf at position {first} or later was changed together with its entry",
                    seal=head.number,
                    at=head.sealed_at,
                )
            )
            self._is_whole = False
        if head.is_complete:
            self._complete = head

    @property
    def _number(self) -> int | None:
        return self.head.number if self.head else None

    def _tell(self, kind: str, detail: str, step: Step) -> None:
        self._report(Difference(kind, detail, step.entry, step.position, self._number, step.created_at))

    def _misplaced(self, step: Step) -> tuple[str, str] | None:
        """Why its transaction can't be of this seal: the transactions that one cluster numbers only count up."""
        head, before, transaction = self.head, self._complete, step.written_in
        if head is None or before is None or transaction is None:
            return None
        is_late = is_earlier(step.created_at, before.sealed_at)
        if head.cluster != before.cluster:  # restored elsewhere: numbers began anew, clocks went on
            is_old = is_late and before.snapshot.sees(transaction)
            return (
                ("inserted", f"seal {before.number} had seen its transaction and did not hold it")
                if is_old
                else None
            )
        if before.snapshot.sees(transaction):
            return "inserted", f"seal {before.number} had seen its transaction and did not hold it"
        if not head.snapshot.sees(transaction):
            return "reordered", "it was sealed before its transaction was over"
        if is_late and transaction >= before.snapshot.xmax:
            return "inserted", f"it claims to be older than seal {before.number}, and was written after it"
        return None


def is_earlier(one: str, other: str) -> bool:
    """Whether an instant is earlier than another by more than a clock is ever set back."""
    return one < other and dt.datetime.fromisoformat(one) + CLOCK_STEP < dt.datetime.fromisoformat(other)


def _fault(head: Head, *, number: int, before: Head | None, before_note: str | None) -> str | None:
    if head.number != number:
        return f"its head says that it is seal {head.number}"
    if before_note is None:
        return None if number == 1 and head.previous is None else "seals before it are missing"
    if head.previous != head_hash(before_note):
        return "its head does not follow from the one before"
    if before and (head.size <= before.size or head.number != before.number + 1):
        return "it does not go on where the seal before it ended"
    return None
