from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.statements import rules
from ledger.statements.rules import (
    CellError,
    amount_parse,
    chain_check,
    date_parse,
    fingerprints,
    narration_read,
    text_fold,
)
from tests.ledger.statements.writers import chained, lakh, line, plain

PAISE = st.integers(min_value=0, max_value=10**15 - 1)


class TestAmountParse:
    @pytest.mark.parametrize(
        ("text", "minor"),
        [
            ("6,45,452.35", 64545235),
            ("1,234,567.89", 123456789),
            ("12,34,56,789.00", 12345678900),
            ("999", 99900),
            ("0.00", 0),
            (".50", 50),
            ("5.5", 550),
            ("₹ 500", 50000),
            ("Rs.500", 50000),
            ("Rs 1,00,000", 10000000),
            ("INR 5.00", 500),
            ("500.00 Cr", 50000),
            ("500.00CR", 50000),
            ("500.00 (Dr)", -50000),
            ("500.00 Dr.", -50000),
            ("-476.00", -47600),
            ("-₹500", -50000),
            ("₹-500", -50000),
            ("+500", 50000),
            ("  \t\xa0476.00 \xa0", 47600),
            ("", 0),
            ("   ", 0),
        ],
    )
    def test_reads_what_banks_write(self, text, minor):
        assert amount_parse(text=text) == minor

    @pytest.mark.parametrize(
        "text",
        [
            "NaN", "Infinity", "1e9", "1E2", "1_000", "４５", "४५", "0x10", "12.345", "1.000", "5.", ".", "-", "₹",
            "Rs.", "Cr", "1,2", "1,23", "12,3456", "1,,234", ",123", "1.2.3", "1 234", "--5", "-5 Dr", "-5 Cr",
            "+5 Cr", "5 (Dr", "5 Dr)", "(5)", "USD 5", "$5", "five", "9999999999999999", "10000000000000.00",
            "1" * 65, "1" * 5000, "\x00",
        ],
    )  # fmt: skip
    def test_refuses_everything_else(self, text):
        with pytest.raises(CellError) as refused:
            amount_parse(text=text)

        assert refused.value.why.endswith(".")
        assert refused.value.fix.endswith(".")

    def test_quotes_no_more_than_a_sentence_can_bear(self):
        with pytest.raises(CellError) as refused:
            amount_parse(text="five " * 400)

        assert len(refused.value.why) < 100

    def test_takes_fifteen_digits_with_the_paise(self):
        assert amount_parse(text="9999999999999.99") == 10**15 - 1

    @given(minor=PAISE)
    def test_reads_back_what_it_would_write(self, minor):
        for text in (plain(minor), lakh(minor), f"₹ {lakh(minor)}", f"{minor // 100:,}.{minor % 100:02d} Cr"):
            assert amount_parse(text=text) == minor
        for text in (f"-{plain(minor)}", f"{lakh(minor)} (Dr)"):
            assert amount_parse(text=text) == -minor

    @given(text=st.text(max_size=80))
    def test_raises_nothing_but_cell_error(self, text):
        with suppress(CellError):
            assert isinstance(amount_parse(text=text), int)


