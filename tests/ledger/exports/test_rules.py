"""The two formats, byte by byte."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.exports.rules import (
    BYTE_ORDER_MARK,
    COLUMNS,
    Csv,
    FormatUnknown,
    Ndjson,
    file_name,
    format_read,
    text_shield,
)
from ledger.journal.schemas import TransactionOut

SAID = {**TransactionOut.example, "category_id": "c-groceries", "account_id": "a-cash"}
PATHS = {"c-groceries": "Food:Groceries", "c-sweets": "Food:Sweets", "a-cash": "Cash", "a-bank": "Banks:SBI"}
SPLIT = {
    **SAID,
    "category_id": None,
    "category": "Split in 2",
    "splits": [
        {"category_id": "c-groceries", "category": "Groceries", "amount": 499.5, "amount_minor": 49950,
         "currency": "INR"},
        {"category_id": "c-sweets", "category": "Sweets", "amount": 0.5, "amount_minor": 50, "currency": "INR"},
    ],
}  # fmt: skip
ABROAD = {
    **SAID,
    "type": "transfer",
    "amount_minor": 1234567,
    "currency": "KWD",
    "base_amount_minor": 33500000,
    "to_account_id": "a-bank",
    "to_account": "SBI",
    "to_amount_minor": 33500000,
    "to_currency": "INR",
    "category_id": None,
    "category": "Transfer",
}


def rows(*said):
    text = Csv(PATHS).lines(json.dumps(one).encode() for one in said).decode()
    return [dict(zip(COLUMNS, row, strict=True)) for row in csv.reader(io.StringIO(text, newline=""))]


class TestFormatRead:
    def test_is_csv_where_nothing_is_asked_for(self):
        assert (format_read(None), format_read(""), format_read("csv"), format_read("ndjson")) == (
            "csv",
            "csv",
            "csv",
            "ndjson",
        )

    @pytest.mark.parametrize("text", ["xlsx", "CSV", "csv,ndjson", " csv", "\x00"])
    def test_names_both_where_there_is_no_such_format(self, text):
        with pytest.raises(FormatUnknown, match=r"^format must be csv or ndjson\.$"):
            format_read(text)


class TestNdjson:
    def test_says_in_its_last_line_that_it_is_the_last(self):
        form = Ndjson()

        file = form.head() + form.lines([b'{"id": 1}', b'{"id": 2}']) + form.tail(2)

        assert file == b'{"id": 1}\n{"id": 2}\n{"end":true,"count":2}\n'


class TestCsv:
    def test_begins_with_the_names_of_the_columns(self):
        assert Csv(PATHS).head() == (",".join(COLUMNS) + "\r\n").encode()

    def test_is_marked_for_excel_where_that_is_wished(self):
        assert Csv(PATHS, is_marked=True).head() == b"\xef\xbb\xbf" + Csv(PATHS).head()
        assert "".encode("utf-8-sig") == BYTE_ORDER_MARK

    def test_ends_lines_as_rfc_4180_has_it_and_quotes_what_needs_it(self):
        said = {**SAID, "description": 'Tea, "chai"', "notes": "two\nlines", "payee": "चाय ₹"}

        written = Csv(PATHS).lines([json.dumps(said).encode()])

        assert written.endswith(b"\r\n")
        assert b'"Tea, ""chai"""' in written
        assert b'"two\nlines"' in written
        assert "चाय ₹".encode() in written

    def test_has_nothing_behind_the_last_row(self):
        assert Csv(PATHS).tail(7) == b""


