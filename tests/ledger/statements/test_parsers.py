import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.statements.parsers import StatementUnreadable, statement_parse
from ledger.statements.parsers.heading import COLUMNS_MAX, HEADING_LINES_MAX, LINE_CHARACTERS_MAX
from ledger.statements.parsers.table import ERRORS_MAX, ROWS_MAX
from ledger.statements.rules import Statement, fingerprints
from rupaya.core.errors import Rejected
from tests.ledger.statements.writers import HDFC_HEADING, chained, hdfc_file, hdfc_row, line, sbi_file

FIXTURES = Path(__file__).parent / "fixtures"
WHOLE = [FIXTURES.joinpath(name).read_bytes() for name in ("hdfc_delimited.txt", "sbi.xls")]


def parsed(data: bytes) -> Statement:
    return statement_parse(data=data, filename="statement.xls")


def refused(data: bytes, filename: str = "statement.xls") -> StatementUnreadable:
    with pytest.raises(StatementUnreadable) as info:
        statement_parse(data=data, filename=filename)
    return info.value


class TestStatementUnreadable:
    def test_is_a_refusal_with_a_stable_code(self):
        error = StatementUnreadable(why="It is a picture.", fix="Upload the statement.")

        assert isinstance(error, Rejected)
        assert (error.code, error.status) == ("statement_unreadable", 422)
        assert str(error) == error.message == "It is a picture. Upload the statement."


class TestFileRefused:
    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an Excel workbook"),
            (b"PK\x03\x04" + bytes(30), "an Excel workbook or a zip archive"),
            (b"%PDF-1.7\n", "a PDF"),
            (b"\r\n %PDF-1.4", "a PDF"),
            (b"\x89PNG\r\n\x1a\n", "a picture"),
            (b"\xff\xd8\xff\xe0", "a picture"),
            (b"\x00\x00\x00\x18ftypheic", "a picture"),
            (b"\x1f\x8b\x08", "a gzip archive"),
            (b"<!DOCTYPE html><html>", "a web page"),
            (b"\n\n <HTML><table>", "a web page"),
            (codecs.BOM_UTF16_LE + "<table border=1>".encode("utf-16-le"), "a web page"),
            (b"", "empty"),
            (b" \r\n\t\x00 \n", "empty"),
            (codecs.BOM_UTF8, "empty"),
            (codecs.BOM_UTF16_LE + b"\x41", "not whole"),
        ],
    )
    def test_says_what_the_file_is_and_what_to_do(self, data, kind):
        error = refused(data)

        assert kind in error.why
        assert "“statement.xls”" in error.why
        assert error.fix.endswith(".")

    def test_says_so_when_no_heading_is_known(self):
        error = refused(b"Date,Narration,Amount\n01/04/26,UPI,5.00\n")

        assert "no known heading row" in error.why
        assert "Delimited" in error.fix

    def test_looks_for_the_heading_in_the_first_forty_lines_only(self):
        rows = hdfc_file(chained(-100))

        assert parsed(b"x\n" * (HEADING_LINES_MAX - 2) + rows).errors == ()
        assert "no known heading row" in refused(b"x\n" * (HEADING_LINES_MAX - 1) + rows).why

    def test_refuses_a_heading_with_too_many_columns(self):
        wide = HDFC_HEADING + ",x" * (COLUMNS_MAX - 6)

        assert "no known heading row" in refused(f"{wide}\n{hdfc_row(line())}\n".encode()).why

    def test_refuses_a_heading_that_is_too_long(self):
        long = HDFC_HEADING + " " * LINE_CHARACTERS_MAX

        assert "no known heading row" in refused(f"{long}\n{hdfc_row(line())}\n".encode()).why

    def test_refuses_a_heading_that_names_a_column_twice(self):
        twice = f"{HDFC_HEADING},Date"

        assert "no known heading row" in refused(f"{twice}\n{hdfc_row(line())}\n".encode()).why

    @pytest.mark.parametrize("data", [hdfc_file([]), sbi_file([])])
    def test_refuses_a_heading_without_rows(self, data):
        assert "no transactions" in refused(data).why

    def test_refuses_more_rows_than_the_limit(self):
        row = hdfc_row(line(amount=100, balance=100))
        most = [row] * ROWS_MAX

        assert len(parsed(hdfc_file(most)).lines) == ROWS_MAX
        assert str(ROWS_MAX) in refused(hdfc_file([*most, row])).why

    def test_keeps_a_hostile_file_name_out_of_the_sentence(self):
        error = refused(b"", filename="\u202egnp\r\n\x00" + "x" * 5000)

        assert len(error.why) < 150
        assert error.why.isprintable()


