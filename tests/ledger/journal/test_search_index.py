"""A search finds its index under row-level security, and only through the view that is made for it."""

from __future__ import annotations

import datetime as dt
import json
import re

import psycopg
import pytest
from django.db import connection as django_connection
from django.test.utils import CaptureQueriesContext
from psycopg import errors

from ledger.journal.filters import NONE, Filters
from ledger.journal.selectors import transaction_page
from rupaya.core.db import acting_as
from rupaya.core.money import CURRENCY_PLACES, Money
from tests.ledger.desk import record
from tests.ledger.journal.changing import BULK, act

TEXT = "(t.description || ' ' || t.payee || ' ' || t.notes) ILIKE %(q)s"
ROWS = 20_000
BATCH = 5_000


def list_sql(person, filters):
    """The SQL that the list runs, with its values in it."""
    with acting_as(person.actor), CaptureQueriesContext(django_connection) as queries:
        transaction_page(book=person.book, limit=50, filters=filters)
    return queries[-1]["sql"]


def index_conditions(plan):
    """Index name to the condition it is asked with, of the whole plan."""
    found = {plan["Index Name"]: plan.get("Index Cond", "")} if "Index Name" in plan else {}
    for inner in plan.get("Plans", ()):
        found |= index_conditions(inner)
    return found


class Shelf:
    """A connection that is the application's role in a big house, and forgets everything at the end."""

    def __init__(self, admin, person):
        self.admin, self.person = admin, person

    def ask(self, sql):
        self.admin.execute("SET LOCAL ROLE rupaya_user")
        act(self.admin, self.person)
        rows = self.admin.execute(sql).fetchall()
        self.admin.execute("RESET ROLE")
        return rows

    def plan(self, sql):
        return index_conditions(self.ask(f"EXPLAIN (FORMAT JSON) {sql}")[0][0][0]["Plan"])


@pytest.fixture
def shelf(committed, asha, bala, chitra, admin_url):
    """Asha's book of many transactions, among others. Rolled back, statistics too."""
    names = ("Cash", "Fuel")
    accounts = {person: [person.account(name).pk for name in names] for person in (asha, bala, chitra)}
    with psycopg.connect(admin_url) as admin:
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
        yield Shelf(admin, asha)
        admin.rollback()


@pytest.mark.slow
class TestSearch:
    def test_asks_its_index_for_the_book_and_the_words_or_the_tag_at_once(self, shelf, asha, chitra):
        words = list_sql(asha, Filters(where=TEXT, where_parameters={"q": "%zanzibar%"}))
        tag = list_sql(asha, Filters(tag="trip"))

        by_words, by_tag = shelf.plan(words), shelf.plan(tag)
        assert "book_id = " in by_words["ledger_transaction_text"]
        assert "~~* '%zanzibar%'" in by_words["ledger_transaction_text"]
        assert "book_id = " in by_tag["ledger_transaction_tagged"]
        assert "tags @> " in by_tag["ledger_transaction_tagged"]
        assert len(shelf.ask(words)) == 2 * ROWS // 2000
        assert len(shelf.ask(tag)) == ROWS // 500

        # On the table itself the policy comes first, and no index is asked for words: hence the view.
        for sql in (words, tag):
            assert "ledger_transaction_searched" in sql
            asked = shelf.plan(sql.replace("ledger_transaction_searched", "ledger_transaction")).values()
            assert not [condition for condition in asked if "~~*" in condition or "@>" in condition]

        # A page without a search is walked in its order: its policy must not make the planner expect an empty book.
        page = list_sql(asha, NONE)
        assert "ledger_transaction_key" in shelf.plan(page)
        assert "Sort" not in json.dumps(shelf.ask(f"EXPLAIN (FORMAT JSON) {page}"))

        # A stranger who asks the same finds nothing, though their own book says it too.
        shelf.person = chitra
        assert shelf.ask(words) == shelf.ask(tag) == []


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