class TestDateParse:
    @pytest.mark.parametrize(
        "text",
        [
            "05/07/26", "05/07/2026", "5/7/26", "05-07-2026", "05-07-26 23:59", "05/07/2026 00:00:00", "05-Jul-26",
            "05/Jul/2026", "5 Jul 2026", "05 JUL 2026", "05 July 2026", " 05/07/26 ", "05-july-2026",
        ],
    )  # fmt: skip
    def test_reads_the_day_first(self, text):
        assert date_parse(text=text) == date(2026, 7, 5)

    @pytest.mark.parametrize(
        ("text", "year"),
        [
            ("01/01/00", 2000),
            ("01/01/79", 2079),
            ("01/01/80", 1980),
            ("01/01/99", 1999),
            ("01/01/1970", 1970),
        ],
    )
    def test_puts_two_digits_of_a_year_between_1980_and_2079(self, text, year):
        assert date_parse(text=text).year == year

    def test_knows_every_month_by_both_its_names(self):
        for month in range(1, 13):
            day = date(2026, month, 3)

            assert date_parse(text=f"{day:%d %b %Y}") == day
            assert date_parse(text=f"{day:%d-%B-%y}") == day

    @pytest.mark.parametrize(
        "text",
        [
            "", "31/02/26", "29/02/2025", "00/01/26", "01/13/26", "07/31/2026", "01/01/1969", "01/01/2101", "5/7/026",
            "05.07.2026", "05/07-2026", "5 7 2026", "5 Juls 2026", "05-Foo-26", "05/07/26 24:00", "05/07/26 12:60",
            "０５/07/26", "०५/07/26", "2026-07-05", "05/07", "5Jul2026", "yesterday", "05/07/26x", "1" * 40,
        ],
    )  # fmt: skip
    def test_refuses_everything_else(self, text):
        with pytest.raises(CellError):
            date_parse(text=text)

    @given(day=st.dates(min_value=date(1970, 1, 1), max_value=date(2100, 12, 31)))
    def test_reads_back_what_banks_would_write(self, day):
        for form in ("%d/%m/%Y", "%d-%m-%Y", "%d/%b/%Y", "%d %B %Y", "%d/%m/%Y 10:20:30"):
            assert date_parse(text=day.strftime(form)) == day

    @given(text=st.text(max_size=40))
    def test_raises_nothing_but_cell_error(self, text):
        with suppress(CellError):
            assert isinstance(date_parse(text=text), date)


class TestTextFold:
    def test_folds_white_space_and_drops_what_can_not_be_seen(self):
        assert text_fold(text=" a\t\x00b \u202e\x07 c\r\nd ", characters_max=99) == "a b c d"

    def test_keeps_the_joiners_that_indic_scripts_spell_with(self):
        assert text_fold(text="क्\u200dष", characters_max=99) == "क्\u200dष"

    def test_cuts_to_the_length_asked_for(self):
        assert text_fold(text="ab cd", characters_max=3) == "ab"


class TestChainCheck:
    def test_says_nothing_when_every_balance_follows(self):
        lines = chained(-10000, 5000, -1, opening=100000)

        assert chain_check(lines=lines, opening_minor=100000) == ()

    def test_names_the_line_and_both_balances(self):
        lines = list(chained(-10000, 5000, 700, opening=100000))
        del lines[1]

        errors = chain_check(lines=lines, opening_minor=100000)

        assert [(error.line_no, error.field) for error in errors] == [(3, "balance")]
        assert "₹907.00" in errors[0].why
        assert "₹957.00" in errors[0].why

    def test_reports_a_wrong_opening_at_the_first_row(self):
        errors = chain_check(lines=chained(-10000, 5000, opening=100000), opening_minor=100001)

        assert [error.line_no for error in errors] == [1]

    @given(
        amounts=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12),
        place=st.integers(0, 11),
        off=st.integers(1, 10**6),
    )
    def test_finds_any_changed_amount(self, amounts, place, off):
        lines = list(chained(*amounts))
        place %= len(lines)
        lines[place] = replace(lines[place], amount_minor=lines[place].amount_minor + off)

        errors = chain_check(lines=lines, opening_minor=100000)

        assert [error.line_no for error in errors] == [lines[place].line_no]


