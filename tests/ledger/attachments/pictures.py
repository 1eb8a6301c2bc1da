"""Papers as phones make them. `CANARY` stands wherever a file can tell what it should not."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from PIL import Image, PngImagePlugin

CANARY = "Kanari"  # in phone.heic too
PHONE_HEIC = (Path(__file__).parent / "fixtures/phone.heic").read_bytes()  # 96 × 64, by libheif
PDF = b"%PDF-1.7\n1 0 obj\n<< /Producer (a shop) >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
SIZE = (96, 64)


def picture(size=SIZE, mode="RGB"):
    return Image.linear_gradient("L").resize(size).convert(mode)


def exif(orientation=1):
    """Camera, instant and place, and which way up."""
    noted = Image.Exif()
    noted[0x010F] = f"{CANARY}Phone"
    noted[0x0112] = orientation
    place = noted.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (12.0, 58.0, 30.0), f"{CANARY}:11:20"
    return noted


def jpeg(*, size=SIZE, orientation=1, **options):
    out = io.BytesIO()
    picture(size).save(
        out,
        "JPEG",
        exif=exif(orientation),
        comment=CANARY,
        xmp=CANARY.encode(),
        icc_profile=b"colours",
        **options,
    )
    return out.getvalue()


def png(*, size=SIZE, orientation=1, mode="RGB"):
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", CANARY)
    words.add_itxt("XML:com.adobe.xmp", CANARY)
    out = io.BytesIO()
    picture(size, mode).save(out, "PNG", pnginfo=words, exif=exif(orientation), dpi=(300, 300))
    return out.getvalue()


def webp(*, size=SIZE, orientation=1, mode="RGB", **options):
    out = io.BytesIO()
    picture(size, mode).save(out, "WEBP", exif=exif(orientation), xmp=CANARY.encode(), **options)
    return out.getvalue()


def webp_bare(**options):
    """Without the header that announces metadata."""
    out = io.BytesIO()
    picture().save(out, "WEBP", **options)
    return out.getvalue()


def opened(data):
    """The picture as another reader sees it, decoded whole."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def box(name, *parts):
    """One box of a HEIC."""
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + name + content
