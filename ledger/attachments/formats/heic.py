"""HEIC, as iPhones and many other phones write it: boxes in boxes.

Its parts point at each other by their place in the file, so nothing is taken out: what tells of place, time and
camera is overwritten where it stands. Which way up a picture is stands elsewhere (`irot`) and stays.
Source: ISO/IEC 14496-12 (boxes, `meta`, `iinf`, `iloc`) and 23008-12 (`ispe`, the brands, Exif and XMP items).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.attachments.formats.exif import EMPTY
from ledger.attachments.formats.parts import Counter, Damaged, Paper, cut, number, sized

_BRANDS: Final = frozenset([b"heic", b"heix", b"heim", b"heis"])
_TOP_KEPT: Final = frozenset([b"ftyp", b"meta", b"mdat", b"free", b"skip"])
_META_KEPT: Final = frozenset(
    [b"hdlr", b"pitm", b"iinf", b"iref", b"iprp", b"iloc", b"idat", b"dinf", b"grpl", b"free"]
)
# Items that are words about the picture, and what is written over them: as little as their readers understand.
_WORDS: Final = {
    b"Exif": b"\0\0\0\0" + EMPTY,
    b"mime": b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
    b"uri ": b"",
}
_EXTENTS_MAX: Final = (
    64  # pieces that such items lie in; else a small file could have megabytes overwritten for ever
)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box's content begins and ends, and where the box itself does."""

    name: bytes
    at: int
    start: int
    end: int


def is_one(data: bytes) -> bool:
    """Whether this begins as a HEIC: its file type names a brand of HEVC still pictures."""
    if data[4:8] != b"ftyp":
        return False
    size = int.from_bytes(data[:4])
    brands = data[8 : min(size, 512)]
    return any(brands[at : at + 4] in _BRANDS for at in (0, *range(8, len(brands), 4)))


def read(data: bytes) -> Paper:
    """Will find the picture's size and overwrite the words about it; raises Damaged."""
    counter = Counter()
    top = list(_boxes(data, 0, len(data), counter))
    meta = next((box for box in top if box.name == b"meta"), None)
    if meta is None:
        raise Damaged("no picture")
    inner = list(_boxes(data, meta.start + 4, meta.end, counter))
    width, height = _size(data, inner, counter)
    clean = bytearray(data)
    for box in [
        *(box for box in top if box.name not in _TOP_KEPT),
        *(box for box in inner if box.name not in _META_KEPT),
    ]:
        _free(clean, box)
    for name, start, end in _words(data, inner, counter):
        _overwrite(clean, _WORDS[name], start, end)
    return Paper("image/heic", bytes(clean), width, height)


def _boxes(data: bytes, at: int, end: int, counter: Counter) -> Iterator[Box]:
    while at < end:
        counter.step()
        size, name, start = number(data, at, 4), cut(data, at + 4, 4), at + 8
        if size == 1:
            size, start = number(data, at + 8, 8), at + 16
        elif size == 0:
            size = end - at
        if size < start - at or at + size > end:
            raise Damaged("cut off")
        yield Box(name, at, start, at + size)
        at += size


def _child(boxes: list[Box], name: bytes) -> Box:
    found = next((box for box in boxes if box.name == name), None)
    if found is None:
        raise Damaged(f"no {name!r}")
    return found


def _size(data: bytes, meta: list[Box], counter: Counter) -> tuple[int, int]:
    """The largest picture in the file: tiles and thumbnails are smaller than what they belong to."""
    properties = _child(meta, b"iprp")
    container = _child(list(_boxes(data, properties.start, properties.end, counter)), b"ipco")
    sizes = [
        sized(number(data, box.start + 4, 4), number(data, box.start + 8, 4))
        for box in _boxes(data, container.start, container.end, counter)
        if box.name == b"ispe"
    ]
    if not sizes:
        raise Damaged("no size")
    return max(sizes, key=lambda size: size[0] * size[1])


def _words(data: bytes, meta: list[Box], counter: Counter) -> list[tuple[bytes, int, int]]:
    """(type, start, end) of each piece of the items that are words."""
    names = _item_types(data, _child(meta, b"iinf"), counter)
    ids = {item: name for item, name in names.items() if name in _WORDS}
    places = _Locations(data, _child(meta, b"iloc"), counter)
    inside = next((box.start for box in meta if box.name == b"idat"), None)
    found = []
    for item, method, extents in places.items():
        if item not in ids:
            continue
        origin = {0: 0, 1: inside}.get(method)
        if origin is None:
            raise Damaged("words in an unknown place")
        for offset, length in extents:
            start, end = origin + offset, origin + offset + length
            if length == 0 or end > len(data):
                raise Damaged("words out of place")
            found.append((ids[item], start, end))
    if len(found) > _EXTENTS_MAX:
        raise Damaged("words in too many pieces")
    return found


def _item_types(data: bytes, box: Box, counter: Counter) -> dict[int, bytes]:
    """The type of each item by its id. Version 2 of an entry has an id of two bytes, version 3 of four."""
    at = box.start + (6 if number(data, box.start, 1) == 0 else 8)
    found = {}
    for entry in _boxes(data, at, box.end, counter):
        width = {2: 2, 3: 4}.get(number(data, entry.start, 1))
        if entry.name == b"infe" and width:
            found[number(data, entry.start + 4, width)] = cut(data, entry.start + 4 + width + 2, 4)
    return found


class _Locations:
    """Reads `iloc`: where each item lies."""

    def __init__(self, data: bytes, box: Box, counter: Counter) -> None:
        self.data, self.at, self.counter = data, box.start, counter
        self.version = self._next(1)
        self._next(3)
        sizes = self._next(2)
        self.offset_size, self.length_size, self.base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
        self.index_size = sizes & 15 if self.version in {1, 2} else 0
        self.id_size = 4 if self.version == 2 else 2
        self.count = self._next(self.id_size)

    def items(self) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
        """(item id, construction method, [(offset, length)]) of each item."""
        for _ in range(self.count):
            self.counter.step()
            item = self._next(self.id_size)
            method = self._next(2) & 15 if self.version in {1, 2} else 0
            self._next(2)
            base = self._next(self.base_size)
            yield item, method, [self._extent(base) for _ in range(self._next(2))]

    def _extent(self, base: int) -> tuple[int, int]:
        self.counter.step()
        self._next(self.index_size)
        offset = self._next(self.offset_size)
        return base + offset, self._next(self.length_size)

    def _next(self, size: int) -> int:
        self.at += size
        return number(self.data, self.at - size, size)


def _free(clean: bytearray, box: Box) -> None:
    clean[box.at + 4 : box.at + 8] = b"free"
    clean[box.start : box.end] = bytes(box.end - box.start)


def _overwrite(clean: bytearray, words: bytes, start: int, end: int) -> None:
    size = end - start
    clean[start:end] = (
        words.ljust(size, b" " if words.startswith(b"<") else b"\0") if size >= len(words) else bytes(size)
    )