class TestFingerprints:
    def test_are_sixty_four_hex_digits_each(self):
        found = fingerprints(lines=chained(-1, -2))

        assert all(len(one) == 64 and int(one, 16) for one in found)
        assert len(set(found)) == 2

    def test_do_not_depend_on_where_the_row_stands(self):
        early, late = line(3), line(3000)

        assert fingerprints(lines=[early]) == fingerprints(lines=[late])

    @pytest.mark.parametrize(
        "alike",
        [
            line(narration="upi-meena  tiffin service "),
            line(narration="ＵＰＩ-MEENA TIFFIN SERVICE"),
            line(reference="0000"),
        ],
    )
    def test_do_not_depend_on_case_spaces_and_padding(self, alike):
        assert fingerprints(lines=[line()]) == fingerprints(lines=[alike])

    @pytest.mark.parametrize(
        "other",
        [
            line(on=date(2026, 4, 2)),
            line(amount=-10001),
            line(balance=90001),
            line(narration="UPI-MEENA TIFFIN"),
            line(reference="7"),
        ],
    )
    def test_differ_when_the_bank_wrote_something_else(self, other):
        assert fingerprints(lines=[line()]) != fingerprints(lines=[other])

    def test_tell_apart_rows_alike_in_everything(self):
        there, back = line(1, amount=10000, balance=110000), line(2, amount=-10000, balance=100000)
        again = replace(there, line_no=3)

        found = fingerprints(lines=[there, back, again])

        assert len(set(found)) == 3

    def test_do_not_run_two_cells_into_one(self):
        assert fingerprints(lines=[line(narration="A1", reference="2")]) != fingerprints(
            lines=[line(narration="A", reference="12")]
        )

    @given(
        days=st.lists(
            st.lists(st.sampled_from([100, -100, 250]), min_size=1, max_size=4), min_size=2, max_size=6
        ),
        cut=st.integers(1, 5),
    )
    def test_are_equal_in_downloads_that_overlap_by_days(self, days, cut):
        lines, balance = [], 0
        for number, amounts in enumerate(days, start=1):
            for amount in amounts:
                balance += amount
                lines.append(line(amount=amount, balance=balance, on=date(2026, 4, number)))
        later = [row for row in lines if row.date.day > min(cut, len(days) - 1)]

        whole, part = fingerprints(lines=lines), fingerprints(lines=later)

        assert whole[-len(part) :] == part
        assert len(set(whole)) == len(whole)


