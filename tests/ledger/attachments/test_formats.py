"""Papers are told by their content, and pictures keep their pixels and nothing else."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.attachments.formats import (
    AttachmentDamaged,
    AttachmentTooManyPixels,
    AttachmentTypeUnknown,
    paper_read,
)
from ledger.attachments.formats.parts import PARTS_MAX
from tests.ledger.attachments.pictures import (
    CANARY,
    PDF,
    PHONE_HEIC,
    SIZE,
    box,
    jpeg,
    opened,
    png,
    webp,
    webp_bare,
)

PICTURES = {
    "jpeg": ("image/jpeg", jpeg()),
    "progressive jpeg": ("image/jpeg", jpeg(progressive=True)),
    "jpeg with restarts": ("image/jpeg", jpeg(restart_marker_blocks=1)),
    "png": ("image/png", png()),
    "png with palette": ("image/png", png(mode="P")),
    "png with alpha": ("image/png", png(mode="LA")),
    "webp": ("image/webp", webp()),
    "lossless webp": ("image/webp", webp(lossless=True)),
    "webp with alpha": ("image/webp", webp(mode="RGBA")),
    "bare webp": ("image/webp", webp_bare()),
    "bare lossless webp": ("image/webp", webp_bare(lossless=True)),
}
TURNED = {"jpeg": jpeg, "png": png, "webp": webp}
OTHERS = {
    "nothing": b"",
    "text": b"500 rupees",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "gif": b"GIF89a" + bytes(40),
    "zip": b"PK\x03\x04" + bytes(40),
    "avif": box(b"ftyp", b"avif\0\0\0\0mif1miaf"),
    "video": box(b"ftyp", b"isom\0\0\0\0isomiso2mp41"),
    "html before a pdf": b"<script>alert(1)</script>" + PDF,
    "pdf of another world": b"%PDF-x.y\n%%EOF",
}


class TestPaperRead:
    @pytest.mark.parametrize(("content_type", "data"), PICTURES.values(), ids=PICTURES)
    def test_keeps_the_pixels_and_nothing_that_tells_of_place_or_camera(self, content_type, data):
        paper = paper_read(data)

        before, after = opened(data), opened(paper.data)
        assert (paper.content_type, paper.width, paper.height) == (content_type, *SIZE)
        assert (after.format, after.size, after.mode) == (before.format, before.size, before.mode)
        assert after.tobytes() == before.tobytes()
        assert CANARY.encode() not in paper.data
        assert not dict(after.getexif())
        for key in ("icc_profile", "jfif_density", "transparency", "gamma"):
            assert after.info.get(key) == before.info.get(key)

    @pytest.mark.parametrize("make", TURNED.values(), ids=TURNED)
    @pytest.mark.parametrize("orientation", [2, 6, 8])
    def test_keeps_which_way_up_a_picture_is(self, make, orientation):
        noted = opened(paper_read(make(orientation=orientation)).data).getexif()

        assert dict(noted) == {0x0112: orientation}

    @pytest.mark.parametrize("data", [data for _, data in PICTURES.values()] + [PHONE_HEIC, PDF])
    def test_gives_the_same_again_for_what_it_gave(self, data):
        once = paper_read(data)

        assert paper_read(once.data) == once

    @pytest.mark.parametrize(("content_type", "data"), PICTURES.values(), ids=PICTURES)
    def test_leaves_out_what_follows_the_end(self, content_type, data):
        assert paper_read(data + b"<script>" + CANARY.encode()) == paper_read(data)

    def test_keeps_a_pdf_as_it_came(self):
        paper = paper_read(PDF)

        assert (paper.content_type, paper.data, paper.width, paper.height) == (
            "application/pdf",
            PDF,
            None,
            None,
        )

    @pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
    def test_refuses_every_other_type_and_says_what_is_taken(self, data):
        with pytest.raises(AttachmentTypeUnknown, match="JPEG, PNG, WebP, HEIC or PDF"):
            paper_read(data)

    @pytest.mark.parametrize("data", [*(data for _, data in PICTURES.values()), PHONE_HEIC, PDF])
    @pytest.mark.parametrize("part", [2, 3, 20])
    def test_refuses_a_file_that_was_cut_off(self, data, part):
        # A PDF is seen only by its end, and a bare start of few bytes is no type at all.
        with pytest.raises((AttachmentDamaged, AttachmentTypeUnknown)):
            paper_read(data[: len(data) - len(data) // part])

    @pytest.mark.parametrize("make", [jpeg, png])
    def test_refuses_more_pixels_than_a_receipt_has(self, make):
        data = bytearray(make())
        at = data.index(b"IHDR") + 4 if make is png else data.index(b"\xff\xc0") + 5
        width = 4 if make is png else 2
        data[at : at + 2 * width] = (60_000).to_bytes(width) * 2
        if make is png:
            data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)

        with pytest.raises(AttachmentTooManyPixels, match="60000 × 60000"):
            paper_read(bytes(data))

    def test_refuses_a_picture_of_no_pixels(self):
        data = jpeg()
        at = data.index(b"\xff\xc0") + 5

        with pytest.raises(AttachmentDamaged):
            paper_read(data[:at] + bytes(4) + data[at + 4 :])

    @pytest.mark.parametrize(
        "data",
        [b"\xff\xd8" + b"\xff\xe1\x00\x02" * (PARTS_MAX + 1),
         b"\xff\xd8\xff\xe1\x00\x01",
         b"\xff\xd8\xff\xd9",
         b"\xff\xd8" + b"\xff" * 100_000,
         png()[:33] + (bytes(4) + b"tEXt" + bytes.fromhex("3ca87b7b")) * 3,
         png().replace(b"IDAT", b"iDAT"),
         b"RIFF\x04\x00\x00\x00WEBP",
         b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff",
         b"RIFF\x10\x00\x00\x00WEBPVP8 \x02\x00\x00\x00ab"],
    )  # fmt: skip
    def test_refuses_what_only_begins_well(self, data):
        with pytest.raises(AttachmentDamaged):
            paper_read(data)

    @given(
        data=st.sampled_from([PHONE_HEIC, jpeg(size=(8, 8)), png(size=(8, 8)), webp(size=(8, 8)), PDF]),
        edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    )
    def test_takes_or_refuses_whatever_comes(self, data, edits):
        broken = bytearray(data)
        for at, value in edits:
            broken[at % len(broken)] = value

        try:
            paper = paper_read(bytes(broken))
        except (AttachmentDamaged, AttachmentTypeUnknown, AttachmentTooManyPixels):
            return

        assert len(paper.data) <= len(broken) + 64
