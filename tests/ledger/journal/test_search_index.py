"""A search finds its index under row-level security, and only through the view that is made for it."""

from __future__ import annotations

import datetime as dt
import json
import re

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from ledger.journal.filters import NONE, Filters
from ledger.journal.query.nodes import Field
from ledger.journal.query.sql import query_sql
from ledger.journal.selectors import transaction_page
from rupaya.core.db import acting_as
from rupaya.core.money import CURRENCY_PLACES, Money
from tests.ledger.desk import record
from tests.ledger.journal.changing import BULK, act
from tests.support.cast import person_make

TEXT = "(t.description || ' ' || t.payee || ' ' || t.notes) ILIKE %(q)s"
ROWS = 20_000
BATCH = 5_000
FEW = 500  # headers and legs that may be read for a page


def statements(person, filters):
    """What the list asks, each as SQL with its parameters."""
    seen = []

    def watch(execute, sql, parameters, many, context):
        seen.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with acting_as(person.actor), connection.execute_wrapper(watch):
        transaction_page(book=person.book, limit=50, filters=filters)
    return seen


def words(text):
    return Filters(where=TEXT, where_parameters={"q": f"%{text}%"})


def nodes(plan):
    """Every node of a plan."""
    return [plan, *(node for inner in plan.get("Plans", ()) for node in nodes(inner))]


def index_conditions(plan):
    """Index name to the condition it is asked with, of the nodes that ran or may run."""
    return {
        node["Index Name"]: node.get("Index Cond", "")
        for node in nodes(plan)
        if "Index Name" in node and node.get("Actual Loops", 1)
    }


def rows_read(plan):
    """How many headers and legs the scans of a plan that ran have looked at."""
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes(plan)
        if node.get("Relation Name") in {"ledger_transaction", "ledger_posting"}
    )


class Shelf:
    """A connection that is the application's role in a big house, and forgets everything at the end."""

    def __init__(self, admin, person, stranger):
        self.admin, self.person, self.stranger = admin, person, stranger

    def ask(self, sql, parameters=None):
        self.admin.execute("SET LOCAL ROLE rupaya_user")
        act(self.admin, self.person)
        rows = self.admin.execute(sql, parameters).fetchall()
        self.admin.execute("RESET ROLE")
        return rows

    def plan(self, sql, parameters):
        """The plan for these values."""
        return self.ask(f"EXPLAIN (FORMAT JSON) {sql}", parameters)[0][0][0]["Plan"]

    def kept_plan(self, sql, parameters):
        """The plan for any values, as it ran for these."""
        names = [name for name in parameters if f"%({name})s" in sql]
        numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql)
        self.admin.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        self.admin.execute(f"PREPARE kept AS {numbered}")
        values = ", ".join(f"%({name})s" for name in names)
        found = self.ask(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE kept ({values})", parameters)
        self.admin.execute("DEALLOCATE kept")
        return found[0][0][0]["Plan"]


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker, admin_url):
    """Asha's book of many transactions, among others. Rolled back in the end, statistics too."""
    with django_db_blocker.unblock():
        asha, bala, chitra = (person_make(name) for name in ("Asha", "Bala", "Chitra"))
        yield from _filled(admin_url, asha, bala, chitra)


