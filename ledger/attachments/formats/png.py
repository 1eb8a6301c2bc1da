"""PNG: a row of chunks. Source: PNG specification, third edition (W3C), sections 5 and 11."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from ledger.attachments.formats.exif import UPRIGHT, orientation_of, tiff_of
from ledger.attachments.formats.parts import Counter, Damaged, Paper, cut, number, sized

_START: Final = b"\x89PNG\r\n\x1a\n"
# What says how the pixels look. Text, time, Exif and chunks of unknown meaning go.
_KEPT: Final = frozenset(
    [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
     b"pHYs"]
)  # fmt: skip


def is_one(data: bytes) -> bool:
    """Whether this begins as a PNG."""
    return data.startswith(_START)


def read(data: bytes) -> Paper:
    """Will walk the chunks, each with its checksum, to the end chunk and leave out what follows; raises Damaged."""
    kept: list[bytes] = [_START]
    at, orientation, names, counter = len(_START), UPRIGHT, set[bytes](), Counter()
    size = (0, 0)
    while b"IEND" not in names:
        counter.step()
        length = number(data, at, 4)
        name, body = cut(data, at + 4, 4), cut(data, at + 8, length)
        if number(data, at + 8 + length, 4) != zlib.crc32(name + body):
            raise Damaged("wrong checksum")
        at += length + 12
        if not names:
            if name != b"IHDR" or length != 13:
                raise Damaged("no header")
            size = sized(number(body, 0, 4), number(body, 4, 4))
        names.add(name)
        if name == b"eXIf":
            orientation = orientation_of(body)
        if name in _KEPT:
            kept.append(_chunk(name, body))
    if b"IDAT" not in names:
        raise Damaged("no picture")
    if orientation != UPRIGHT:
        kept.insert(2, _chunk(b"eXIf", tiff_of(orientation)))
    return Paper("image/png", b"".join(kept), *size)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
