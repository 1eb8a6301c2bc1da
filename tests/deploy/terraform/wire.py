"""As much of protocol buffers' wire format as Terraform's plugin protocol needs: numbers, and what has a length."""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _LENGTH = 0, 2
Value = int | bool | str | bytes


def message(*fields: tuple[int, Value | None]) -> bytes:
    """A message of numbered fields; None, and what is the type's own default, is left out."""
    return b"".join(_field(number, value) for number, value in fields if value)


def _field(number: int, value: Value) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(int(value))
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _LENGTH) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def fields(data: bytes) -> dict[int, bytes]:
    """What has a length in a message, by number; of a repeated field the last."""
    return {number: value for number, value in _fields(data) if isinstance(value, bytes)}


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        value, at = _number(data, at)
        if tag & 7 == _LENGTH:
            yield tag >> 3, data[at : at + value]
            at += value
        else:
            yield tag >> 3, value


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
