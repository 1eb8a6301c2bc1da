"""JPEG: a row of segments. Source: ITU-T T.81 annex B; JFIF 1.02; Exif 3.0 section 4.7; ICC.1 annex B.4."""

from __future__ import annotations

import re
import struct
from typing import Final

from ledger.attachments.formats.exif import UPRIGHT, orientation_of, tiff_of
from ledger.attachments.formats.parts import Counter, Damaged, Paper, cut, number, sized

_START: Final = b"\xff\xd8"
_END: Final = 0xD9
_SCAN: Final = 0xDA
_COMMENT: Final = 0xFE
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APPLICATION: Final = range(0xE0, 0xF0)
_EXIF: Final = b"Exif\0\0"
# Of what applications add, only this says how the pixels look: size of a pixel, colours, how they were transformed.
_KEPT: Final = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
_CODE: Final = re.compile(rb"[^\xff]", re.DOTALL)  # which marker it is, after any filling
# The end of a scan's data: a marker that is no restart, no stuffed byte and no filling.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def is_one(data: bytes) -> bool:
    """Whether this begins as a JPEG."""
    return data.startswith(_START + b"\xff")


def read(data: bytes) -> Paper:
    """Will walk the segments to the end marker and leave out what follows it; raises Damaged."""
    kept: list[bytes] = []
    size: tuple[int, int] | None = None
    has_scan, orientation, at, counter = False, UPRIGHT, 2, Counter()
    while True:
        counter.step()
        marker, at = _marker(data, at)
        if marker == _END:
            break
        length = number(data, at, 2)
        body = cut(data, at + 2, length - 2)
        at += length
        if marker == 0xE1 and body.startswith(_EXIF):
            orientation = orientation_of(body[len(_EXIF) :])
        if marker in _FRAMES:
            size = sized(number(body, 3, 2), number(body, 1, 2))
        if not _is_kept(marker, body):
            continue
        kept.append(_segment(marker, body))
        if marker == _SCAN:
            has_scan, start = True, at
            at = _scan_end(data, at)
            kept.append(data[start:at])
    if size is None or not has_scan:
        raise Damaged("no picture")
    if orientation != UPRIGHT:  # after the JFIF segment, which must be the first
        place = 1 if kept[0].startswith(b"\xff\xe0") else 0
        kept.insert(place, _segment(0xE1, _EXIF + tiff_of(orientation)))
    return Paper("image/jpeg", b"".join([_START, *kept, b"\xff\xd9"]), *size)


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at `at`, past any filling, and where what it begins goes on."""
    found = _CODE.search(data, at)
    if found is None or found.start() == at:
        raise Damaged("no marker")
    return found[0][0], found.end()


def _is_kept(marker: int, body: bytes) -> bool:
    if marker in _APPLICATION:
        return any(marker == kind and body.startswith(name) for kind, name in _KEPT)
    return marker != _COMMENT


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _scan_end(data: bytes, at: int) -> int:
    found = _MARKER.search(data, at)
    if found is None:
        raise Damaged("cut off")
    return found.start()
