"""WebP: chunks in a RIFF file. Source: RFC 9649; RFC 6386 section 9.1 for the size in a VP8 frame."""

from __future__ import annotations

import struct
from typing import Final

from ledger.attachments.formats.exif import UPRIGHT, orientation_of, tiff_of
from ledger.attachments.formats.parts import Counter, Damaged, Paper, cut, sized

_KEPT: Final = frozenset([b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"])
_PICTURES: Final = frozenset([b"VP8 ", b"VP8L", b"ANMF"])
_HAS_XMP: Final = 0x04
_HAS_EXIF: Final = 0x08
_EXIF_START: Final = b"Exif\0\0"  # which some writers put before the TIFF header


def is_one(data: bytes) -> bool:
    """Whether this begins as a WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read(data: bytes) -> Paper:
    """Will walk the chunks to the end that the file names and leave out what follows; raises Damaged."""
    chunks: list[tuple[bytes, bytes]] = []
    orientation, at, counter = UPRIGHT, 12, Counter()
    end = 8 + _number(data, 4, 4)
    while at + 8 <= end:
        counter.step()
        name, length = cut(data, at, 4), _number(data, at + 4, 4)
        body = cut(data, at + 8, length)
        at += 8 + length + length % 2
        if name == b"EXIF":
            orientation = orientation_of(body.removeprefix(_EXIF_START))
        if name in _KEPT:
            chunks.append((name, body))
    if not any(name in _PICTURES for name, _ in chunks):
        raise Damaged("no picture")
    first, header = chunks[0]
    width, height = _size(first, header)
    if first == b"VP8X":
        flags = header[0] & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if orientation != UPRIGHT else 0)
        chunks[0] = (first, bytes([flags]) + header[1:])
        if orientation != UPRIGHT:
            chunks.append((b"EXIF", tiff_of(orientation)))
    body = b"WEBP" + b"".join(_chunk(name, part) for name, part in chunks)
    return Paper("image/webp", b"RIFF" + struct.pack("<I", len(body)) + body, width, height)


def _size(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8X":
        return sized(_number(body, 4, 3) + 1, _number(body, 7, 3) + 1)
    if name == b"VP8L" and body[:1] == b"\x2f":
        bits = _number(body, 1, 4)
        return sized((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return sized(_number(body, 6, 2) & 0x3FFF, _number(body, 8, 2) & 0x3FFF)
    raise Damaged("no header")


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(cut(data, at, size), "little")


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
