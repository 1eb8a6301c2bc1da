"""Random books that change, and what a report of them must say by plain addition over remembered legs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from uuid import UUID

import orjson
from django.db import connection
from hypothesis import strategies as st

from ledger.chart.models import Account
from ledger.journal.drafts import Draft
from ledger.journal.rules import Side
from ledger.journal.services import transactions_write
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.support.cast import Person, person_make

FIRST = dt.date(2025, 1, 20)
LAST = dt.date(2026, 11, 20)
# (name, type, kind, currency, parent) of the accounts that a book has beside the starter chart.
ADDED = (
    ("Dollars", "asset", "bank", "USD", None),
    ("Pocket", "asset", "wallet", "INR", "Savings account"),
    ("Travel card", "asset", "wallet", "USD", "Pocket"),
    ("Gold", "asset", "investment", "INR", "Pocket"),
    ("Vegetables", "expense", "category", "INR", "Groceries"),
    ("Mandi", "expense", "category", "INR", "Vegetables"),
)
OWN = (
    "Cash", "Savings account", "Pocket", "Travel card", "Dollars", "Gold", "Credit card", "Home loan",
    "Opening balances",
)  # fmt: skip
DOLLARS = {"Dollars", "Travel card"}
CATEGORIES = {
    "income": ("Salary", "Interest"),
    "expense": ("Groceries", "Vegetables", "Mandi", "Fuel"),
}
PAYEES = ("", "BigBasket", "bigbasket", "Indian Oil")
TAGS = ("goa", "tax", "school")


@dataclass(frozen=True)
class Wish:
    """One transaction to be: `own`'s share, and those of the others; each (account, minor, base)."""

    type: str
    date: dt.date
    own: tuple[str, int, int]
    others: tuple[tuple[str, int, int], ...]
    payee: str
    tags: tuple[str, ...]
    is_void: bool = False


@dataclass(frozen=True)
class Said:
    """A transaction that stood at some time."""

    id: UUID
    wish: Wish

    @property
    def legs(self) -> list[tuple[str, int, int]]:
        """(account, minor, base) with signs; none where it is void."""
        if self.wish.is_void:
            return []
        sign = 1 if self.wish.type == "income" else -1
        name, minor, base = self.wish.own
        return [
            (name, sign * minor, sign * base),
            *((n, -sign * m, -sign * b) for n, m, b in self.wish.others),
        ]


@dataclass
class Story:
    """A book, what stands in it, and what stood at some instants."""

    person: Person
    accounts: dict[str, Account]
    said: dict[UUID, Said] = field(default_factory=dict)
    moments: list[tuple[dt.datetime, list[Said]]] = field(default_factory=list)

    def at(self, known_at: dt.datetime | None) -> list[Said]:
        """What stood then."""
        if known_at is None:
            return list(self.said.values())
        return next(said for moment, said in self.moments if moment == known_at)


@st.composite
def wishes(draw):
    """Any transaction that the guards let pass."""
    kind = draw(st.sampled_from(["income", "expense", "expense", "transfer"]))
    day = draw(st.dates(FIRST, LAST))
    minor = draw(st.integers(1, 10**7))
    own = draw(st.sampled_from(OWN[:-1] if kind != "transfer" else OWN))
    base = minor * 84  # what a dollar is worth, and what divides into parts
    shares = {name: (name, minor if name in DOLLARS else base, base) for name in OWN}
    if kind == "transfer":
        other = draw(st.sampled_from([name for name in OWN if name != own]))
        return _wish(draw, kind, day, shares[own], (shares[other],))
    names = draw(st.lists(st.sampled_from(CATEGORIES[kind]), min_size=1, max_size=3))
    first = draw(st.integers(1, base - 2))
    parts = {1: [base], 2: [first, base - first], 3: [1, first, base - first - 1]}[len(names)]
    others = tuple((name, part, part) for name, part in zip(names, parts, strict=True))
    return _wish(draw, kind, day, shares[own], others)


def _wish(draw, kind, day, own, others):
    payee = draw(st.sampled_from(PAYEES))
    tags = tuple(draw(st.lists(st.sampled_from(TAGS), max_size=2, unique=True)))
    return Wish(kind, day, own, others, payee, tags)


@st.composite
def plots(draw):
    """What is recorded, and what then becomes of some of it: (which, another wish or None to make it void)."""
    recorded = draw(st.lists(wishes(), min_size=1, max_size=10))
    places = st.integers(0, len(recorded) - 1)
    changes = draw(st.lists(st.tuples(places, st.one_of(st.none(), wishes())), max_size=4))
    return recorded, changes


def story_make(plot) -> Story:
    """A book in which the plot happened; it remembers what stood after each step."""
    recorded, changes = plot
    person = person_make("Asha")
    with acting_as(person.actor):
        accounts = {account.name: account for account in Account.objects.filter(book=person.book)}
        for name, kind, what, currency, parent in ADDED:
            accounts[name] = Account.objects.create(
                book=person.book, type=kind, kind=what, name=name, currency=currency, icon="tag",
                parent=accounts[parent] if parent else None,
            )  # fmt: skip
        story = Story(person, accounts)
        said = [Said(uuid7(), wish) for wish in recorded]
        transactions_write(book=person.book, drafts=[draft_of(story, one) for one in said])
        story.said = {one.id: one for one in said}
        remember(story)
        for place, wish in changes:
            amend(story, said[place].id, wish)
            remember(story)
    return story


def draft_of(story: Story, said: Said) -> Draft:
    wish = said.wish
    return Draft(
        id=said.id, date=wish.date, type=wish.type, origin="manual", description="Something",
        own=_side(story, wish.own), others=[_side(story, other) for other in wish.others],
        payee=wish.payee, tags=wish.tags, status="void" if wish.is_void else "posted",
    )  # fmt: skip


def _side(story: Story, share: tuple[str, int, int]) -> Side:
    name, minor, base = share
    account = story.accounts[name]
    return Side(account.pk, Money(minor, account.currency), base)


def amend(story: Story, transaction_id: UUID, wish: Wish | None) -> None:
    """Another wish instead, or void; in raw SQL."""
    was = story.said[transaction_id]
    said = Said(transaction_id, wish or replace(was.wish, is_void=True))
    item = draft_of(story, said).as_json()
    if wish is None:
        del item["postings"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_amend(%s, %s, %s)", [story.person.book.pk, uuid7(), orjson.dumps([item]).decode()]
        )
    story.said[transaction_id] = said


def remember(story: Story) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        story.moments.append((cursor.fetchone()[0], list(story.said.values())))
