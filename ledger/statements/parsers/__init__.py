"""Reading banks' statements: bytes in, a `Statement` out. The next bank is one module and one entry here."""

from typing import Final

from ledger.statements.parsers import hdfc, sbi
from ledger.statements.parsers.heading import Layout, heading_find
from ledger.statements.parsers.table import table_read
from ledger.statements.parsers.text import StatementUnreadable, lines_read
from ledger.statements.rules import Statement

__all__ = ["LAYOUTS", "StatementUnreadable", "statement_parse"]

LAYOUTS: Final[tuple[Layout, ...]] = (hdfc.DELIMITED, sbi.TSV)


def statement_parse(*, data: bytes, filename: str) -> Statement:
    """Will read a bank's file of at most 5 MiB and 20,000 rows.

    The layout is recognised by the content; `filename` only appears in sentences. What is wrong in single
    rows is collected in the statement's `errors`, and its lines are only to be trusted when there are none.
    Raises StatementUnreadable when the file as a whole is no statement of a known layout.
    """
    lines = lines_read(data=data, filename=filename)
    heading = heading_find(lines=lines, layouts=LAYOUTS, filename=filename)
    return table_read(lines=lines, heading=heading, filename=filename)
