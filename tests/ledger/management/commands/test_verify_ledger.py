from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import errors

from ledger.amendments.services import transaction_change, transaction_void
from ledger.journal import verification
from ledger.journal.verification import DIFFERENCES_MAX
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.desk import TODAY, bank_import, record
from tests.ledger.statements.writers import chained, hdfc_file

# The problems that must be named, all and no other, and how the promise is broken in the given book. It holds three
# transactions: one plain, one that changed once (lines 3 and 4 count), and one that is void.
POSTING = "UPDATE ledger_posting SET {} WHERE book_id = %(book)s AND transaction_id = %({})s AND {}"
HEADER = "UPDATE ledger_transaction SET {} WHERE book_id = %(book)s AND id = %({})s"
VERSION = "UPDATE ledger_transaction_version SET {} WHERE book_id = %(book)s AND transaction_id = %({})s"
BREAKS = [
    ({"unbalanced", "wrong_total"},
     POSTING.format("base_minor = base_minor + 1, amount_minor = amount_minor + 1", "plain", "line = 1")),
    ({"unbalanced"},
     POSTING.format("base_minor = base_minor + 1, amount_minor = amount_minor + 1", "changed", "line = 1")),
    ({"unbalanced", "incomplete", "wrong_legs", "wrong_total"},
     "DELETE FROM ledger_posting WHERE book_id = %(book)s AND transaction_id = %(plain)s AND line = 2"),
    ({"unbalanced", "incomplete", "wrong_legs"},
     "DELETE FROM ledger_posting WHERE book_id = %(book)s AND transaction_id = %(changed)s AND line = 2"),
    ({"incomplete"}, POSTING.format("line = 3", "plain", "line = 2")),
    ({"without_postings", "wrong_total"},
     "DELETE FROM ledger_posting WHERE book_id = %(book)s AND transaction_id = %(plain)s"),
    ({"without_postings"}, "DELETE FROM ledger_posting WHERE book_id = %(book)s AND transaction_id = %(void)s"),
    ({"without_transaction"}, "DELETE FROM ledger_transaction WHERE book_id = %(book)s AND id = %(plain)s"),
    ({"without_header", "without_version", "retired_wrongly"},
     "DELETE FROM ledger_transaction WHERE book_id = %(book)s AND id = %(changed)s"),
    ({"broken_chain", "without_version"},
     "DELETE FROM ledger_transaction_version WHERE book_id = %(book)s AND transaction_id = %(changed)s"),
    ({"wrong_date"}, HEADER.format("date = date - 1", "plain")),
    ({"wrong_date"}, HEADER.format("date = date - 1", "void")),
    ({"wrong_date"}, VERSION.format("date = date - 1", "changed")),
    ({"wrong_account", "wrong_legs", "wrong_total"}, POSTING.format("account_id = %(other)s", "plain", "line = 1")),
    ({"wrong_account"}, POSTING.format("currency = 'USD'", "plain", "line = 1")),
    ({"wrong_legs", "wrong_header"}, HEADER.format("type = 'income'", "plain")),
    ({"wrong_header"}, HEADER.format("amount_minor = amount_minor + 1", "plain")),
    ({"wrong_header"}, HEADER.format("account_id = %(other)s", "plain")),
    ({"wrong_header"}, HEADER.format("amount_minor = amount_minor + 1", "void")),
    ({"wrong_header"}, VERSION.format("amount_minor = amount_minor + 1", "changed")),
    ({"wrong_base", "wrong_header", "wrong_total"}, POSTING.format("amount_minor = amount_minor * 2", "plain", "true")),
    ({"counts_wrongly", "wrong_total"}, POSTING.format("retired_at = NULL", "void", "true")),
    ({"counts_wrongly", "wrong_total"}, POSTING.format("retired_at = NULL", "changed", "line = 1")),
    ({"counts_wrongly"}, HEADER.format("status = 'void'", "plain")),
    ({"retired_wrongly", "wrong_total"}, POSTING.format("retired_at = recorded_at", "plain", "line = 1")),
    ({"retired_wrongly"}, HEADER.format("status = 'posted'", "void")),
    ({"wrong_instant"}, POSTING.format("recorded_at = recorded_at - interval '1 s'", "plain", "line = 1")),
    ({"wrong_instant"}, POSTING.format("recorded_at = recorded_at + interval '1 s'", "changed", "line = 3")),
    ({"wrong_instant"}, POSTING.format("retired_at = retired_at + interval '1 s'", "changed", "line = 1")),
    ({"broken_chain"}, HEADER.format("version = version + 1", "plain")),
    ({"broken_chain", "incomplete"}, VERSION.format("first_line = 0", "changed")),
    ({"broken_chain", "incomplete", "unbalanced", "wrong_legs", "without_version"},
     VERSION.format("last_line = 1", "changed")),
    ({"broken_chain", "wrong_header", "wrong_instant", "wrong_legs"}, VERSION.format("last_line = 4", "changed")),
    ({"wrong_total"}, "UPDATE ledger_month_total SET base_minor = base_minor + 1 WHERE book_id = %(book)s"),
    ({"wrong_total"}, "UPDATE ledger_month_total SET amount_minor = amount_minor + 1 WHERE book_id = %(book)s"),
    ({"wrong_total"}, "DELETE FROM ledger_month_total WHERE book_id = %(book)s"),
    ({"wrong_total"}, "INSERT INTO ledger_month_total (book_id, account_id, month, amount_minor, base_minor)"
                      " VALUES (%(book)s, %(other)s, '2020-01-01', 5, 5)"),
    ({"wrong_link"}, "UPDATE ledger_statement_line SET transaction_id = %(plain)s WHERE book_id = %(book)s AND"
                     " line_no = (SELECT min(line_no) FROM ledger_statement_line WHERE book_id = %(book)s)"),
]  # fmt: skip
TABLES = (
    "ledger_month_total",
    "ledger_posting",
    "ledger_transaction",
    "ledger_transaction_version",
    "ledger_statement_line",
)


