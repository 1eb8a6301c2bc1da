"""PDF: kept as it came. A bill may be signed, and a signature covers every byte.

Source: ISO 32000-2, 7.5.2 and 7.5.5.
"""

from __future__ import annotations

import re
from typing import Final

from ledger.attachments.formats.parts import Damaged, Paper

_START: Final = re.compile(rb"%PDF-[12]\.\d")
_END: Final = b"%%EOF"
_TAIL: Final = 2048  # bytes at the end in which the mark must stand; some writers fill up after it


def is_one(data: bytes) -> bool:
    """Whether this begins as a PDF: with the first byte, so that nothing else can be in front of it."""
    return _START.match(data) is not None


def read(data: bytes) -> Paper:
    """Will see that the end is there; raises Damaged."""
    if data.rfind(_END, max(0, len(data) - _TAIL)) < 0:
        raise Damaged("cut off")
    return Paper("application/pdf", data)
