from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.statements.parsers import statement_parse
from ledger.statements.parsers.sbi import preamble_read
from ledger.statements.rules import Line, Statement
from tests.ledger.statements.writers import SBI_HEADING, chained, line, sbi_file, sbi_row

FIXTURE = Path(__file__).parent / "fixtures" / "sbi.xls"


def parsed(data: bytes) -> Statement:
    return statement_parse(data=data, filename="statement.xls")


class TestFixture:
    def test_is_read_whole(self):
        statement = parsed(FIXTURE.read_bytes())

        assert (statement.layout, statement.bank, statement.currency) == (
            "sbi_tsv",
            "State Bank of India",
            "INR",
        )
        assert statement.number_last4 == "4567"
        assert statement.errors == ()
        assert (len(statement.lines), statement.opening_minor, statement.closing_minor) == (
            7,
            64187050,
            72351275,
        )

    def test_is_read_to_the_cell(self):
        statement = parsed(FIXTURE.read_bytes())

        assert statement.lines[2] == Line(
            line_no=23,
            date=date(2026, 7, 6),
            value_date=date(2026, 7, 5),
            narration="BULK POSTING-ACHCr INF0099812 INFRALINE DIVIDEND",
            reference="",
            amount_minor=125000,
            balance_minor=75489050,
        )

    def test_is_refused_when_one_digit_was_changed(self):
        data = FIXTURE.read_bytes().replace(b"\t22,000.00", b"\t20,000.00")

        statement = parsed(data)

        assert [(error.line_no, error.field) for error in statement.errors] == [(25, "balance")]

    def test_is_refused_when_the_first_row_is_missing(self):
        rows = FIXTURE.read_bytes().split(b"\r\n")
        del rows[20]

        statement = parsed(b"\r\n".join(rows))

        assert [(error.line_no, error.field) for error in statement.errors] == [(21, "balance")]


class TestPreambleRead:
    @pytest.mark.parametrize(
        ("number", "last4"),
        [
            ("_00000030001234567", "4567"),
            ("XXXXXXX4567", "4567"),
            ("'30001234567'", "4567"),
            ("4567XXXXXXXX", None),
            ("12", None),
            ("", None),
        ],
    )
    def test_keeps_only_the_last_four_digits(self, number, last4):
        assert preamble_read([f"Account Number          :\t{number}"]).number_last4 == last4

    @pytest.mark.parametrize(
        "above",
        [
            "Balance on 1 Jul 2026   :\t6,41,870.50",
            "Balance on 01 July 2026\t:\t6,41,870.50\t",
            "BALANCE AS ON 1 Jul 2026:6,41,870.50",
        ],
    )
    def test_finds_the_opening_balance_and_its_day(self, above):
        preamble = preamble_read(["", above])

        assert (preamble.opening, preamble.opening_on) == ("6,41,870.50", date(2026, 7, 1))
        assert preamble.opening_line_no == 2

    @pytest.mark.parametrize(
        "above", ["", "no label", "Balance on 1 Jul 2026 :\t", "Balance on request :\t5.00"]
    )
    def test_knows_no_opening_balance_otherwise(self, above):
        assert preamble_read([above]).opening_on is None


class TestTsv:
    def test_checks_the_opening_balance(self):
        rows = chained(-100, 250)

        right = parsed(sbi_file(rows, balance_on="Balance on 1 Apr 2026   :\t1,000.00"))
        wrong = parsed(sbi_file(rows, balance_on="Balance on 1 Apr 2026   :\t1,000.01"))

        assert right.errors == ()
        assert [(error.line_no, error.field) for error in wrong.errors] == [(7, "balance")]

    def test_says_so_when_the_opening_balance_is_no_amount(self):
        statement = parsed(sbi_file(chained(-100), balance_on="Balance on 1 Apr 2026   :\t1,000.0O"))

        assert [(error.line_no, error.field) for error in statement.errors] == [(4, "opening")]

    def test_checks_it_beside_other_errors(self):
        first, _missing, third = chained(-100, 250, -30)

        statement = parsed(sbi_file([first, third], balance_on="Balance on 1 Apr 2026   :\t1,000.01"))

        assert [error.line_no for error in statement.errors] == [7, 8]

    def test_checks_none_when_the_oldest_row_could_not_be_read(self):
        first, second = chained(-100, 250)
        bad = sbi_row(first).replace("1 Apr", "31 Apr")

        statement = parsed(sbi_file([bad, second], balance_on="Balance on 1 Apr 2026   :\t1,000.00"))

        assert {(error.line_no, error.field) for error in statement.errors} == {
            (7, "date"),
            (7, "value_date"),
        }

    def test_skips_the_footer_whatever_stands_in_it(self):
        assert parsed(sbi_file([line(), "**This is a computer\tgenerated statement\t5.00"])).errors == ()

    def test_compares_no_balance_of_a_later_day(self):
        assert parsed(sbi_file(chained(-100), balance_on="Balance on 2 Apr 2026   :\t5.00")).errors == ()

    def test_reads_a_heading_without_the_spaces_and_the_last_tab(self):
        bare = SBI_HEADING.replace("        ", "").rstrip("\t").encode()

        assert parsed(sbi_file(chained(-100, 50)).replace(SBI_HEADING.encode(), bare)).errors == ()

    @pytest.mark.parametrize(
        ("was", "now", "field", "said"),
        [
            ("1 Apr 2026\t1", "1 Apx 2026\t1", "date", "1 Apx 2026"),
            ("1 Apr 2026\t ", "31 Apr 2026\t ", "value_date", "31 Apr 2026"),
            ("\t100.00\t", "\t1OO.00\t", "debit", "1OO.00"),
            ("\t100.00\t", "\t \t", "debit", "neither"),
            ("\t100.00\t ", "\t100.00\t100.00", "debit", "both"),
            ("\t900.00\t", "\t \t", "balance", "missing"),
            ("\t900.00\t", "\t900.00\t\t7", "row", "columns"),
        ],
    )
    def test_names_the_line_the_field_the_reason_and_the_fix(self, was, now, field, said):
        text = sbi_row(line())
        assert was in text

        statement = parsed(sbi_file([text.replace(was, now, 1)]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(7, field)]
        assert said in statement.errors[0].why
        assert statement.errors[0].fix.endswith(".")

    @given(
        rows=st.lists(
            st.tuples(
                st.integers(-(10**10), 10**10).filter(bool),
                st.dates(date(1970, 1, 1), date(2100, 12, 31)),
                st.text(alphabet="ABC xyz,-/@.'&1", max_size=60),
                st.text(alphabet="123456789ABC", max_size=16),
            ),
            min_size=1,
            max_size=15,
        ),
        opening=st.integers(-(10**11), 10**11),
    )
    def test_reads_back_what_the_bank_would_write(self, rows, opening):
        written = []
        for line_no, (amount, on, narration, reference) in enumerate(rows, start=7):
            opening += amount
            folded = " ".join(narration.split())
            written.append(
                line(line_no, amount=amount, balance=opening, on=on, narration=folded, reference=reference)
            )

        statement = parsed(sbi_file(written))

        assert statement.errors == ()
        assert sorted(statement.lines, key=lambda row: row.line_no) == written
