"""Trees as SQL: the exact conditions, and that they mean in PostgreSQL what they say."""

from __future__ import annotations

import datetime as dt
import re
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal.query.names import names_of
from ledger.journal.query.sql import query_sql
from tests.ledger.journal.queries import Row, holds, leaves, read, trees

ONE = UUID("019ab000-0000-7000-8000-000000000001")
TEXT = "(t.description || ' ' || t.payee || ' ' || t.notes)"
LEG = (
    "EXISTS (SELECT FROM ledger_posting p WHERE p.book_id = t.book_id AND p.transaction_id = t.id"
    " AND p.line >= t.first_line AND {})"
)


def compiled(text):
    node = read(text)
    return query_sql(node=node, ids={name: [ONE] for name in names_of(node)})


class TestQuerySql:
    @pytest.mark.parametrize(
        ("text", "sql", "parameters"),
        [
            ("tea", f"({TEXT} ILIKE %(q1)s)", ["%tea%"]),
            (r'"5%_\\"', f"({TEXT} ILIKE %(q1)s)", [r"%5\%\_\\%"]),
            ("amount:500", "(t.amount_minor >= %(q1)s AND t.amount_minor < %(q2)s)", [50000, 50001]),
            ("amount:>500", "(t.amount_minor >= %(q1)s)", [50001]),
            ("date:..2026-04", "(t.date < %(q1)s)", [dt.date(2026, 5, 1)]),
            ("fy:2026-27", "(t.date >= %(q1)s AND t.date < %(q2)s)", [dt.date(2026, 4, 1), dt.date(2027, 4, 1)]),
            ("category:a", LEG.format("p.account_id = ANY(%(q1)s)"), [[ONE]]),
            ("account:a", "(t.account_id = ANY(%(q1)s) OR t.to_account_id = ANY(%(q1)s))", [[ONE]]),
            ("payee:a_b", f"({TEXT} ILIKE %(q1)s AND t.payee ILIKE %(q1)s)", [r"%a\_b%"]),
            ('payee:"a_b"', "(lower(t.payee) = lower(%(q1)s))", ["a_b"]),
            ("tag:x", "(t.tags <> '{}' AND t.tags @> ARRAY[%(q1)s::varchar])", ["x"]),
            ("type:income", "(t.type = %(q1)s)", ["income"]),
            ("status:void", "(t.status = %(q1)s)", ["void"]),
            ("is:reconciled", "t.is_reconciled", []),
            ("has:tag", "(t.tags <> '{}')", []),
            ("has:notes", "(t.notes <> '')", []),
            ("has:receipt", "EXISTS (SELECT FROM ledger_attachment a WHERE a.book_id = t.book_id"
             " AND a.transaction_id = t.id AND a.removed_at IS NULL)", []),
            ("currency:usd",
             LEG.format("p.account_id IN (t.account_id, t.to_account_id) AND p.currency = %(q1)s"), ["USD"]),
            ("external:x", "(t.external_id = %(q1)s)", ["x"]),
            ("id:x", "(t.external_id = %(q1)s)", ["x"]),
            (f"id:{ONE}", "(t.external_id = %(q1)s OR t.id = %(q2)s)", [str(ONE), ONE]),
            ("-type:income", "((t.type = %(q1)s) IS NOT TRUE)", ["income"]),
            ("type:income (is:reconciled OR -has:notes)",
             "((t.type = %(q1)s) AND (t.is_reconciled OR ((t.notes <> '') IS NOT TRUE)))", ["income"]),
        ],
    )  # fmt: skip
    def test_writes(self, text, sql, parameters):
        written, given_parameters = compiled(text)

        assert written == sql
        assert given_parameters == {f"q{at}": value for at, value in enumerate(parameters, start=1)}

    @given(trees(leaves()))
    def test_writes_nothing_of_the_query_itself(self, node):
        sql, parameters = query_sql(node=node, ids={name: [ONE] for name in names_of(node)})

        assert set(re.findall(r"%\((\w+)\)s", sql)) == parameters.keys()
        assert "%" not in re.sub(r"%\(q\d+\)s", "", sql)
        assert set(sql) <= set("abcdefghijklmnopqrstuvwxyzACDEFHIKLMNORSTUVWXY0123456789 _.,:()[]{}'|<>=@%")
        assert sql.count("(") == sql.count(")")


