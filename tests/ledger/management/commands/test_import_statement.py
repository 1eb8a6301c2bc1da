from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.ledger.desk import balance, counts, guest_make
from tests.ledger.statements.writers import chained, hdfc_file, line, sbi_file

ROWS = chained(-5000, 20000, -100, opening=100000)
APRIL_1 = dt.date(2026, 4, 1)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "may.txt"
    path.write_bytes(hdfc_file(ROWS))
    return path


def run(person, path, *options, email=None, account="SBI savings"):
    """Exit code, stdout and stderr of the command."""
    stdout, stderr = io.StringIO(), io.StringIO()
    arguments = [str(path), "--account", account, "--email", email or person.user.email, *options]
    try:
        call_command("import_statement", *arguments, stdout=stdout, stderr=stderr)
    except CommandError as error:
        return error.returncode, stdout.getvalue(), f"{stderr.getvalue()}{error}"
    return 0, stdout.getvalue(), stderr.getvalue()


class TestCommand:
    @pytest.mark.parametrize("write", [hdfc_file, sbi_file])
    def test_ends_at_the_banks_closing_balance(self, asha, file, write):
        file.write_bytes(write(ROWS))

        code, told, _ = run(asha, file)

        assert code == 0
        assert "3 imported, 0 known already. SBI savings ends at ₹1,149." in told
        assert balance(asha, "SBI savings", APRIL_1) == 114900

    def test_adds_nothing_for_the_same_file_again(self, asha, file):
        run(asha, file)
        before = counts(asha)

        code, told, _ = run(asha, file)

        assert code == 0
        assert "0 imported, 3 known already" in told
        assert counts(asha) == before

    def test_adds_only_new_rows_of_another_file(self, asha, file):
        file.write_bytes(hdfc_file(ROWS[:2]))
        run(asha, file)
        file.write_bytes(hdfc_file(ROWS))

        _, told, _ = run(asha, file)

        assert "1 imported, 2 known already" in told

    def test_tells_one_json_object_and_nothing_else(self, asha, file):
        code, told, said = run(asha, file, "--json")

        body = json.loads(told)
        assert (code, said) == (0, "")
        assert (body["new_count"], body["known_count"], body["closing_minor"]) == (3, 0, 114900)
        assert (body["currency"], body["is_dry_run"]) == ("INR", False)

    def test_saves_nothing_on_a_dry_run(self, asha, file):
        before = counts(asha)

        code, told, said = run(asha, file, "--dry-run")

        assert code == 0
        assert "3 would be imported" in told
        assert "Nothing was saved" in said
        assert counts(asha) == before

    def test_names_line_and_reason_of_a_broken_file_and_saves_nothing(self, asha, file):
        file.write_bytes(hdfc_file([ROWS[0], line(2, amount=1, balance=1)]))
        before = counts(asha)

        code, told, said = run(asha, file)

        assert (code, told) == (1, "")
        assert "line 4, balance: The balance after this row should be ₹950.01" in said
        assert counts(asha) == before

    def test_asks_before_it_records_a_difference(self, asha, file):
        file.write_bytes(hdfc_file(ROWS[:1]))
        run(asha, file)
        later = line(amount=500, balance=900500, on=dt.date(2026, 6, 1))
        file.write_bytes(hdfc_file([later]))

        code, _, said = run(asha, file)
        agreed, _, _ = run(asha, file, "--adjust")

        assert (code, agreed) == (1, 0)
        assert "is missing" in said
        assert balance(asha, "SBI savings", later.date) == 900500

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"email": "nobody@example.in"}, "Nobody has the address nobody@example.in."),
            ({"account": "Credit card"}, "not an account that a bank keeps"),
            ({"account": " "}, "name has 1 to 80"),
        ],
    )
    def test_says_what_is_wrong(self, asha, file, options, sentence):
        before = counts(asha)

        code, told, said = run(asha, file, **options)

        assert (code, told) == (1, "")
        assert sentence in said
        assert counts(asha) == before

    @pytest.mark.parametrize("account", ["\udcff", "a\x00b"])
    def test_takes_no_name_that_is_no_text(self, asha, file, account):
        code, _, said = run(asha, file, account=account)

        assert code == 1
        assert "name has 1 to 80" in said

    def test_says_that_there_is_no_such_file(self, asha, tmp_path):
        code, _, said = run(asha, tmp_path / "none.txt")

        assert code == 2
        assert "can't be read: No such file" in said

    def test_refuses_a_viewer_and_a_stranger(self, committed, asha, chitra, admin_url, file):
        guest = guest_make(admin_url, book=asha.book, role="viewer")
        before = counts(asha)

        assert run(guest, file)[0] == 1
        assert run(chitra, file, "--book", str(asha.book.pk))[0] == 1
        assert run(asha, file, "--book", "x")[0] == 1
        assert counts(asha) == before
