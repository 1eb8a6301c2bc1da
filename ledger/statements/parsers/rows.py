"""One line below the heading: is it a row, which cells does it have, and what do they say."""

import csv
from collections.abc import Mapping
from datetime import date
from typing import Final

from ledger.statements.parsers.heading import COLUMNS_MAX, LINE_CHARACTERS_MAX, Heading, heading_match
from ledger.statements.rules import (
    FIX_DOWNLOAD_AGAIN,
    NARRATION_CHARACTERS_MAX,
    CellError,
    Line,
    LineError,
    amount_parse,
    date_parse,
    text_fold,
)

REFERENCE_CHARACTERS_MAX: Final = 60  # the longest that the statement line keeps


def note_is(*, line: str, heading: Heading) -> bool:
    """Will say whether a line is no row: blank, a known footer, the heading again, or text without a second cell."""
    if len(line) > LINE_CHARACTERS_MAX:
        return False
    filled = [cell.strip() for cell in line.split(heading.layout.separator) if cell.strip()]
    if not filled or filled[0].lower().startswith(heading.layout.notes):
        return True
    if heading_match(line=line, index=heading.index, layout=heading.layout) is not None:
        return True
    # A sentence at the foot is no row; a line that begins with a digit may be what is left of one.
    return len(filled) == 1 and not filled[0][0].isdigit()


def cells_split(*, line: str, heading: Heading) -> list[str]:
    """Will return the row's cells, as many as the heading has where that is certain.

    A bank that separates by commas does not quote a narration that contains some. Its other columns contain
    none, so what is too much belongs to the narration, provided that the value date then stands in its place.
    """
    separator = heading.layout.separator
    if '"' in line:
        # A spreadsheet that saved the file put quotes; a lone quotation mark in a narration is none.
        try:
            quoted = next(csv.reader([line], delimiter=separator, strict=True))
        except csv.Error:
            quoted = []
        if len(quoted) == heading.width:
            return quoted
    cells = line.split(separator)
    while len(cells) > heading.width and not cells[-1].strip():
        cells.pop()
    extra = len(cells) - heading.width
    if not heading.layout.is_narration_unquoted or extra <= 0 or len(cells) > COLUMNS_MAX:
        return cells
    place = heading.places["narration"]
    merged = [*cells[:place], separator.join(cells[place : place + extra + 1]), *cells[place + extra + 1 :]]
    return merged if merged[heading.places["value_date"]].strip() else cells


def row_read(*, line: str, line_no: int, heading: Heading) -> Line | list[LineError]:
    """Will read one row, or return all that is wrong with it."""
    if len(line) > LINE_CHARACTERS_MAX:
        why = f"The line is longer than {LINE_CHARACTERS_MAX} characters."
        return [LineError(line_no, "row", why, FIX_DOWNLOAD_AGAIN)]
    cells = cells_split(line=line, heading=heading)
    if len(cells) != heading.width:
        why = f"The row has {len(cells)} columns where the heading has {heading.width}."
        return [LineError(line_no, "row", why, FIX_DOWNLOAD_AGAIN)]
    texts = {column: cells[place].strip() for column, place in heading.places.items()}
    return _Row(texts=texts, line_no=line_no).read()


class _Row:
    """The cells of one row by column, and what was found wrong in them so far."""

    def __init__(self, *, texts: Mapping[str, str], line_no: int) -> None:
        self.texts = texts
        self.line_no = line_no
        self.errors: list[LineError] = []

    def read(self) -> Line | list[LineError]:
        """Will read every cell, so that one look shows all errors."""
        on = self._date("date", is_optional=False)
        value_on = self._date("value_date", is_optional=True)
        amount_minor = self._amount_signed()
        balance_minor = self._amount("balance")
        if not self.texts["balance"]:
            self._refuse("balance", "The balance is missing.")
        reference = self._reference()
        if self.errors or on is None or amount_minor is None or balance_minor is None:
            return self.errors
        return Line(
            line_no=self.line_no,
            date=on,
            value_date=value_on,
            narration=text_fold(text=self.texts["narration"], characters_max=NARRATION_CHARACTERS_MAX),
            reference=reference,
            amount_minor=amount_minor,
            balance_minor=balance_minor,
        )

    def _refuse(self, column: str, why: str, fix: str = FIX_DOWNLOAD_AGAIN) -> None:
        self.errors.append(LineError(line_no=self.line_no, field=column, why=why, fix=fix))

    def _date(self, column: str, *, is_optional: bool) -> date | None:
        if is_optional and not self.texts[column]:
            return None
        try:
            return date_parse(text=self.texts[column])
        except CellError as error:
            self._refuse(column, error.why, error.fix)
            return None

    def _amount(self, column: str) -> int | None:
        try:
            return amount_parse(text=self.texts[column])
        except CellError as error:
            self._refuse(column, error.why, error.fix)
            return None

    def _amount_signed(self) -> int | None:
        """Credit minus debit: a negative debit is money that came back, and the other way round."""
        debit, credit = self._amount("debit"), self._amount("credit")
        if debit is None or credit is None:
            return None
        if debit and credit:
            self._refuse("debit", "The row has an amount both as a debit and as a credit.")
        if not debit and not credit:
            self._refuse("debit", "The row has an amount neither as a debit nor as a credit.")
        return credit - debit

    def _reference(self) -> str:
        reference = text_fold(text=self.texts["reference"], characters_max=REFERENCE_CHARACTERS_MAX + 1)
        if len(reference) > REFERENCE_CHARACTERS_MAX:
            self._refuse("reference", f"The reference is longer than {REFERENCE_CHARACTERS_MAX} characters.")
        return reference if reference.strip("0-") else ""
