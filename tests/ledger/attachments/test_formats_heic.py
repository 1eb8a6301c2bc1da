"""HEIC, whose words are overwritten where they stand."""

from __future__ import annotations

import struct
import time

import pytest

from ledger.attachments.formats import AttachmentDamaged, AttachmentTooManyPixels, heic, paper_read
from tests.ledger.attachments.pictures import CANARY, PHONE_HEIC, box

FTYP = box(b"ftyp", b"heic\0\0\0\0mif1heic")
WORDS = f"{CANARY} was here".encode()


def ispe(width, height):
    return box(b"ispe", bytes(4), struct.pack(">II", width, height))


def infe(item, name, version=2):
    return box(
        b"infe", bytes([version, 0, 0, 0]), item.to_bytes(4 if version == 3 else 2), bytes(2), name, b"\0"
    )


def iloc(extents, *, item=1, method=0, base=0):
    """Version 1, offsets and lengths of four bytes."""
    head = b"\x01\0\0\0" + b"\x44\x40" + struct.pack(">H", 1)
    entry = struct.pack(">HHHIH", item, method, 0, base, len(extents))
    return box(b"iloc", head, entry, *(struct.pack(">II", *extent) for extent in extents))


def made(
    *, sizes=((96, 64),), name=b"Exif", item_version=2, place=None, method=0, more=(), words=WORDS, top=()
):
    """A file with one item that is words, in `mdat` or (method 1) in `idat`."""

    def file(extents):
        meta = box(
            b"meta", bytes(4),
            box(b"iinf", bytes(4), struct.pack(">H", 1), infe(1, name, item_version)),
            box(b"iprp", box(b"ipco", *(ispe(*size) for size in sizes))),
            iloc(extents, method=method),
            box(b"idat", words if method == 1 else b"x"),
            *more,
        )  # fmt: skip
        return FTYP + meta + b"".join(top) + box(b"mdat", words)

    plain = file(place or [(0, len(words))])
    at = 0 if method == 1 else len(plain) - len(words)
    return plain if place else file([(at, len(words))])


class TestRead:
    def test_overwrites_the_words_of_a_phones_picture_and_moves_nothing(self):
        paper = paper_read(PHONE_HEIC)

        changed = [
            at for at, (one, other) in enumerate(zip(PHONE_HEIC, paper.data, strict=True)) if one != other
        ]
        assert CANARY.encode() in PHONE_HEIC
        assert CANARY.encode() not in paper.data
        assert (paper.content_type, paper.width, paper.height) == ("image/heic", 96, 64)
        assert changed
        assert PHONE_HEIC[: changed[0]].count(b"mdat") == 1  # the boxes before are as they were

    @pytest.mark.parametrize("name", [b"Exif", b"mime", b"uri "])
    @pytest.mark.parametrize("method", [0, 1])
    @pytest.mark.parametrize("words", [WORDS, WORDS * 9], ids=["short", "long"])
    def test_finds_words_of_every_kind_and_place(self, name, method, words):
        data = made(name=name, method=method, words=words)

        paper = paper_read(data)

        assert len(paper.data) == len(data)
        assert paper.data.count(CANARY.encode()) == (
            words.count(b"Kanari") if method == 1 else 0
        )  # mdat's own copy
        assert data.count(CANARY.encode()) > paper.data.count(CANARY.encode())

    def test_reads_items_with_long_ids(self):
        assert CANARY.encode() not in paper_read(made(item_version=3)).data

    def test_leaves_what_is_no_word(self):
        data = made(name=b"hvc1")

        assert paper_read(data).data == data

    @pytest.mark.parametrize("name", [b"uuid", b"udta", b"moov", b"mpvd", b"xml "])
    def test_empties_boxes_that_no_still_picture_needs(self, name):
        extra = box(name, WORDS)

        for data in (
            made(name=b"hvc1", more=[extra], words=b"x"),
            made(name=b"hvc1", top=[extra], words=b"x"),
        ):
            paper = paper_read(data)
            assert (len(paper.data), CANARY.encode() in paper.data) == (len(data), False)
            assert box(b"free", bytes(len(WORDS))) in paper.data

    def test_takes_the_largest_picture_for_the_size(self):
        paper = paper_read(made(sizes=[(512, 512), (4032, 3024), (320, 240)]))

        assert (paper.width, paper.height) == (4032, 3024)

    def test_counts_the_pixels_of_the_largest(self):
        with pytest.raises(AttachmentTooManyPixels):
            paper_read(made(sizes=[(96, 64), (100_000, 100_000)]))

    @pytest.mark.parametrize(
        "options",
        [{"sizes": []}, {"sizes": [(0, 64)]}, {"method": 2}, {"place": [(0, 0)]}, {"place": [(1, 2**32 - 1)]},
         {"place": [(0, 1)] * 65}],
        ids=["no size", "no pixels", "in another item", "to the end", "beyond the end", "in pieces"],
    )  # fmt: skip
    def test_refuses_what_does_not_hold_together(self, options):
        with pytest.raises(AttachmentDamaged):
            paper_read(made(**options))

    @pytest.mark.parametrize(
        "data",
        [FTYP, FTYP + box(b"meta", bytes(4)), FTYP + box(b"meta"), FTYP + b"\0\0\0\x04meta",
         FTYP + b"\0\0\0\x01meta" + bytes(8)],
    )  # fmt: skip
    def test_refuses_a_file_without_its_boxes(self, data):
        with pytest.raises(AttachmentDamaged):
            paper_read(data)

    def test_gives_up_on_a_file_of_countless_parts(self):
        started = time.perf_counter()

        with pytest.raises(AttachmentDamaged):
            paper_read(FTYP + box(b"free") * 1_000_000)

        assert time.perf_counter() - started < 2


class TestIsOne:
    def test_tells_by_any_of_the_brands(self):
        assert heic.is_one(box(b"ftyp", b"mif1\0\0\0\0mif1heic"))
        assert not heic.is_one(box(b"ftyp", b"mif1\0\0\0\0mif1avif") + b"heic")
