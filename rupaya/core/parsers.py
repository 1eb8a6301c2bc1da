"""Reading JSON strictly: numbers stay exact, and what two readers could read differently is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any, Final, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from rest_framework.parsers import BaseParser, MultiPartParser

from rupaya.core.errors import Invalid

BODY_BYTES_MAX: Final = 1024 * 1024
DEPTH_MAX: Final = 20


class BodyUnreadable(Invalid):
    """Raised when a body is not the JSON object that was expected."""

    code = "body_unreadable"
    title = "The body is not valid JSON"


class BodyTooLarge(Invalid):
    """Raised when a body is larger than any honest request."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413


def body_of(request: HttpRequest) -> bytes:
    """The body as it came; a parser reads it again from memory. Raises BodyTooLarge."""
    try:
        return bytes(request.body)
    except RequestDataTooBig as error:
        raise BodyTooLarge from error


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 with numbers as Decimal; duplicate keys, NUL, NaN and deep nesting are refused."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """Will read the body; raises BodyUnreadable or BodyTooLarge."""
        raw = stream.read(BODY_BYTES_MAX + 1)
        if len(raw) > BODY_BYTES_MAX:
            raise BodyTooLarge(f"The body is larger than {BODY_BYTES_MAX // 1024} KiB.")
        return json_read(raw)


class UploadParser(MultiPartParser):
    """multipart/form-data with a file. What is far too large is refused by its announced length, and not read."""

    def __init__(self, *, file_bytes_max: int) -> None:
        """file_bytes_max: what the address takes, for the sentence; whoever reads the file counts."""
        self.file_bytes_max = file_bytes_max

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Will read fields and files; raises BodyTooLarge, or BodyUnreadable for a name that stands there twice."""
        upload_check((parser_context or {})["request"].META, file_bytes_max=self.file_bytes_max)
        form = super().parse(stream, media_type, parser_context)
        given = Counter(
            name for part in (form.data, form.files) for name, values in part.lists() for _ in values
        )
        for name, times in given.items():
            if times > 1:  # of two, one would be dropped
                raise BodyUnreadable(f"The body names {name[:60]!r} twice.")
        return form


def upload_check(meta: Mapping[str, Any], *, file_bytes_max: int) -> None:
    """Will raise BodyTooLarge for an upload whose announced length no handler takes: its file goes by unread."""
    announced = meta.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        raise file_too_large(file_bytes_max)


def file_too_large(file_bytes_max: int) -> BodyTooLarge:
    """The refusal of a file that has more bytes than its address takes."""
    return BodyTooLarge(f"A file may have up to {file_bytes_max // 1024 // 1024} MB here; this one has more.")


def json_read(raw: bytes) -> Any:
    """Will read bytes as JSON; raises BodyUnreadable with the place of the fault."""
    try:
        text = raw.decode()
        _check_depth(text)
        value = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique
        )
    except UnicodeDecodeError as error:
        raise BodyUnreadable("The body is not UTF-8 text.") from error
    except json.JSONDecodeError as error:
        raise BodyUnreadable(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, InvalidOperation) as error:  # thousands of digits, or an exponent beyond all reason
        raise BodyUnreadable("The body has a number that is too long.") from error
    if "\\u" in text:  # raw, neither is JSON: a NUL is a control character, and half a character is not UTF-8
        _check_text(value)
    return value


def _check_depth(text: str) -> None:
    """Brackets inside strings count too: a false alarm needs twenty of them, a miss is impossible."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth = max(depth - 1, 0)
    if deepest > DEPTH_MAX:
        raise BodyUnreadable(f"The body is nested deeper than {DEPTH_MAX} levels.")


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise BodyUnreadable("The body holds a NUL character, which no text may have.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BodyUnreadable("The body holds half a character (a lone surrogate).")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BodyUnreadable(f"The body names {key[:60]!r} twice.")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise BodyUnreadable(f"{name} is not a JSON number.")
