"""What a file of transactions is asked for by, and what it may be refused for."""

from __future__ import annotations

from typing import Final

from ledger.exports.rules import CONTENT_TYPES, FORMATS, FormatUnknown
from ledger.exports.selectors import ExportsRunning
from ledger.exports.services import FeatureUnavailable
from ledger.journal.schemas import FILTER_ASKS, LISTS
from rupaya.core.operations import Ask, Bytes, Refusals

ASKS: Final = (
    Ask(
        "format",
        "For a spreadsheet, or for a program: a transaction a line, and a last line that says that it is.",
        {"type": "string", "enum": list(FORMATS), "default": FORMATS[0]},
    ),
    *FILTER_ASKS,
)
EXPORTS: Final[Refusals] = (*LISTS, FeatureUnavailable, FormatUnknown, ExportsRunning)


class TransactionsFile(Bytes):
    """A file of transactions, in one of the formats."""

    media_types = tuple(CONTENT_TYPES.values())