class TestRows:
    def test_give_a_transaction_one_row(self):
        (row,) = rows(SAID)

        assert row == {
            "id": SAID["id"], "date": "2026-11-23", "type": "expense", "status": "posted",
            "amount": "500.00", "amount_minor": "50000", "currency": "INR", "base_amount": "500.00",
            "base_currency": "INR", "description": "Groceries", "payee": "More Supermarket", "account": "Cash",
            "category": "Food:Groceries", "to_account": "", "to_amount": "", "to_currency": "",
            "tags": "diwali", "notes": "", "is_reconciled": "false", "external_id": "UPI-4415",
            "origin": "manual", "created_at": "2026-11-23T04:30:00.123456Z",
        }  # fmt: skip

    def test_give_each_part_of_a_split_its_row_so_that_amounts_add_up(self):
        found = rows(SPLIT)

        assert [
            (row["category"], row["amount"], row["amount_minor"], row["base_amount"]) for row in found
        ] == [
            ("Food:Groceries", "499.50", "49950", "499.50"),
            ("Food:Sweets", "0.50", "50", "0.50"),
        ]
        assert {row["id"] for row in found} == {SPLIT["id"]}
        assert sum(int(row["amount_minor"]) for row in found) == SPLIT["amount_minor"]

    def test_write_each_amount_with_the_decimals_of_its_currency(self):
        (row,) = rows(ABROAD)

        assert (row["amount"], row["currency"]) == ("1234.567", "KWD")
        assert (row["to_account"], row["to_amount"], row["to_currency"]) == ("Banks:SBI", "335000.00", "INR")
        assert (row["base_amount"], row["category"]) == ("335000.00", "")

    def test_name_an_account_as_the_transaction_does_where_it_is_not_in_the_tree(self):
        (row,) = rows({**SAID, "account_id": "a-gone", "account": "Gone"})

        assert row["account"] == "Gone"

    @pytest.mark.parametrize("column", ["description", "payee", "notes", "external_id"])
    def test_shield_what_people_wrote(self, column):
        (row,) = rows({**SAID, column: '=HYPERLINK("http://evil.example","Tea")'})

        assert row[column] == '\'=HYPERLINK("http://evil.example","Tea")'

    def test_shield_tags_and_names(self):
        (row,) = rows({**SAID, "tags": ["@sum", "tea"], "account_id": "x", "account": "+Cash"})

        assert (row["tags"], row["account"]) == ("'@sum, tea", "'+Cash")

    def test_leave_numbers_numbers(self):
        huge = 999_999_999_999_999

        (row,) = rows({**SAID, "amount_minor": huge, "base_amount_minor": 1})

        assert (row["amount"], row["amount_minor"], row["base_amount"]) == (
            "9999999999999.99",
            str(huge),
            "0.01",
        )


class TestTextShield:
    @pytest.mark.parametrize(
        "text",
        ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\tplain", "\rplain", "\nplain", "=", "-", "＝1", "＋1", "－1",
         "＠x", " =1", '"=1', "'=1", "\u200b=1", "\ufeff=1", "\xa0 '\" -1", "’+1", "“=1”", "﹦1", "⁺1", "\x00=1"],
    )  # fmt: skip
    def test_puts_an_apostrophe_before_what_would_be_run(self, text):
        assert text_shield(text) == f"'{text}"

    @pytest.mark.parametrize(
        "text", ["", " ", "Tea", "1-2", "a=b", "'tis", "₹500", "चाय", "5 + 5", "#REF", "''"]
    )
    def test_leaves_the_rest(self, text):
        assert text_shield(text) == text

    @given(
        st.text(alphabet=st.sampled_from("=+-@＝＋ \t\r\n'\"“a1\u200b"), max_size=6) | st.text(max_size=20)
    )
    def test_can_be_undone_and_leaves_nothing_that_would_be_run(self, text):
        shielded = text_shield(text)

        is_shielded = shielded.startswith("'") and text_shield(shielded[1:]) == shielded
        assert (shielded[1:] if is_shielded else shielded) == text
        assert not shielded.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert not shielded.startswith(("\t", "\r", "\n"))


class TestFileName:
    def test_names_the_book_the_days_and_when_it_was_taken(self):
        on = dt.date(2026, 11, 23)

        def name(book, since=None, until=None):
            return file_name(book_name=book, since=since, until=until, today=on, ending="csv")

        assert name("Asha’s book") == "Asha’s book transactions, taken 2026-11-23.csv"
        assert name("घर", dt.date(2026, 4, 1)) == "घर transactions from 2026-04-01, taken 2026-11-23.csv"
        assert (
            name("Home", dt.date(2026, 4, 1), on)
            == "Home transactions from 2026-04-01 until 2026-11-23, taken 2026-11-23.csv"
        )

    @pytest.mark.parametrize(
        ("book", "shown"),
        [
            ("../../etc", "etc"),
            ('a/b\\c:"d"', "a b c d"),
            ("...", "Book"),
            ("a" * 200, "a" * 80),
            ("a\r\nb", "a b"),
        ],
    )
    def test_says_nothing_that_a_file_system_takes_for_something_else(self, book, shown):
        found = file_name(book_name=book, since=None, until=None, today=dt.date(2026, 11, 23), ending="csv")

        assert found == f"{shown} transactions, taken 2026-11-23.csv"
