"""Ids: UUIDs of version 7 (RFC 9562), whose order is the order of their making."""

from __future__ import annotations

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """Will make a new id: 48 bits of milliseconds since 1970, then 74 random bits.

    Neighbours in time are neighbours in an index, which is what keeps inserts cheap.
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80
    value |= 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random & 0x3FFFFFFFFFFFFFFF
    return uuid.UUID(int=value)