# What queries ask of the tables, and nothing of their guards. Temporary tables hide the real ones.
TABLES = """
    CREATE TEMP TABLE ledger_transaction (
      book_id uuid, id uuid, date date, type text, status text, description text, payee text, notes text,
      tags varchar(40)[], is_reconciled boolean, account_id uuid, to_account_id uuid, amount_minor bigint,
      external_id text, first_line smallint);
    CREATE TEMP TABLE ledger_posting (
      book_id uuid, transaction_id uuid, line smallint, account_id uuid, currency text);
    CREATE TEMP TABLE ledger_attachment (
      book_id uuid, transaction_id uuid, removed_at timestamptz);
"""
BOOK = UUID(int=7)
ACCOUNTS = [UUID(int=at) for at in range(1, 5)]
# Few, so that queries find something: case, wildcards of LIKE, and ids among them.
WORDS = st.sampled_from(["a", "A", "a%", "%", "_", "\\", "a_é", "É", "क्षि", "क", "a b", str(UUID(int=1))])
TEXTS = st.one_of(st.just(""), WORDS)
ROWS = st.builds(
    Row,
    id=st.integers(1, 6).map(lambda number: UUID(int=number)),
    date=st.dates(dt.date(2026, 3, 30), dt.date(2026, 4, 3)),
    type=st.sampled_from(["income", "expense", "transfer"]),
    status=st.sampled_from(["pending", "posted", "void"]),
    description=WORDS,
    payee=TEXTS,
    notes=TEXTS,
    tags=st.lists(WORDS, max_size=2),
    is_reconciled=st.booleans(),
    account_id=st.sampled_from(ACCOUNTS),
    to_account_id=st.one_of(st.none(), st.sampled_from(ACCOUNTS)),
    amount_minor=st.integers(1, 5),
    external_id=st.one_of(st.none(), WORDS),
    first_line=st.integers(1, 3),
    legs=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(ACCOUNTS), st.sampled_from(["INR", "USD"])), max_size=3
    ),
    receipts=st.lists(st.booleans(), max_size=2),
)
NODES = trees(
    leaves(
        words=WORDS,
        bare=WORDS,
        amounts=st.integers(0, 6),
        days=st.dates(dt.date(2026, 3, 29), dt.date(2026, 4, 4)),
    )
)


def store(cursor, row):
    columns = {name: value for name, value in vars(row).items() if name not in {"legs", "receipts"}}
    cursor.execute(
        f"INSERT INTO ledger_transaction (book_id, {', '.join(columns)}) VALUES (%s{', %s' * len(columns)})",
        [BOOK, *columns.values()],
    )
    cursor.executemany(
        "INSERT INTO ledger_posting VALUES (%s, %s, %s, %s, %s)", [(BOOK, row.id, *leg) for leg in row.legs]
    )
    cursor.executemany(
        "INSERT INTO ledger_attachment VALUES (%s, %s, CASE WHEN %s THEN now() END)",
        [(BOOK, row.id, is_removed) for is_removed in row.receipts],
    )


@pytest.fixture
def cursor(admin_url):
    # Django binds on the client too.
    with (
        psycopg.connect(admin_url, cursor_factory=psycopg.ClientCursor) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(TABLES)
        yield cursor
        connection.rollback()


class TestMeaning:
    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        node=NODES, rows=st.lists(ROWS, min_size=1, max_size=5, unique_by=lambda row: row.id), data=st.data()
    )
    def test_is_the_same_in_the_database_and_on_paper(self, cursor, node, rows, data):
        ids = {
            name: data.draw(st.lists(st.sampled_from(ACCOUNTS), min_size=1, unique=True))
            for name in names_of(node)
        }
        sql, parameters = query_sql(node=node, ids=ids)

        with cursor.connection.transaction(force_rollback=True):
            for row in rows:
                store(cursor, row)
            cursor.execute(f"SELECT t.id FROM ledger_transaction t WHERE {sql}", parameters)
            found = {row[0] for row in cursor.fetchall()}

        assert found == {row.id for row in rows if holds(node, row, ids)}
