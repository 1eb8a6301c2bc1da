"""What may be attached, and under which name. Without a database; a new place is drawn at random."""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from typing import Final

from rupaya.core.text import has_hidden

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
PIXELS_MAX: Final = 50_000_000
LIVE_MAX: Final = 10  # attachments of a transaction that are not removed
NAME_MAX: Final = 120  # characters
LINK_S: Final = 300  # seconds that an address for downloading is good for
NAMELESS: Final = "attachment"

# What is taken, with the endings that a name of that type may have; the first is given where it has none.
ENDINGS: Final = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "application/pdf": (".pdf",),
}
_FOLDER: Final = "attachments"


def name_clean(*, text: str, content_type: str) -> str:
    """A name that is safe to show and to save: one line, no folders, at most 120 characters.

    It ends as its type does, whatever the sender called it: nobody's browser is handed a picture named `.html`.
    """
    last = text.replace("\\", "/").rpartition("/")[2]
    shown = "".join(
        letter if not has_hidden(letter) else " " for letter in unicodedata.normalize("NFC", last)
    )
    name = " ".join(shown.split()).rstrip(". ")
    endings = ENDINGS[content_type]
    stem, dot, ending = name.rpartition(".")
    if not (dot and f".{ending.lower()}" in endings):
        stem, ending = name, endings[0][1:]
    return f"{stem[: NAME_MAX - len(ending) - 1].strip('. ') or NAMELESS}.{ending}"


def storage_folder(*, day: dt.date) -> str:
    """Where the files of a day lie, so that whoever looks for forgotten ones need not list all."""
    return f"{_FOLDER}/{day.isoformat()}"


def storage_key_new(*, day: dt.date) -> str:
    """A new place for a file: 128 random bits, and nothing that a person wrote."""
    return f"{storage_folder(day=day)}/{secrets.token_hex(16)}"
