"""Entity tags and what a request asks of them (RFC 9110, 8.8.3 and 13.1)."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest
from django.utils.http import parse_etags

from rupaya.core.errors import PreconditionFailed


def etag_of(body: bytes) -> str:
    """The strong tag of a representation, quotes included: two bodies share it only byte for byte."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def etags_match(header: str, etag: str, *, weak: bool) -> bool:
    """Whether a header's value, `*` or a list of tags, names the tag of what is there now.

    weak: whether `W/` counts for nothing (If-None-Match), or a weak tag matches none (If-Match). What is no
    tag names nothing: then a read gives everything and a write is refused, the safe side for both.
    """
    named = parse_etags(header)
    if named == ["*"]:
        return True
    if weak:
        return etag.removeprefix("W/") in [one.removeprefix("W/") for one in named]
    return not etag.startswith("W/") and etag in named


def if_match_check(request: HttpRequest, etag: str) -> None:
    """Will let a change pass whose If-Match names the present tag, or which has none.

    The tag must be of what is locked: call it after the lock. Raises PreconditionFailed.
    """
    header = request.headers.get("If-Match")
    if header is not None and not etags_match(header, etag, weak=False):
        raise PreconditionFailed