@pytest.fixture
def book(committed, asha):
    """The parameters of BREAKS: Asha's book with its three transactions and a statement."""
    bank_import(asha, hdfc_file(chained(-100, 200)))
    made = {name: record(asha, minor=700, on=TODAY) for name in ("plain", "changed", "void")}
    with acting_as(asha.actor):
        changes = {"amount": Money(900, "INR")}
        transaction_change(
            book=asha.book, transaction_id=made["changed"], changes=changes, check=lambda _: None
        )
        transaction_void(book=asha.book, transaction_id=made["void"], check=lambda _: None)
    return {"book": asha.book.pk, "other": uuid7(), **made}


@contextmanager
def broken(admin_url, parameters, sql):
    """Breaks a promise as the superuser with every trigger off, and puts all rows back as they were."""
    with psycopg.connect(admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        for table in TABLES:
            admin.execute(
                f"CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table} WHERE book_id = %(book)s",
                parameters,
            )
        assert admin.execute(sql, parameters).rowcount
        admin.commit()
        try:
            yield
        finally:
            for table in TABLES:
                admin.execute(f"DELETE FROM {table} WHERE book_id = %(book)s", parameters)
                admin.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
            admin.commit()


def run(*options):
    """Exit code, stdout, and what the error says."""
    stdout = io.StringIO()
    try:
        call_command("verify_ledger", *options, stdout=stdout)
    except CommandError as error:
        return error.returncode, stdout.getvalue(), str(error)
    return 0, stdout.getvalue(), ""


def book_option(person):
    return f"--book={person.book.pk}"


class TestCommand:
    def test_finds_no_difference_in_any_sound_book(self, committed, asha, chitra):
        record(asha)
        bank_import(chitra, hdfc_file(chained(-100, 200, -50)))

        code, told, said = run()

        assert (code, said) == (0, ""), told
        assert "no differences" in told

    def test_counts_what_it_looked_at(self, committed, asha, chitra):
        record(asha)
        record(chitra)

        _, told, _ = run(book_option(asha), "--json")

        assert json.loads(told) == {"books": 1, "transactions": 1, "postings": 2, "differences": []}

    @pytest.mark.parametrize(
        ("problems", "sql"), BREAKS, ids=[f"{at}-{min(names)}" for at, (names, _) in enumerate(BREAKS)]
    )
    def test_names_each_broken_promise_and_no_other(self, asha, admin_url, book, problems, sql):
        with broken(admin_url, book, sql):
            code, told, said = run("--json", book_option(asha))
            plain_code, plain, _ = run(book_option(asha))

        found = json.loads(told)["differences"]
        assert {difference["problem"] for difference in found} == problems
        assert (code, plain_code) == (1, 1)
        assert said == f"{len(found)} promises do not hold."
        assert {difference["book_id"] for difference in found} == {str(asha.book.pk)}
        assert f"{min(problems)}: book {asha.book.pk}, " in plain
        named = {str(book[name]) for name in ("plain", "changed", "void") if f"%({name})s" in sql}
        assert named <= {difference["subject"] for difference in found}
        assert run(book_option(asha))[0] == 0

    def test_explains_each_problem_in_the_readme(self):
        text = (Path(verification.__file__).parent / "README.md").read_text()
        names = {name for problems, _ in BREAKS for name in problems}

        assert names == set(re.findall(r"SELECT '(\w+)'", verification._VERIFY_SQL))
        assert {name for name in names if f"`{name}`" not in text} == set()

    def test_finds_it_among_all_books(self, asha, chitra, admin_url, book):
        record(chitra)

        with broken(admin_url, book, BREAKS[0][1]):
            code, told, _ = run("--json")

        assert code == 1
        assert {difference["book_id"] for difference in json.loads(told)["differences"]} == {
            str(asha.book.pk)
        }

    def test_tells_a_thousand_differences_at_most(self, asha, admin_url, book):
        many = f"""INSERT INTO ledger_month_total (book_id, account_id, month, amount_minor, base_minor)
                   SELECT %(book)s, gen_random_uuid(), '2020-01-01', 5, 5
                     FROM generate_series(1, {DIFFERENCES_MAX + 5})"""

        with broken(admin_url, book, many):
            _, told, _ = run("--json", book_option(asha))

        assert len(json.loads(told)["differences"]) == DIFFERENCES_MAX

    def test_lets_a_month_keep_a_total_of_nothing(self, committed, asha, admin_url):
        made = record(asha, on=dt.date(2020, 1, 1))
        with acting_as(asha.actor):
            transaction_void(book=asha.book, transaction_id=made, check=lambda _: None)

        with psycopg.connect(admin_url) as admin:
            totals = admin.execute(
                "SELECT base_minor FROM ledger_month_total WHERE book_id = %s", [asha.book.pk]
            ).fetchall()
        assert totals == [(0,), (0,)]
        assert run(book_option(asha))[0] == 0

    def test_wants_the_owners_eyes(self, committed, settings, monkeypatch):
        monkeypatch.delitem(settings.DATABASES, "owner")

        code, told, said = run()

        assert (code, told) == (2, "")
        assert "DATABASE_OWNER_URL" in said

    def test_knows_no_such_book(self, committed):
        code, _, said = run(f"--book={uuid7()}")

        assert code == 2
        assert "There is no book" in said

    def test_refuses_a_book_that_is_no_id(self, committed):
        assert run("--book=x")[2].startswith("Error: argument --book")


def totals_of(admin_url, person):
    with psycopg.connect(admin_url) as admin:
        return admin.execute(
            """SELECT account_id, month, amount_minor, base_minor FROM ledger_month_total
                WHERE book_id = %s ORDER BY 1, 2""",
            [person.book.pk],
        ).fetchall()


TOTALS = [sql for problems, sql in BREAKS if problems == {"wrong_total"}]


class TestRepairTotals:
    @pytest.mark.parametrize("sql", TOTALS)
    def test_puts_right_what_is_computed_and_says_what_it_did(self, asha, admin_url, book, sql):
        sound = totals_of(admin_url, asha)

        with broken(admin_url, book, sql):
            wrong = totals_of(admin_url, asha)
            code, told, said = run(book_option(asha), "--repair-totals")
            repaired = totals_of(admin_url, asha)

        assert (code, said) == (0, "")
        assert wrong != sound == repaired
        lines = [
            line for line in told.splitlines() if line.startswith(f"total: book {asha.book.pk}, account ")
        ]
        assert len(lines) == len(set(wrong) ^ set(sound)) // 2 or len(lines) == len(set(wrong) ^ set(sound))
        assert "no differences" in told

    def test_writes_it_into_the_audit_log(self, asha, admin_url, book):
        with broken(admin_url, book, TOTALS[0]):
            run(book_option(asha), "--repair-totals")

        with psycopg.connect(admin_url) as admin:
            entries = admin.execute(
                """SELECT actor_kind, user_id, user_agent, changes -> 'base_minor' FROM audit_logs
                    WHERE book_id = %s AND resource_type = 'ledger_month_total'""",
                [asha.book.pk],
            ).fetchall()
        assert len(entries) == len(totals_of(admin_url, asha))
        for kind, user_id, agent, (before, after) in entries:
            assert (kind, user_id, agent, before) == ("command", None, "cli:verify_ledger", after + 1)

    def test_says_on_a_dry_run_what_it_would_do_and_saves_nothing(self, asha, admin_url, book):
        with broken(admin_url, book, TOTALS[0]):
            wrong = totals_of(admin_url, asha)
            code, told, _ = run(book_option(asha), "--repair-totals", "--dry-run", "--json")
            _, plain, _ = run(book_option(asha), "--repair-totals", "--dry-run")
            kept = totals_of(admin_url, asha)

        body = json.loads(told)
        assert code == 1
        assert kept == wrong
        assert body["is_dry_run"] is True
        assert [repair["kept_base_minor"] - repair["base_minor"] for repair in body["repaired"]] == [1] * len(
            wrong
        )
        assert "would be" in plain

    def test_repairs_every_book_that_needs_it_and_no_other(self, asha, chitra, admin_url, book):
        record(chitra)

        with broken(admin_url, book, TOTALS[0]):
            code, told, _ = run("--repair-totals", "--json")

        assert code == 0
        assert {repair["book_id"] for repair in json.loads(told)["repaired"]} == {str(asha.book.pk)}

    def test_does_nothing_where_all_is_right(self, asha, admin_url, book):
        before = totals_of(admin_url, asha)

        code, told, _ = run(book_option(asha), "--repair-totals", "--json")

        assert (code, json.loads(told)["repaired"]) == (0, [])
        assert totals_of(admin_url, asha) == before

    def test_waits_for_nobody_for_long(self, asha, admin_url, book):
        with broken(admin_url, book, TOTALS[0]), psycopg.connect(admin_url) as poster:
            poster.execute("SELECT pg_advisory_xact_lock_shared(ledger_period_lock(%s))", [asha.book.pk])

            code, _, said = run(book_option(asha), "--repair-totals")

        assert code == 3
        assert "was busy" in said

    def test_wants_something_to_try(self, committed):
        code, _, said = run("--dry-run")

        assert code == 2
        assert "--repair-totals" in said

    @pytest.mark.parametrize("name", ["ledger_totals_repair", "ledger_totals_wrong"])
    def test_is_not_for_the_application(self, raw, asha, name):
        raw.execute("SELECT set_config('app.current_user_id', %s, true)", [str(asha.id)])

        with pytest.raises(errors.InsufficientPrivilege):
            raw.execute(f"SELECT * FROM {name}(%s)", [asha.book.pk])

    def test_leaves_the_wall_where_a_function_borrows_the_owners_rights(self, committed, admin_url):
        with psycopg.connect(admin_url) as admin:
            admin.execute(
                """CREATE FUNCTION pg_temp.borrowed() RETURNS bigint LANGUAGE sql SECURITY DEFINER
                   SET search_path = public
                   AS 'WITH gone AS (UPDATE ledger_month_total SET base_minor = 1 RETURNING 1)
                       SELECT count(*) FROM gone'"""
            )
            admin.execute("ALTER FUNCTION pg_temp.borrowed() OWNER TO rupaya_owner")
            admin.execute("SET SESSION AUTHORIZATION rupaya_user")

            assert admin.execute("SELECT pg_temp.borrowed()").fetchone() == (0,)
            admin.rollback()
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
            assert owner.execute("UPDATE ledger_month_total SET base_minor = base_minor").rowcount > 0
            owner.rollback()
