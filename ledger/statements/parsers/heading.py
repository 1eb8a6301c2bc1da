"""What a layout is, and where in a file its table begins."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.statements.parsers.text import FIX_AS_GIVEN, StatementUnreadable, filename_quote

HEADING_LINES_MAX: Final = 40
LINE_CHARACTERS_MAX: Final = 2_000
COLUMNS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Preamble:
    """What stands above the heading, where the layout has it.

    `opening` is the balance cell as written, `opening_on` the day it holds for.
    """

    number_last4: str | None = None
    opening: str = ""
    opening_on: date | None = None
    opening_line_no: int = 0


def preamble_none(_above: Sequence[str], /) -> Preamble:
    """Will return an empty preamble, for layouts that have none."""
    return Preamble()


@dataclass(frozen=True, slots=True)
class Layout:
    """How one bank writes one kind of file.

    `columns` maps date, value_date, narration, reference, debit, credit and balance to the headings met
    for it, in the form `heading_normalise` gives them. `notes` are the beginnings of lines that are no
    rows. `is_narration_unquoted` says that a narration may hold the separator without quotes, and that a value
    date stands right of it in every row. `preamble` reads the lines above the heading.
    """

    name: str
    bank: str
    separator: str
    columns: Mapping[str, frozenset[str]]
    notes: tuple[str, ...] = ()
    is_narration_unquoted: bool = False
    preamble: Callable[[Sequence[str]], Preamble] = preamble_none


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the table begins: the line's index from 0, its width, and each field's column."""

    layout: Layout
    index: int
    width: int
    places: Mapping[str, int]


def heading_normalise(*, text: str) -> str:
    """Will return a heading's letters and digits in lower case, without a trailing `(INR )`."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(\s*inr\s*\)", "", text.lower()))


def heading_find(*, lines: Sequence[str], layouts: Sequence[Layout], filename: str) -> Heading:
    """Will return the first heading row of a known layout in the first 40 lines.

    Raises StatementUnreadable when there is none.
    """
    for index, line in enumerate(lines[:HEADING_LINES_MAX]):
        if len(line) > LINE_CHARACTERS_MAX:
            continue
        for layout in layouts:
            heading = heading_match(line=line, index=index, layout=layout)
            if heading is not None:
                return heading
    why = f"{filename_quote(filename=filename)} is not a statement that RUPAYA knows: it has no known heading row."
    raise StatementUnreadable(why=why, fix=FIX_AS_GIVEN)


def heading_match(*, line: str, index: int, layout: Layout) -> Heading | None:
    """Will return the heading when this line names each column of the layout exactly once, else None."""
    if line.count(layout.separator) >= COLUMNS_MAX:
        return None
    names = [heading_normalise(text=cell) for cell in line.split(layout.separator)]
    while names and not names[-1]:
        names.pop()
    places = {}
    for column, known in layout.columns.items():
        found = [place for place, name in enumerate(names) if name in known]
        if len(found) != 1:
            return None
        places[column] = found[0]
    return Heading(layout=layout, index=index, width=len(names), places=places)
