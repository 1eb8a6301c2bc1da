"""State Bank of India, the account statement's "Excel" download: an `.xls` that is tab-separated text.

About 19 lines of `name : value` stand above the heading, among them the account number and `Balance on`
the first day. Blank cells are one space, amounts have lakh commas, dates are like `1 Jul 2022`, and the
last line says that the statement was made by a computer.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from ledger.statements.parsers.heading import LINE_CHARACTERS_MAX, Layout, Preamble
from ledger.statements.rules import CellError, date_parse

_LABEL: Final = re.compile(r"(?P<name>[^:\t]*)[:\t](?P<value>.*)", re.DOTALL)
_ACCOUNT_NUMBER: Final = "account number"
_BALANCE_ON: Final = re.compile(r"balance (?:as )?on (?P<day>.*)")
_LAST4: Final = re.compile(r"\d{4}(?=[^\dA-Z*]*\Z)", re.ASCII | re.IGNORECASE)


def preamble_read(above: Sequence[str], /) -> Preamble:
    """Will return the account's last four digits and the opening balance, each where it is there."""
    number_last4: str | None = None
    opening, opening_on, opening_line_no = "", None, 0
    for line_no, line in enumerate(above, start=1):
        match = _LABEL.match(line) if len(line) <= LINE_CHARACTERS_MAX else None
        if match is None:
            continue
        name = " ".join(match["name"].lower().split())
        value = match["value"].strip(" \t:")
        balance_on = _BALANCE_ON.fullmatch(name)
        if name == _ACCOUNT_NUMBER:
            last4 = _LAST4.search(value)
            number_last4 = last4[0] if last4 else None
        elif balance_on and value:
            opening, opening_on, opening_line_no = value, _day(balance_on["day"]), line_no
    return Preamble(number_last4, opening, opening_on, opening_line_no)


def _day(text: str) -> date | None:
    try:
        return date_parse(text=text)
    except CellError:
        return None  # the balance of an unknown day proves nothing, and the rows prove themselves


TSV: Final = Layout(
    name="sbi_tsv",
    bank="State Bank of India",
    separator="\t",
    columns={
        "date": frozenset({"txndate"}),
        "value_date": frozenset({"valuedate"}),
        "narration": frozenset({"description"}),
        "reference": frozenset({"refnochequeno"}),
        "debit": frozenset({"debit"}),
        "credit": frozenset({"credit"}),
        "balance": frozenset({"balance"}),
    },
    notes=("**",),
    preamble=preamble_read,
)