class TestNarrationRead:
    @pytest.mark.parametrize(
        ("narration", "channel", "payee", "reference", "description"),
        [
            (
                "UPI-MEENA TIFFIN SERVICE-meena.tiffin@okaxis-UTIB0000373-609112345671-April lunch",
                "upi", "MEENA TIFFIN SERVICE", "609112345671", "MEENA TIFFIN SERVICE: April lunch",
            ),
            (
                "UPI-SAI KRUPA, DAIRY-paytm-70112233@ptys-YESB0MCHUPI-609212345672-UPI",
                "upi", "SAI KRUPA, DAIRY", "609212345672", "SAI KRUPA, DAIRY",
            ),
            (
                "TO TRANSFER-UPI/DR/618212345601/FRESH CATCH/FDRL/freshcatch@fbl/pearl spot--",
                "upi", "FRESH CATCH", "618212345601", "FRESH CATCH: pearl spot",
            ),
            (
                "BY TRANSFER-UPI/CR/618212345601/ANU/FDRL/anu@fbl/--",
                "upi", "ANU", "618212345601", "ANU",
            ),
            (
                "IMPS-609712345673-LATA DESHPANDE-MAHB-XXXXXXX9021-for aai",
                "imps", "LATA DESHPANDE", "609712345673", "LATA DESHPANDE: for aai",
            ),
            (
                "TO TRANSFER-INB IMPS/P2A/619612345602/THOMAS MATHEW/rent July--",
                "imps", "THOMAS MATHEW", "619612345602", "THOMAS MATHEW: rent July",
            ),
            (
                "INB IMPS/P2A/619612345602/XXXXXX4411SBIN",
                "imps", "", "619612345602", "INB IMPS/P2A/619612345602/XXXXXX4411SBIN",
            ),
            (
                "NEFT CR-ICIC0000999-KAVERI SOFTWARE-ROHAN-ICICN12604010987",
                "neft", "KAVERI SOFTWARE", "ICICN12604010987", "KAVERI SOFTWARE",
            ),
            (
                "NEFT CR-ICIC0000999-KAVERI SOFTWARE-N091260412345678",
                "neft", "KAVERI SOFTWARE", "N091260412345678", "KAVERI SOFTWARE",
            ),
            (
                "BY TRANSFER-NEFT*HDFC0000999*HDFCN52026070212345678*MALABAR SPICES LTD--",
                "neft", "MALABAR SPICES LTD", "HDFCN52026070212345678", "MALABAR SPICES LTD",
            ),
            (
                "NEFT-N091260412345678-KAVERI SOFTWARE-salary",
                "neft", "KAVERI SOFTWARE", "N091260412345678", "KAVERI SOFTWARE",
            ),
            (
                "RTGS CR-SBIN0009999-GOPAL ESTATES-SBINRC2026040112345678",
                "rtgs", "GOPAL ESTATES", "SBINRC2026040112345678", "GOPAL ESTATES",
            ),
            (
                "ACH D- SAHYADRI HOME FINANCE-SHF00412290",
                "nach", "SAHYADRI HOME FINANCE", "SHF00412290", "SAHYADRI HOME FINANCE",
            ),
            ("ACH C- INFRALINE LTD", "nach", "INFRALINE LTD", "", "INFRALINE LTD"),
            (
                "BULK POSTING-ACHCr INF0099812 INFRALINE DIVIDEND",
                "nach", "INFRALINE DIVIDEND", "INF0099812", "INFRALINE DIVIDEND",
            ),
            ("NACH/SAHYADRI MUTUAL FUND", "nach", "SAHYADRI MUTUAL FUND", "", "SAHYADRI MUTUAL FUND"),
            ("EMI 44120033 CHQ S44120033", "emi", "", "44120033", "EMI 44120033 CHQ S44120033"),
            ("ATW-512345XXXXXX0042-P3ENPU88-KOTHRUD", "atm", "", "", "ATM cash: KOTHRUD"),
            ("NWD-512345XXXXXX0042-MH001122-PUNE", "atm", "", "", "ATM cash: PUNE"),
            ("ATM WDL-ATM CASH 1842 MARINE DRIVE", "atm", "", "", "ATM cash: MARINE DRIVE"),
            ("POS 512345XXXXXX0042 MONSOON BOOKS POS DEBIT", "pos", "MONSOON BOOKS", "", "MONSOON BOOKS"),
            (
                "BY DEBIT CARD-OTHPG 618212345699 MONSOON BOOKS--",
                "pos", "MONSOON BOOKS", "618212345699", "MONSOON BOOKS",
            ),
            ("IGST DB @ 18.00%", "charge", "", "", "IGST DB @ 18.00%"),
            ("INTEREST PAID TILL 30-JUN-2026", "interest", "", "", "INTEREST PAID TILL 30-JUN-2026"),
            ("CREDIT INTEREST--", "interest", "", "", "CREDIT INTEREST"),
            ("CHQ PAID-INWARD TRAN-ADITI CLINIC", "cheque", "", "", "CHQ PAID-INWARD TRAN-ADITI CLINIC"),
            ("TO CLEARING-CHEQUE 004512", "cheque", "", "", "TO CLEARING-CHEQUE 004512"),
            ("CASH DEPOSIT BY SELF", "cash", "", "", "CASH DEPOSIT BY SELF"),
            ("TO TRANSFER-INB Locker rent--", "transfer", "", "", "INB Locker rent"),
            ("  MAB  CHARGES\tQ1 ", "other", "", "", "MAB CHARGES Q1"),
            ("UPI", "other", "", "", "UPI"),
            ("", "other", "", "", ""),
        ],
    )  # fmt: skip
    def test_reads_what_banks_write(self, narration, channel, payee, reference, description):
        read = narration_read(narration=narration)

        assert (read.channel, read.payee, read.reference, read.description) == (
            channel, payee, reference, description,
        )  # fmt: skip

    @pytest.mark.parametrize("start", ["", "ACH D- ", "TO TRANSFER-"])
    def test_cuts_what_is_too_long(self, start):
        read = narration_read(narration=start + "W" * 900)

        assert read.description == "W" * 200
        assert read.payee in {"", "W" * 200}

    def test_writes_each_letter_in_one_spelling(self):
        said = narration_read(narration="UPI/DR/123456789012/CAFE\u0301 सा\u095cी/SBIN/x/NA")

        assert (said.payee, said.description) == ("CAFÉ सा\u0921\u093cी",) * 2

    @given(narration=st.text(max_size=900))
    def test_never_raises_and_keeps_its_length(self, narration):
        read = narration_read(narration=narration)

        assert len(read.description) <= rules.DESCRIPTION_CHARACTERS_MAX

    @given(
        start=st.sampled_from(
            ["UPI-", "TO TRANSFER-UPI/DR/", "NEFT CR-HDFC0000999-", "ACH D- ", "ATW-", "POS "]
        ),
        rest=st.text(alphabet="A1-/@*X ", max_size=500),
    )
    def test_never_raises_on_what_begins_like_a_known_form(self, start, rest):
        read = narration_read(narration=start + rest)

        assert len(read.payee) <= rules.DESCRIPTION_CHARACTERS_MAX
        assert len(read.description) <= rules.DESCRIPTION_CHARACTERS_MAX
