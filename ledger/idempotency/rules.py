"""What a key may be, and what makes two requests the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rupaya.core.errors import Invalid

KEY_MAX: Final = 255  # characters
BODY_BYTES_MAX: Final = 1024 * 1024  # of an answer that is kept
HEADERS_KEPT: Final = ("Location", "ETag")  # beside Content-Type
BOOK: Final = "Book"  # kept beside the headers and never sent: the id of the book that the answer is about
KEY_PATTERN: Final = rf"^[!-~]{{1,{KEY_MAX}}}$"
_KEY: Final = re.compile(KEY_PATTERN)


class KeyInvalid(Invalid):
    """Raised for a key that is empty, too long, or not visible ASCII."""

    code = "idempotency_key_invalid"
    title = "The Idempotency-Key must be 1 to 255 visible ASCII characters, without spaces"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told: the status, the headers that are kept, and the very bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def key_check(text: str) -> str:
    """The key as it came; raises KeyInvalid."""
    if not _KEY.fullmatch(text):
        raise KeyInvalid
    return text


def fingerprint_of(*, method: str, path: str, body: bytes) -> bytes:
    """32 bytes (SHA-256) that two requests share only where method, path with query, and body are the same.

    A method holds no space and an encoded path no line feed, so no two requests read alike.
    """
    return hashlib.sha256(f"{method} {path}\n".encode() + body).digest()