def _filled(admin_url, asha, bala, chitra):
    names = ("Cash", "Fuel")
    accounts = {person: [person.account(name).pk for name in names] for person in (asha, bala, chitra)}
    with psycopg.connect(admin_url, cursor_factory=psycopg.ClientCursor) as admin:
        admin.execute("SET LOCAL ROLE rupaya_user")
        for person, (cash, fuel) in accounts.items():
            act(admin, person)
            for first in range(1, ROWS if person is asha else ROWS // 4, BATCH):
                admin.execute(
                    BULK,
                    {
                        "book": person.book.pk,
                        "cash": cash,
                        "fuel": fuel,
                        "first": first,
                        "last": first + BATCH - 1,
                    },
                )
        admin.execute("RESET ROLE")
        for index in ("ledger_transaction_text", "ledger_transaction_tagged"):
            admin.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        admin.execute("ANALYZE ledger_transaction, ledger_posting, ledger_account, ledger_member")
        yield Shelf(admin, asha, chitra)
        admin.rollback()


@pytest.fixture
def shelf(house, committed):
    """The house as it was filled; what a test does to it is gone after it."""
    with house.admin.transaction(force_rollback=True):
        yield Shelf(house.admin, house.person, house.stranger)


@pytest.mark.slow
class TestSearch:
    def test_asks_its_index_for_the_book_and_the_words_or_the_tag_at_once(self, shelf):
        near, zanzibar, _ = statements(shelf.person, words("zanzibar"))
        _, trip, _ = statements(shelf.person, Filters(tag="trip"))

        by_words, by_tag = index_conditions(shelf.plan(*zanzibar)), index_conditions(shelf.plan(*trip))
        assert "book_id = " in by_words["ledger_transaction_text"]
        assert "~~* '%zanzibar%'" in by_words["ledger_transaction_text"]
        assert "book_id = " in by_tag["ledger_transaction_tagged"]
        assert "tags @> " in by_tag["ledger_transaction_tagged"]
        assert shelf.ask(*near) == []
        assert len(shelf.ask(*zanzibar)) == 2 * ROWS // 2000
        assert len(shelf.ask(*trip)) == ROWS // 500

        # On the table itself the policy comes first, and no index is asked for words: hence the view.
        for sql, parameters in (zanzibar, trip):
            bare = sql.replace("ledger_transaction_searched", "ledger_transaction")
            assert bare != sql
            asked = index_conditions(shelf.plan(bare, parameters)).values()
            assert not [condition for condition in asked if "~~*" in condition or "@>" in condition]

        # A stranger who asks the same finds nothing, though their own book says it too.
        shelf.person = shelf.stranger
        assert shelf.ask(*zanzibar) == shelf.ask(*trip) == []

    def test_walks_the_list_for_a_word_that_is_frequent(self, shelf):
        near, every, _ = statements(shelf.person, words("shop"))

        # Where asha's rows are not committed, the second is asked too; here the first fills the page alone.
        assert len(shelf.ask(*near)) == 51
        assert shelf.ask(*near) == shelf.ask(*every)

        plan = shelf.kept_plan(*near)
        assert index_conditions(plan).keys() == {"ledger_transaction_key"}
        assert "Sort" not in [node["Node Type"] for node in nodes(plan)]
        assert rows_read(plan) < FEW

    @pytest.mark.parametrize(("currency", "rows"), [("INR", 51), ("USD", 0)])
    def test_looks_for_a_currency_by_the_keys_of_legs(self, shelf, currency, rows):
        where, parameters = query_sql(node=Field("currency", currency), ids={})
        near, every, _ = statements(shelf.person, Filters(where=where, where_parameters=parameters))

        for sql, given in (near, every):
            assert len(shelf.ask(sql, given)) == rows
            plan = shelf.kept_plan(sql, given)
            assert index_conditions(plan).keys() == {"ledger_transaction_key", "ledger_posting_pkey"}
            assert rows_read(plan) <= 3 * ROWS  # each header and its two legs, once

    def test_walks_the_list_for_a_page_without_a_search(self, shelf):
        ((sql, parameters),) = statements(shelf.person, NONE)

        # Neither policy nor plan may expect an empty book, in which sorting all of it would be cheap.
        for plan in (shelf.plan(sql, parameters), shelf.kept_plan(sql, parameters)):
            assert "ledger_transaction_key" in index_conditions(plan)
            assert "Sort" not in [node["Node Type"] for node in nodes(plan)]
        assert rows_read(plan) < FEW

    def test_fetches_by_its_key_what_it_found(self, shelf):
        *_, (sql, parameters) = statements(shelf.person, words("shop"))
        ids = [
            row[0] for row in shelf.ask("SELECT id FROM ledger_transaction ORDER BY amount_minor LIMIT 51")
        ]

        plan = shelf.kept_plan(sql, {**parameters, "ids": ids})
        assert index_conditions(plan)["ledger_transaction_pkey"] == "(id = wanted.id)"
        assert rows_read(plan) < FEW


class TestSearchedView:
    def test_shows_members_their_books_and_a_stranger_nothing(self, raw, asha, chitra):
        made = record(asha)
        ask = "SELECT id FROM ledger_transaction_searched WHERE book_id = %s"

        seen = []
        for person in (asha, chitra):
            act(raw, person)
            seen.append(raw.execute(ask, [asha.book.pk]).fetchall())
        raw.rollback()

        assert seen == [[(made,)], []]
        assert raw.execute("SELECT count(*) FROM ledger_transaction_searched").fetchone() == (0,)

    @pytest.mark.parametrize(
        "verb",
        ["UPDATE ledger_transaction_searched SET notes = 'x'", "DELETE FROM ledger_transaction_searched",
         "INSERT INTO ledger_transaction_searched (id) VALUES (gen_random_uuid())"],
    )  # fmt: skip
    def test_is_only_read(self, raw, asha, verb):
        record(asha)
        act(raw, asha)

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(verb)

    def test_shows_what_the_table_says(self, raw, asha):
        record(asha, payee="Indian Oil", tags=("car",))
        act(raw, asha)

        rows = {
            table: raw.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchone()[0]
            for table in ("ledger_transaction", "ledger_transaction_searched")
        }

        hidden = rows["ledger_transaction"].keys() - rows["ledger_transaction_searched"].keys()
        assert hidden <= {"external_account_id", "changed_xid"}
        assert rows["ledger_transaction_searched"].items() <= rows["ledger_transaction"].items()


class TestLedgerMajor:
    @pytest.mark.parametrize("minor", [0, 1, -1, 5, 100, 123450, 10**15 - 1, -(10**18)])
    def test_has_the_places_that_money_has(self, raw, minor):
        rows = raw.execute(
            "SELECT currency, ledger_major(%s::bigint, currency)::text FROM unnest(%s::text[]) currency",
            [minor, sorted(CURRENCY_PLACES)],
        ).fetchall()

        assert len(rows) == len(CURRENCY_PLACES)
        for currency, text in rows:
            plain = f"{Money(minor, currency).major:f}"
            assert text == (re.sub(r"\.?0+$", "", plain) if "." in plain else plain), currency


class TestLedgerInstant:
    @pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
    def test_is_written_in_utc_whatever_the_session_speaks(self, raw, zone):
        moment = dt.datetime(2026, 11, 20, 23, 59, 59, 7, tzinfo=dt.UTC)
        raw.execute(f"SET LOCAL TimeZone = '{zone}'")

        (text,) = raw.execute("SELECT ledger_instant(%s)", [moment]).fetchone()

        assert text == "2026-11-20T23:59:59.000007Z"
        assert dt.datetime.fromisoformat(json.loads(json.dumps(text))) == moment
