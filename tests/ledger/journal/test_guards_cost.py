"""What the guards read grows with what is written, not with the book, whatever plan a connection made first."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from tests.ledger.journal.changing import BULK, act, amend, legs_json, state

# What other tests leave behind may be analysed at any moment, and plans are made anew then.
pytestmark = pytest.mark.usefixtures("own_database")
MANY = 200
GROWN = 4000


def blocks_of(connection, sql, parameters):
    """The blocks that a statement reads, its triggers' too."""
    ((plan,),) = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters).fetchall()
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]


class Desk:
    """A connection of a person who begins with one transaction in a book too new for statistics."""

    def __init__(self, connection, person):
        self.connection, self.book = connection, person.book
        self.cash, self.fuel = person.account("Cash"), person.account("Fuel")
        self.next = 1
        act(connection, person)
        self.post(1)

    def post(self, count):
        parameters = {"book": self.book.pk, "cash": self.cash.pk, "fuel": self.fuel.pk,
                      "first": self.next, "last": self.next + count - 1}  # fmt: skip
        self.next += count
        return blocks_of(self.connection, BULK.strip(), parameters)

    def amend(self, count):
        rows = self.connection.execute(
            "SELECT id FROM ledger_transaction ORDER BY version, id LIMIT %s", [count]
        ).fetchall()
        legs = legs_json((self.fuel, 7), (self.cash, -7))
        items = [state(self.connection, identity, amount_minor=7, postings=legs) for (identity,) in rows]
        parameters = [self.book.pk, Jsonb(items)]
        return blocks_of(self.connection, "SELECT ledger_amend(%s, gen_random_uuid(), %s)", parameters)


class TestCost:
    def test_of_posting_is_the_same_in_a_large_book(self, raw, asha):
        desk = Desk(raw, asha)
        early = desk.post(MANY)
        desk.post(GROWN)

        late = desk.post(MANY)

        assert late < 2 * early

    def test_of_changing_is_the_same_in_a_large_book(self, raw, asha):
        desk = Desk(raw, asha)
        amend(raw, asha.book)
        desk.amend(1)
        desk.post(MANY)
        early = desk.amend(MANY)
        desk.post(GROWN)

        late = desk.amend(MANY)

        assert late < 2 * early
