"""A ledger's life against the real database and beside it a ledger of a few Python lists.

Whatever is recorded, changed, voided, restored, undone or imported in whatever order: every transaction sums to zero,
month totals are the postings' sums, and balances, as of any day and as known at any instant, are those of the lists.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ledger.amendments.selectors import state_of
from ledger.amendments.services import (
    TransactionTypeStays,
    TransactionVoid,
    UndoTooLate,
    VersionVoid,
    change_undo,
    transaction_change,
    transaction_restore,
    transaction_void,
)
from ledger.journal.drafts import AccountUnfit, Entry
from ledger.journal.services import entries_post
from rupaya.core.db import acting_as
from rupaya.core.money import Money
from tests.ledger.desk import bank_import
from tests.ledger.statements.writers import hdfc_file, line
from tests.support.cast import person_make

DAYS = st.dates(dt.date(2026, 8, 28), dt.date(2026, 11, 3))
MINOR = st.integers(1, 10**9)
OWN = ("Cash", "Savings account")
CATEGORIES = {"expense": ("Groceries", "Fuel"), "income": ("Salary", "Other income")}


@dataclass(frozen=True)
class Said:
    """What a version says: (account name, minor units) of each leg that counts, on a day."""

    date: dt.date
    legs: tuple[tuple[str, int], ...]
    is_void: bool = False


@dataclass
class Life:
    """Every version of a transaction, with the instant from which it was known."""

    versions: list[tuple[dt.datetime, Said]] = field(default_factory=list)

    def at(self, instant: dt.datetime) -> Said | None:
        known = [said for since, said in self.versions if since <= instant]
        return known[-1] if known else None


class Ledger(RuleBasedStateMachine):
    """One person's book and its model."""

    transactions: Bundle[UUID] = Bundle("transactions")
    changes: Bundle[UUID] = Bundle("changes")

    def __init__(self) -> None:
        super().__init__()
        self.person = person_make("Asha")
        self.lives: dict[UUID, Life] = {}
        self.made_by: dict[UUID, list[UUID]] = {}
        self.banks = 0
        self.openings: set[UUID] = set()
        with self.acting():
            accounts = self.person.book.accounts.all()
            self.ids = {account.name: account.pk for account in accounts}
            self.names = {account.pk: account.name for account in accounts}

    def acting(self):
        return acting_as(self.person.actor)

    def entry(self, kind, date, amounts, *, turned=False):
        """An entry and the legs that it must become."""
        own, other = OWN[::-1] if turned else OWN
        parts = [Money(minor, "INR") for minor in amounts]
        total = sum(amounts)
        if kind == "transfer":
            legs: tuple[tuple[str, int], ...] = ((own, -total), (other, total))
            entry = Entry(kind, date, "Moved", [(None, Money(total, "INR"))], self.ids[own], self.ids[other])
            return entry, legs
        names = CATEGORIES[kind][: len(parts)]
        sign = -1 if kind == "expense" else 1
        legs = (
            (own, sign * total),
            *((name, -sign * part) for name, part in zip(names, amounts, strict=True)),
        )
        entry = Entry(
            kind,
            date,
            "Lived",
            [(self.ids[n], part) for n, part in zip(names, parts, strict=True)],
            self.ids[own],
        )
        return entry, legs

    def learn(self, identity, said):
        """Will note a new version under the instant that the database gave it."""
        with self.acting(), connection.cursor() as cursor:
            cursor.execute("SELECT changed_at, change_id FROM ledger_transaction WHERE id = %s", [identity])
            instant, change = cursor.fetchone()
        self.lives.setdefault(identity, Life()).versions.append((instant, said))
        self.made_by.setdefault(change, []).append(identity)
        return change

    def now(self, identity):
        return self.lives[identity].versions[-1][1]

    @rule(
        target=transactions,
        entries=st.lists(
            st.tuples(st.sampled_from(["expense", "income", "transfer"]), DAYS, st.lists(MINOR, min_size=1, max_size=2),
                      st.booleans()),
            min_size=1, max_size=3,
        ),
    )  # fmt: skip
    def record(self, entries):
        made = [self.entry(kind, day, amounts, turned=turned) for kind, day, amounts, turned in entries]

        with self.acting():
            recorded = entries_post(book=self.person.book, entries=[entry for entry, _ in made])

        for row, (entry, legs) in zip(recorded, made, strict=True):
            self.learn(row.id, Said(entry.date, legs))
        return multiple(*(row.id for row in recorded))

    @rule(target=changes, identity=transactions, kind=st.sampled_from(["expense", "income", "transfer"]), day=DAYS,
          amounts=st.lists(MINOR, min_size=1, max_size=2))  # fmt: skip
    def change(self, identity, kind, day, amounts):
        entry, legs = self.entry(kind, day, amounts)
        changes = {"type": kind, "date": day, "amount": entry.amount, "account_id": entry.account_id}
        if kind == "transfer":
            changes |= {
                "to_account_id": entry.to_account_id,
                "category_id": None,
            }  # splits go where that is said
        else:
            changes["splits"] = [{"category_id": part, "amount": amount} for part, amount in entry.parts]
        return self._changed(identity, changes, Said(day, legs))

    @rule(target=changes, identity=transactions, day=DAYS)
    def move(self, identity, day):
        return self._changed(identity, {"date": day}, Said(day, self.now(identity).legs))

    @rule(target=changes, identity=transactions)
    def rename(self, identity):
        said = self.now(identity)
        words = f"Version {len(self.lives[identity].versions) + 1}"
        return self._changed(identity, {"description": words}, said)

    def _changed(self, identity, changes, said):
        was = self.now(identity)
        before = len(self.history(identity))
        try:
            with self.acting():
                transaction_change(
                    book=self.person.book,
                    transaction_id=identity,
                    changes=changes,
                    check=lambda shown: None,
                )
        except TransactionVoid:
            assert was.is_void
            return multiple()
        except TransactionTypeStays:
            assert identity in self.openings
            assert changes["type"] != "transfer"
            return multiple()
        except AccountUnfit:  # an opening balance keeps the book's equity on one side
            assert identity in self.openings
            assert changes["type"] == "transfer"
            return multiple()
        assert not was.is_void
        if len(self.history(identity)) == before:  # it said so already
            assert (said.date, Counter(said.legs)) == (was.date, Counter(was.legs))
            return multiple()
        return self.learn(identity, said)

    def history(self, identity):
        with self.acting(), connection.cursor() as cursor:
            cursor.execute("SELECT version FROM ledger_transaction WHERE id = %s", [identity])
            return range(cursor.fetchone()[0])

    @rule(target=changes, identity=transactions)
    def void(self, identity):
        said = self.now(identity)

        with self.acting():
            transaction_void(book=self.person.book, transaction_id=identity, check=lambda shown: None)

        return multiple() if said.is_void else self.learn(identity, Said(said.date, said.legs, is_void=True))

    @rule(target=changes, identity=transactions, back=st.integers(0, 4))
    def restore(self, identity, back):
        versions = self.lives[identity].versions
        wanted = max(1, len(versions) - back)
        then = versions[wanted - 1][1]
        try:
            with self.acting():
                transaction_restore(
                    book=self.person.book, transaction_id=identity, version=wanted, check=lambda shown: None
                )
        except VersionVoid:
            assert then.is_void
            return multiple()
        assert not then.is_void
        return multiple() if wanted == len(versions) else self.learn(identity, then)

    @rule(target=changes, change=consumes(changes))
    def undo(self, change):
        touched = self.made_by[change]
        with self.acting():
            is_last = all(
                state_of(book=self.person.book, transaction_id=i).change_id == change for i in touched
            )
        try:
            with self.acting():
                change_undo(book=self.person.book, change_id=change)
        except UndoTooLate:
            assert not is_last
            return multiple()
        assert is_last
        made = [self.learn(identity, self.lives[identity].versions[-2][1]) for identity in touched]
        return made[0]

    @rule(target=transactions, amounts=st.lists(st.integers(-(10**6), 10**6).filter(bool), min_size=1, max_size=4),
          first=DAYS, opening=st.integers(0, 10**7))  # fmt: skip
    def import_statement(self, amounts, first, opening):
        self.banks += 1
        name, balance, lines = f"Bank {self.banks}", opening, []
        for number, minor in enumerate(amounts, start=1):
            balance += minor
            words = f"ROW {self.banks} {number}"
            lines.append(line(number, amount=minor, balance=balance, on=first, narration=words))
        wanted = Counter(
            Said(first, ((name, minor), (self.uncategorised(minor), -minor))) for minor in amounts
        )
        if opening:
            legs = (("Opening balances", -opening), (name, opening))
            wanted[Said(first - dt.timedelta(days=1), legs)] += 1

        bank_import(self.person, hdfc_file(lines), account=name)

        found = {identity: said for identity, said in self.standing().items() if identity not in self.lives}
        assert Counter(map(_sorted, found.values())) == Counter(_sorted(said) for said in wanted.elements())
        self.openings |= {
            identity for identity, said in found.items() if "Opening balances" in dict(said.legs)
        }
        for identity, said in found.items():
            self.learn(identity, said)
        # Always in the same order, whatever ids they got: Hypothesis plays a life again to make it shorter.
        return multiple(*sorted(found, key=lambda identity: _sorted(found[identity])))

    def uncategorised(self, minor):
        return "Other income" if minor > 0 else "Uncategorised"

    def standing(self):
        """What the database says of every transaction that counts."""
        self.names |= {account.pk: account.name for account in self._accounts()}
        said: dict[UUID, Said] = {}
        for identity, account, day, minor in self.rows(
            "SELECT transaction_id, account_id, date, base_minor", "retired_at IS NULL"
        ):
            legs = said[identity].legs if identity in said else ()
            said[identity] = Said(day, (*legs, (self.names[account], minor)))
        return said

    def _accounts(self):
        with self.acting():
            return list(self.person.book.accounts.all())

    def rows(self, select, where, *parameters):
        with self.acting(), connection.cursor() as cursor:
            cursor.execute(
                f"{select} FROM ledger_posting WHERE book_id = %s AND {where}",
                [self.person.book.pk, *parameters],
            )
            return cursor.fetchall()

    @invariant()
    def says_what_the_lists_say(self):
        wanted = {
            i: life.versions[-1][1] for i, life in self.lives.items() if not life.versions[-1][1].is_void
        }

        assert {i: _sorted(said) for i, said in self.standing().items()} == {
            i: _sorted(said) for i, said in wanted.items()
        }

    @invariant()
    def keeps_the_totals_of_its_postings(self):
        with self.acting(), connection.cursor() as cursor:
            cursor.execute(
                """SELECT account_id, month, base_minor, amount_minor FROM ledger_month_total
                    WHERE book_id = %s AND (base_minor <> 0 OR amount_minor <> 0)""",
                [self.person.book.pk],
            )
            kept = cursor.fetchall()
        sums = self.rows(
            "SELECT account_id, date_trunc('month', date)::date, sum(base_minor), sum(amount_minor)",
            "retired_at IS NULL GROUP BY 1, 2 HAVING sum(base_minor) <> 0 OR sum(amount_minor) <> 0",
        )
        assert sorted(kept) == sorted(sums)

    def teardown(self):
        """As of any day and as known at any instant, it is what a replay of the lists says."""
        instants = sorted({since for life in self.lives.values() for since, _ in life.versions})
        for instant in [*instants[:: max(1, len(instants) // 6)], *instants[-1:]]:
            for day in (dt.date(2026, 9, 15), dt.date(2026, 10, 31), dt.date(2026, 12, 1)):
                assert self.balances(day, instant) == self.replay(day, instant)

    def balances(self, day, instant):
        rows = self.rows(
            "SELECT account_id, sum(base_minor)",
            """date <= %s AND recorded_at <= %s AND (retired_at IS NULL OR retired_at > %s)
               GROUP BY 1 HAVING sum(base_minor) <> 0""",
            day, instant, instant,
        )  # fmt: skip
        return {self.names[account]: minor for account, minor in rows}

    def replay(self, day, instant):
        sums: Counter[str] = Counter()
        for life in self.lives.values():
            said = life.at(instant)
            if said and not said.is_void and said.date <= day:
                for name, minor in said.legs:
                    sums[name] += minor
        return {name: minor for name, minor in sums.items() if minor}


def _sorted(said):
    return said.date, tuple(sorted(said.legs)), said.is_void


class TestALifeOfALedger:
    def test_is_that_of_the_lists(self, committed):
        run_state_machine_as_test(
            Ledger,
            settings=settings(
                max_examples=25, stateful_step_count=20, deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
