from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.statements.parsers import statement_parse
from ledger.statements.rules import Line, Statement
from tests.ledger.statements.writers import HDFC_HEADING, chained, hdfc_file, hdfc_row, line

FIXTURE = Path(__file__).parent / "fixtures" / "hdfc_delimited.txt"


def parsed(data: bytes) -> Statement:
    return statement_parse(data=data, filename="statement.txt")


class TestFixture:
    def test_is_read_whole(self):
        statement = parsed(FIXTURE.read_bytes())

        assert (statement.layout, statement.bank, statement.currency) == (
            "hdfc_delimited",
            "HDFC Bank",
            "INR",
        )
        assert statement.number_last4 is None
        assert statement.errors == ()
        assert (len(statement.lines), statement.opening_minor, statement.closing_minor) == (
            10,
            4512075,
            9368325,
        )

    def test_is_read_to_the_cell(self):
        statement = parsed(FIXTURE.read_bytes())

        assert statement.lines[0] == Line(
            line_no=3,
            date=date(2026, 4, 1),
            value_date=date(2026, 4, 1),
            narration="UPI-MEENA TIFFIN SERVICE-meena.tiffin@okaxis-UTIB0000373-609112345671-April lunch",
            reference="0000609112345671",
            amount_minor=-285000,
            balance_minor=4227075,
        )

    def test_keeps_the_commas_of_a_narration(self):
        third = parsed(FIXTURE.read_bytes()).lines[2]

        assert third.narration.startswith("UPI-SAI KRUPA KIRANA, DAIRY, SWEETS-paytm")
        assert third.amount_minor == -64350

    def test_takes_a_negative_debit_for_a_credit(self):
        refund = parsed(FIXTURE.read_bytes()).lines[6]

        assert (refund.narration, refund.amount_minor) == ("POS 512345XXXXXX0042 MONSOON BOOKS REFUND", 39900)

    def test_takes_a_reference_of_zeros_for_none(self):
        assert parsed(FIXTURE.read_bytes()).lines[9].reference == ""


class TestDelimited:
    @pytest.mark.parametrize(
        "heading",
        [
            "Date,Narration,Value Dat,Debit Amount,Credit Amount,Chq/Ref Number,Closing Balance",
            "DATE,NARRATION,Value  Date,Debit Amount (INR ),Credit Amount(INR),Chq./Ref. Number ,CLOSING BALANCE,",
            '"Date","Narration","Value Dat","Debit Amount","Credit Amount","Chq/Ref Number","Closing Balance"',
        ],
    )
    def test_matches_the_heading_by_normalised_names(self, heading):
        statement = parsed(f"{heading}\n{hdfc_row(line())}\n".encode())

        assert statement.errors == ()
        assert statement.lines[0].line_no == 2

    def test_reads_what_a_spreadsheet_saved_again(self):
        row = '01/04/26,"KIRANA, ""DAIRY""",01/04/26,"1,00,000.00",0.00,42,"5,00,000.00"'

        statement = parsed(f"{HDFC_HEADING}\n{row}\n".encode())

        assert statement.errors == ()
        assert statement.lines[0].narration == 'KIRANA, "DAIRY"'
        assert (statement.lines[0].amount_minor, statement.closing_minor) == (-10000000, 50000000)

    @pytest.mark.parametrize(
        "narration", ['THE "BEST" SHOP, PUNE', '"BEST SHOP', 'SHOP 5" PIPE, FIT', ',"', '","']
    )
    def test_keeps_quotation_marks_that_quote_nothing(self, narration):
        statement = parsed(hdfc_file([line(narration=narration)]))

        assert statement.errors == ()
        assert statement.lines[0].narration == narration

    def test_can_not_be_led_astray_by_a_narration_that_looks_like_cells(self):
        trap = "PAY,01/01/20,9.00,0.00,77,1000000.00"

        statement = parsed(hdfc_file([line(narration=trap), line(amount=1, balance=90001)]))

        assert statement.errors == ()
        assert (statement.lines[0].narration, statement.lines[0].amount_minor) == (trap, -10000)

    @pytest.mark.parametrize(
        "row",
        [
            " 01/04/26  ,KIRANA,01/04/26 ,1,00,000.00,0.00,42,5,00,000.00",
            " 01/04/26  ,KIRANA, DAIRY,          ,100.00,0.00,42,900.00",
        ],
    )
    def test_guesses_no_cells_where_the_value_date_is_not_in_its_place(self, row):
        statement = parsed(hdfc_file([row]))

        assert [error.line_no for error in statement.errors][:1] == [3]
        assert {error.field for error in statement.errors} & {"row", "value_date"}

    def test_drops_empty_cells_at_the_end(self):
        assert parsed(hdfc_file([hdfc_row(line()) + ", ,"])).errors == ()

    @pytest.mark.parametrize(
        ("was", "now", "field", "said"),
        [
            (" 01/04/26  ,", " 04/31/26  ,", "date", "04/31/26"),
            (" 01/04/26  ,", "           ,", "date", "missing"),
            (",01/04/26 ,", ",1 April,", "value_date", "1 April"),
            ("100.00", "1OO.00", "debit", "1OO.00"),
            ("  0.00", "0.001", "credit", "two decimals"),
            ("  0.00", "  5.00", "debit", "both as a debit and as a credit"),
            ("100.00", "  0.00", "debit", "neither as a debit nor as a credit"),
            ("100.00", "      ", "debit", "neither as a debit nor as a credit"),
            ("900.00", "9e2   ", "balance", "9e2"),
            ("900.00", "      ", "balance", "missing"),
        ],
    )
    def test_names_the_line_the_field_the_reason_and_the_fix(self, was, now, field, said):
        text = hdfc_row(line())
        assert was in text

        statement = parsed(hdfc_file([text.replace(was, now)]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(3, field)]
        assert said in statement.errors[0].why
        assert statement.errors[0].fix.endswith(".")

    def test_reads_a_row_without_a_value_date(self):
        statement = parsed(hdfc_file([hdfc_row(line()).replace(",01/04/26 ,", ", ,")]))

        assert statement.errors == ()
        assert statement.lines[0].value_date is None

    @given(
        rows=st.lists(
            st.tuples(
                st.integers(-(10**10), 10**10).filter(bool),
                st.dates(date(2001, 1, 1), date(2079, 12, 31)),
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
        for line_no, (amount, on, narration, reference) in enumerate(rows, start=3):
            opening += amount
            folded = " ".join(narration.split())
            padded = reference.rjust(16, "0") if reference else ""
            written.append(
                line(line_no, amount=amount, balance=opening, on=on, narration=folded, reference=padded)
            )

        statement = parsed(hdfc_file(written))

        assert statement.errors == ()
        assert sorted(statement.lines, key=lambda row: row.line_no) == written

    def test_reads_a_single_row(self):
        statement = parsed(hdfc_file(chained(-100)))

        assert (statement.opening_minor, statement.closing_minor) == (100000, 99900)
