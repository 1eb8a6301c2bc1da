"""Exif, of which one thing is kept: which way up a picture is.

Phones store a picture as the sensor lies and note the turn; without the note a receipt would lie on its side. Place,
time, camera and everything else goes.
Source: Exif 3.0 (CIPA DC-008), TIFF 6.0 sections 2 and 8.
"""

from __future__ import annotations

import struct
from typing import Final, Literal

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
_ENTRIES_MAX: Final = 1000
UPRIGHT: Final = 1
# A TIFF header with a directory of no entries.
EMPTY: Final = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"


def orientation_of(tiff: bytes) -> int:
    """1 to 8; 1, upright, wherever that can't be read."""
    order: Literal["<", ">"] = "<" if tiff[:2] == b"II" else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for index in range(min(count, _ENTRIES_MAX)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * index)
            if tag == _ORIENTATION and kind == _SHORT:
                return int(value) if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT


def tiff_of(orientation: int) -> bytes:
    """A TIFF block that says which way up, and nothing else."""
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
