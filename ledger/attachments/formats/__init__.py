"""A file's type by its content, its size in pixels, and the file without what it should not tell.

Nothing is decoded: each format is walked along its own parts. So there is no decoder to attack and no bomb that
could unfold, and what is rewritten keeps its pixels bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.attachments.formats import heic, jpeg, pdf, png, webp
from ledger.attachments.formats.parts import Damaged, Paper
from ledger.attachments.rules import PIXELS_MAX
from rupaya.core.errors import Rejected


class AttachmentTypeUnknown(Rejected):
    """Raised when a file is none of the types that are taken."""

    code = "attachment_type_unknown"
    title = "Files of this type are not taken"


class AttachmentDamaged(Rejected):
    """Raised when a file begins as a type that is taken, and is not whole."""

    code = "attachment_damaged"
    title = "The file is damaged"


class AttachmentTooManyPixels(Rejected):
    """Raised when a picture is larger than any receipt."""

    code = "attachment_too_many_pixels"
    title = "The picture is too large"


# (what a file of the type looks like at its beginning, its name for people, who reads it)
_READERS: Final[tuple[tuple[Callable[[bytes], bool], str, Callable[[bytes], Paper]], ...]] = (
    (jpeg.is_one, "JPEG", jpeg.read),
    (png.is_one, "PNG", png.read),
    (webp.is_one, "WebP", webp.read),
    (heic.is_one, "HEIC", heic.read),
    (pdf.is_one, "PDF", pdf.read),
)
_NAMES: Final = [name for _, name, _ in _READERS]
_TAKEN: Final = f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}"


def paper_read(data: bytes) -> Paper:
    """Will tell what the bytes are; pictures come back without place, camera, comments and whatever follows their end.

    Raises AttachmentTypeUnknown, AttachmentDamaged or AttachmentTooManyPixels.
    """
    found = next((reader for reader in _READERS if reader[0](data)), None)
    if found is None:
        raise AttachmentTypeUnknown(f"This is not a file that is taken; send {_TAKEN}.")
    _, name, read = found
    try:
        paper = read(data)
    except Damaged as error:
        raise AttachmentDamaged(
            f"This {name} file is damaged or was cut off; choose it again, or take a new picture."
        ) from error
    if (paper.width or 0) * (paper.height or 0) > PIXELS_MAX:
        raise AttachmentTooManyPixels(
            f"The picture has {paper.width} × {paper.height} pixels; "
            f"at most {PIXELS_MAX // 1_000_000} million are taken."
        )
    return paper
