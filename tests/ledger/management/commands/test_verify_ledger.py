from __future__ import annotations

import io
import json
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError, call_command

from ledger.journal.verification import DIFFERENCES_MAX
from rupaya.core.ids import uuid7
from tests.ledger.desk import TODAY, bank_import, record
from tests.ledger.statements.writers import chained, hdfc_file

# The table that each promise is broken in, the problem that must be named, and how it is broken in the given book.
BREAKS = [
    ("unbalanced", "UPDATE ledger_posting SET base_minor = base_minor + 1, amount_minor = amount_minor + 1"
                   " WHERE book_id = %(book)s AND line = 1"),
    ("incomplete", "DELETE FROM ledger_posting WHERE book_id = %(book)s AND line = 2"),
    ("incomplete", "UPDATE ledger_posting SET line = 3 WHERE book_id = %(book)s AND line = 2"),
    ("without_postings", "DELETE FROM ledger_posting WHERE book_id = %(book)s"),
    ("without_transaction", "DELETE FROM ledger_transaction WHERE book_id = %(book)s"),
    ("without_transaction", "UPDATE ledger_transaction SET date = date - 1 WHERE book_id = %(book)s"),
    ("wrong_account", "UPDATE ledger_posting SET account_id = %(other)s WHERE book_id = %(book)s AND line = 1"),
    ("wrong_account", "UPDATE ledger_posting SET currency = 'USD' WHERE book_id = %(book)s AND line = 1"),
    ("wrong_legs", "UPDATE ledger_transaction SET type = 'income' WHERE book_id = %(book)s"),
    ("wrong_base", "UPDATE ledger_posting SET amount_minor = amount_minor * 2 WHERE book_id = %(book)s"),
    ("wrong_total", "UPDATE ledger_month_total SET base_minor = base_minor + 1 WHERE book_id = %(book)s"),
    ("wrong_total", "UPDATE ledger_month_total SET amount_minor = amount_minor + 1 WHERE book_id = %(book)s"),
    ("wrong_total", "DELETE FROM ledger_month_total WHERE book_id = %(book)s"),
    ("wrong_total", "INSERT INTO ledger_month_total (book_id, account_id, month, amount_minor, base_minor)"
                    " VALUES (%(book)s, %(other)s, '2020-01-01', 5, 5)"),
]  # fmt: skip
TABLES = ("ledger_month_total", "ledger_posting", "ledger_transaction")


@contextmanager
def broken(admin_url, book, sql):
    """Breaks a promise as the superuser with every trigger off, and puts all rows back as they were."""
    parameters = {"book": book.pk, "other": uuid7()}
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

        assert (code, said) == (0, "")
        assert "no differences" in told

    def test_counts_what_it_looked_at(self, committed, asha, chitra):
        record(asha)
        record(chitra)

        _, told, _ = run(book_option(asha), "--json")

        assert json.loads(told) == {"books": 1, "transactions": 1, "postings": 2, "differences": []}

    @pytest.mark.parametrize(
        ("problem", "sql"), BREAKS, ids=[f"{at}-{name}" for at, (name, _) in enumerate(BREAKS)]
    )
    def test_names_each_broken_promise(self, committed, asha, admin_url, problem, sql):
        made = record(asha, minor=700, on=TODAY)

        with broken(admin_url, asha.book, sql):
            code, told, said = run("--json", book_option(asha))
            plain_code, plain, _ = run(book_option(asha))

        found = json.loads(told)["differences"]
        assert (code, plain_code) == (1, 1)
        assert said == f"{len(found)} promises do not hold."
        assert problem in {difference["problem"] for difference in found}
        assert {difference["book_id"] for difference in found} == {str(asha.book.pk)}
        assert any(str(made) in difference["subject"] for difference in found) or problem == "wrong_total"
        assert f"{problem}: book {asha.book.pk}, " in plain
        assert run(book_option(asha))[0] == 0

    def test_finds_it_among_all_books(self, committed, asha, chitra, admin_url):
        record(asha)
        record(chitra)

        with broken(admin_url, asha.book, BREAKS[0][1]):
            code, told, _ = run("--json")

        assert code == 1
        assert {difference["book_id"] for difference in json.loads(told)["differences"]} == {
            str(asha.book.pk)
        }

    def test_tells_a_thousand_differences_at_most(self, committed, asha, admin_url):
        record(asha)
        many = f"""INSERT INTO ledger_month_total (book_id, account_id, month, amount_minor, base_minor)
                   SELECT %(book)s, gen_random_uuid(), '2020-01-01', 5, 5
                     FROM generate_series(1, {DIFFERENCES_MAX + 5})"""

        with broken(admin_url, asha.book, many):
            _, told, _ = run("--json", book_option(asha))

        assert len(json.loads(told)["differences"]) == DIFFERENCES_MAX

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
