"""HDFC Bank, savings account, NetBanking's "Delimited" download (.txt or .csv).

The first line is blank and every cell padded with spaces; the heading literally says `Value Dat`. Dates
are dd/mm/yy, the side without money is 0.00, a negative debit is a credit, references are padded with
zeros, and narrations may contain commas without being quoted.
"""

from typing import Final

from ledger.statements.parsers.heading import Layout

DELIMITED: Final = Layout(
    name="hdfc_delimited",
    bank="HDFC Bank",
    separator=",",
    is_narration_unquoted=True,
    columns={
        "date": frozenset({"date"}),
        "narration": frozenset({"narration"}),
        "value_date": frozenset({"valuedat", "valuedate", "valuedt"}),
        "debit": frozenset({"debitamount"}),
        "credit": frozenset({"creditamount"}),
        "reference": frozenset({"chqrefnumber"}),
        "balance": frozenset({"closingbalance"}),
    },
)
