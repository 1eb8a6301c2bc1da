"""The rows below a heading as one statement: turned oldest first, proven by the running balance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from ledger.statements.parsers.heading import Heading, Preamble
from ledger.statements.parsers.rows import note_is, row_read
from ledger.statements.parsers.text import StatementUnreadable, filename_quote
from ledger.statements.rules import (
    FIX_DOWNLOAD_AGAIN,
    CellError,
    Line,
    LineError,
    Statement,
    amount_parse,
    chain_check,
)

ROWS_MAX: Final = 20_000
ERRORS_MAX: Final = 100
MOVED_MINOR_MAX: Final = 10**15 - 1  # paise in and out together

_FIX_SHORTER: Final = "Download a shorter period from the bank and upload the parts."


@dataclass(slots=True)
class _Rows:
    """Rows in the file's order; None stands where a row could not be read, for the chain breaks there."""

    lines: list[Line | None] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)


def table_read(*, lines: Sequence[str], heading: Heading, filename: str) -> Statement:
    """Will read the rows below the heading and return the statement, oldest row first.

    All that is wrong is collected in `errors`: at most 100 entries, of which the last one then says how
    many more there are. Raises StatementUnreadable when there is no row at all or more than 20,000,
    or when the rows together move more than fifteen digits of paise.
    """
    preamble = heading.layout.preamble(lines[: heading.index])
    rows = _rows_read(lines, heading, filename)
    if not rows.lines:
        why = f"{filename_quote(filename=filename)} has a heading but no transactions."
        fix = "Download the statement again for a period that has transactions."
        raise StatementUnreadable(why=why, fix=fix)
    runs = _runs_oldest_first(rows.lines)
    ordered = tuple(line for run in runs for line in run)
    if sum(abs(line.amount_minor) for line in ordered) > MOVED_MINOR_MAX:
        why = f"{filename_quote(filename=filename)} moves more money than RUPAYA can count in one go."
        raise StatementUnreadable(why=why, fix=_FIX_SHORTER)
    errors = rows.errors
    for run in runs:
        errors.extend(chain_check(lines=run, opening_minor=_before(run[0])))
    if rows.lines[0] is not None and rows.lines[-1] is not None:  # else the oldest row may be one not read
        errors.extend(_opening_check(preamble, ordered[0]))
    return Statement(
        layout=heading.layout.name,
        bank=heading.layout.bank,
        currency="INR",
        number_last4=preamble.number_last4,
        opening_minor=_before(ordered[0]) if ordered else 0,
        closing_minor=ordered[-1].balance_minor if ordered else 0,
        lines=ordered,
        errors=_errors_limited(errors),
    )


def _before(line: Line) -> int:
    return line.balance_minor - line.amount_minor


def _rows_read(lines: Sequence[str], heading: Heading, filename: str) -> _Rows:
    rows = _Rows()
    start = heading.index + 1
    for line_no, line in enumerate(lines[start:], start=start + 1):
        if note_is(line=line, heading=heading):
            continue
        if len(rows.lines) == ROWS_MAX:
            why = f"{filename_quote(filename=filename)} has more than {ROWS_MAX} rows."
            raise StatementUnreadable(why=why, fix=_FIX_SHORTER)
        row = row_read(line=line, line_no=line_no, heading=heading)
        if isinstance(row, Line):
            rows.lines.append(row)
        else:
            rows.lines.append(None)
            rows.errors.extend(row)
    return rows


def _runs_oldest_first(lines: Sequence[Line | None]) -> list[list[Line]]:
    """Unbroken runs of readable rows, oldest first: the running balance says which way the file goes.

    Where it fits neither way better, the dates decide; where they do not either, the file's order stays.
    """
    runs: list[list[Line]] = [[]]
    for line in lines:
        if line is None:
            runs.append([])
        else:
            runs[-1].append(line)
    runs = [run for run in runs if run]
    pairs = [pair for run in runs for pair in pairwise(run)]
    down = sum(_before(later) != earlier.balance_minor for earlier, later in pairs)
    up = sum(_before(earlier) != later.balance_minor for earlier, later in pairs)
    is_newest_first = up < down or (up == down and bool(runs) and runs[0][0].date > runs[-1][-1].date)
    return [run[::-1] for run in reversed(runs)] if is_newest_first else runs


def _opening_check(preamble: Preamble, first: Line) -> list[LineError]:
    """The opening balance above the table, where it is of a day no later than the first row."""
    if preamble.opening_on is None or preamble.opening_on > first.date:
        return []
    try:
        opening_minor = amount_parse(text=preamble.opening)
    except CellError as error:
        return [LineError(preamble.opening_line_no, "opening", error.why, error.fix)]
    return list(chain_check(lines=[first], opening_minor=opening_minor))


def _errors_limited(errors: list[LineError]) -> tuple[LineError, ...]:
    found = sorted(errors, key=lambda error: error.line_no)
    if len(found) <= ERRORS_MAX:
        return tuple(found)
    more = found[ERRORS_MAX - 1 :]
    why = f"There are {len(more)} more problems from this line on."
    return (*found[: ERRORS_MAX - 1], LineError(more[0].line_no, "file", why, FIX_DOWNLOAD_AGAIN))
