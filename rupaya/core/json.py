"""Writing JSON: UTF-8, RFC 3339 instants in UTC, exact numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import orjson
from django.utils.functional import Promise

_OPTIONS: Final = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json_bytes(value: Any) -> bytes:
    """Will write a value as JSON. Decimal becomes a number of all its digits, but for zeros behind the point."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        digits = format(value, "f") if value else "0"  # without the sign that a zero may have
        return orjson.Fragment(digits.rstrip("0").rstrip(".") if "." in digits else digits)
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