class TestStatementParse:
    @pytest.mark.parametrize("filename", ["statement.xls", "a.pdf", "", "hdfc.csv"])
    def test_recognises_the_bank_by_content_and_never_by_name(self, filename):
        assert [statement_parse(data=data, filename=filename).layout for data in WHOLE] == [
            "hdfc_delimited",
            "sbi_tsv",
        ]

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("writer", [hdfc_file, sbi_file])
    def test_reads_every_encoding_and_line_end_alike(self, writer, end, encoding):
        rows = [line(amount=-100, balance=900, narration="CAFÉ"), line(amount=50, balance=950)]

        statement = parsed(writer(rows, end=end, encoding=encoding))

        assert statement.errors == ()
        assert [row.narration for row in statement.lines] == ["CAFÉ", rows[1].narration]
        assert [row.amount_minor for row in statement.lines] == [-100, 50]

    def test_reads_bytes_that_windows_1252_does_not_know(self):
        data = hdfc_file([line(narration="CAF")]).replace(b"CAF", b"C\x81\xe9")

        assert parsed(data).lines[0].narration == "Cé"

    def test_drops_nul_bytes(self):
        data = hdfc_file([line(narration="CAFE")]).replace(b"CAFE", b"C\x00AF\x00E")

        assert parsed(data).lines[0].narration == "CAFE"

    def test_counts_lines_as_an_editor_does(self):
        data = hdfc_file([line(narration="a\x0bb\x0cc\u2028d"), "", line(amount=100, balance=90100)])

        assert [row.line_no for row in parsed(data).lines] == [3, 5]

    @pytest.mark.parametrize("writer", [hdfc_file, sbi_file])
    def test_turns_a_file_that_is_newest_first(self, writer):
        rows = chained(-100, 250, -30, 999)

        statement = parsed(writer(rows[::-1]))

        assert statement.errors == ()
        assert [row.amount_minor for row in statement.lines] == [-100, 250, -30, 999]
        assert (statement.opening_minor, statement.closing_minor) == (100000, 101119)

    def test_believes_the_balances_before_the_dates(self):
        first, second, third = chained(-100, 250, -30)
        rows = [first, line(amount=250, balance=second.balance_minor, on=first.date.replace(day=30)), third]

        statement = parsed(hdfc_file(rows))

        assert statement.errors == ()
        assert [row.date.day for row in statement.lines] == [1, 30, 1]

    def test_lets_the_dates_decide_where_the_balances_fit_both_ways(self):
        came = line(amount=100, balance=100, on=line().date.replace(day=2))
        went = line(amount=-100, balance=0, on=line().date.replace(day=1))

        assert [row.amount_minor for row in parsed(hdfc_file([came, went])).lines] == [-100, 100]
        assert [row.amount_minor for row in parsed(hdfc_file([went, came])).lines] == [-100, 100]

    def test_skips_blank_lines_repeated_headings_and_sentences_at_the_foot(self):
        first, second = chained(-100, 250)
        data = hdfc_file(
            [first, "", " , , , , , , ", HDFC_HEADING, second, "This statement needs no signature"]
        )

        statement = parsed(data)

        assert statement.errors == ()
        assert [row.line_no for row in statement.lines] == [3, 7]

    def test_refuses_a_broken_balance(self):
        first, _missing, third = chained(-100, 250, -30)

        statement = parsed(hdfc_file([first, third]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(4, "balance")]
        assert "₹998.70" in statement.errors[0].why
        assert "₹1,001.20" in statement.errors[0].why

    def test_collects_all_errors_of_all_rows(self):
        first, second, third, fourth = chained(-100, 250, -30, 5)
        worse = hdfc_row(second).replace("01/04/26", "31/02/26").replace("2.50", "2.5x")
        broken = hdfc_row(fourth).replace("0.05", "0.06")

        statement = parsed(hdfc_file([first, worse, third, broken]))

        assert [(error.line_no, error.field) for error in statement.errors] == [
            (4, "date"),
            (4, "value_date"),
            (4, "credit"),
            (6, "balance"),
        ]

    def test_blames_no_balance_for_a_row_that_could_not_be_read(self):
        first, second, third = chained(-100, 250, -30)

        statement = parsed(hdfc_file([third, hdfc_row(second).replace("01/04/26", "bad"), first]))

        assert {error.line_no for error in statement.errors} == {4}
        assert len(statement.lines) == 2

    def test_keeps_a_hundred_errors_and_counts_the_rest(self):
        bad = hdfc_row(line()).replace(" 01/04/26  ", " 31/02/26  ")

        exactly = parsed(hdfc_file([bad] * ERRORS_MAX))
        more = parsed(hdfc_file([bad] * (ERRORS_MAX + 7)))

        assert [error.field for error in exactly.errors] == ["date"] * ERRORS_MAX
        assert len(more.errors) == ERRORS_MAX
        assert "8 more problems" in more.errors[-1].why
        assert exactly.lines == more.lines == ()

    def test_refuses_a_line_that_is_too_long(self):
        statement = parsed(hdfc_file([line(), line(narration="x" * LINE_CHARACTERS_MAX)]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(4, "row")]

    def test_refuses_a_row_with_too_many_columns(self):
        statement = parsed(hdfc_file([line(narration="," * COLUMNS_MAX)]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(3, "row")]

    def test_refuses_a_row_with_too_few_columns(self):
        statement = parsed(hdfc_file([line(), "01/04/26,UPI"]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(4, "row")]

    def test_refuses_what_is_left_of_a_row(self):
        statement = parsed(hdfc_file([line(), "01/04/26"]))

        assert [(error.line_no, error.field) for error in statement.errors] == [(4, "row")]

    def test_refuses_a_reference_that_is_too_long(self):
        statement = parsed(
            hdfc_file([line(reference="7" * 60), line(amount=100, balance=90100, reference="7" * 61)])
        )

        assert [(error.line_no, error.field) for error in statement.errors] == [(4, "reference")]

    def test_cuts_a_long_narration(self):
        assert len(parsed(hdfc_file([line(narration="x" * 900)])).lines[0].narration) == 500

    def test_gives_the_same_fingerprints_in_overlapping_downloads(self):
        rows = [
            line(amount=amount, balance=balance, on=line().date.replace(day=day), reference="44")
            for day, amount, balance in [
                (1, 100, 100),
                (2, 100, 200),
                (2, -100, 100),
                (2, 100, 200),
                (3, 5, 205),
            ]
        ]

        april, overlap = parsed(hdfc_file(rows)), parsed(hdfc_file(rows[:0:-1], end="\r\n"))

        assert fingerprints(lines=april.lines)[1:] == fingerprints(lines=overlap.lines)
        assert len(set(fingerprints(lines=april.lines))) == 5


class TestAnyBytes:
    """Whatever arrives: a statement or a refusal, nothing else."""

    def survives(self, data: bytes) -> None:
        try:
            statement = statement_parse(data=data, filename="x.xls")
        except StatementUnreadable as error:
            assert error.message.endswith(".")  # noqa: PT017 - either outcome is right, each has its proof
        else:
            assert statement.lines or statement.errors

    @given(data=st.binary(max_size=400))
    def test_of_any_kind(self, data):
        self.survives(data)

    @settings(max_examples=300)
    @given(
        whole=st.sampled_from(WHOLE),
        one=st.integers(min_value=0),
        other=st.integers(min_value=0),
    )
    def test_of_a_statement_with_two_bytes_swapped(self, whole, one, other):
        data = bytearray(whole)
        one, other = one % len(data), other % len(data)
        data[one], data[other] = data[other], data[one]

        self.survives(bytes(data))

    @settings(max_examples=300)
    @given(
        whole=st.sampled_from(WHOLE),
        start=st.integers(0, 3000),
        length=st.integers(0, 200),
        noise=st.binary(max_size=40),
    )
    def test_of_a_statement_with_a_part_replaced(self, whole, start, length, noise):
        self.survives(whole[:start] + noise + whole[start + length :])

    @given(
        heading=st.sampled_from([hdfc_file([]), sbi_file([])]),
        rows=st.text(alphabet='0123456789/,.\t\r\n" -JulCrDr₹\x00"*', max_size=300),
    )
    def test_below_a_known_heading(self, heading, rows):
        self.survives(heading + rows.encode())
