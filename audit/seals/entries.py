"""An entry's canonical form, version 1: what is hashed, and what is encrypted before it is.

    leaf    = SHA-256(0x00 || public || SHA-256(changes) || SHA-256(origin))
    public  = JSON of PUBLIC and `version`, keys sorted, no spaces, UTF-8; what is absent is null
    changes = AES-SIV(the subject's key, {entry's id, "changes"}, the jsonb's text as PostgreSQL writes it)
    origin  = AES-SIV(the actor's key, {entry's id, "origin"}, JSON of ip_address and user_agent)

AES-SIV (RFC 5297) is deterministic: who holds the key makes the same bytes again from the row and compares; who holds
none checks the hashes of the bytes. Without the key they are noise, so its destruction erases the person, and no hash
changes. Needs `cryptography`, and no Django.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

FORMAT: Final = 1
KEY_BYTES: Final = 64
NOBODY: Final = "00000000-0000-0000-0000-000000000000"  # whose key serves where nobody acts, or is concerned
PUBLIC: Final = (
    "id", "action", "resource_type", "resource_id", "book_id", "about_id", "user_id", "actor_kind", "request_id",
    "created_at", "written_in",
)  # fmt: skip
# Made once: `json.dumps` makes one for every entry.
_canonical: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
BLANK: Final = ("{}", None, "")  # changes, ip_address, user_agent of an entry that was erased


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log, every value as the text that is hashed; `changes` is None where it is not known."""

    public: Mapping[str, str | None]
    changes: str = "{}"
    ip_address: str | None = None
    user_agent: str = ""

    @property
    def subject(self) -> str:
        """Whose key encrypts the changes."""
        public = self.public
        return public["book_id"] or public["about_id"] or public["user_id"] or NOBODY

    @property
    def actor(self) -> str:
        """Whose key encrypts where it came from."""
        return self.public["user_id"] or NOBODY


@dataclass(frozen=True, slots=True)
class Payload:
    """What is encrypted of an entry."""

    changes: bytes
    origin: bytes


def public_bytes(public: Mapping[str, str | None]) -> bytes:
    """The canonical bytes of what everybody may know of an entry."""
    fields = {name: public[name] for name in PUBLIC}
    return _canonical({**fields, "version": FORMAT}).encode()


def changes_encrypt(entry: Entry, *, key: bytes) -> bytes:
    """What is kept of the changes where others may read it."""
    return _cipher(key).encrypt(entry.changes.encode(), _bound(entry, b"changes"))


def origin_encrypt(entry: Entry, *, key: bytes) -> bytes:
    """What is kept of where it came from where others may read it."""
    return _cipher(key).encrypt(_origin(entry), _bound(entry, b"origin"))


def payload_decrypt(entry: Entry, data: bytes, *, key: bytes, what: str) -> str:
    """The text of `changes` or `origin`; raises cryptography.exceptions.InvalidTag where key or entry is another."""
    return _cipher(key).decrypt(data, _bound(entry, what.encode())).decode()


def entry_hash(public: Mapping[str, str | None], *, changes_hash: bytes, origin_hash: bytes) -> bytes:
    """The leaf's hash, from what everybody may know and the hashes of what is encrypted."""
    return sha256(b"\x00" + public_bytes(public) + changes_hash + origin_hash).digest()


def _origin(entry: Entry) -> bytes:
    fields = {"ip_address": entry.ip_address, "user_agent": entry.user_agent}
    return _canonical(fields).encode()


def _bound(entry: Entry, what: bytes) -> list[bytes]:
    """What ties the bytes to this entry and this field: elsewhere they can't be read."""
    return [str(entry.public["id"]).encode(), what]


@lru_cache(maxsize=4096)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
