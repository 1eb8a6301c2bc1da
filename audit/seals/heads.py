"""A tree's head: what a seal says and signs.

The form is a checkpoint of C2SP's tlog-checkpoint, signed as a signed note with Ed25519, so that other people's tools
read it too. After the origin, the size and the root stand lines of our own: which seal it is, the hash of the head
before it, when and by which cluster it was made, and which transactions it saw. Needs `cryptography`, and no Django.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = b"\x01"
HEAD_CHARS_MAX: Final = 20_000  # a snapshot of a thousand transactions in flight, and more
_NAME: Final = re.compile(r"[^\s+]{1,200}")
_NOTE: Final = re.compile(r"(?P<text>(?:[^\n]+\n)+)\n— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)\n")
_KEY: Final = re.compile(r"(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_TEXT: Final = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>\d{1,18})\n(?P<root>[A-Za-z0-9+/=]{44})\n"
    r"seal (?P<number>\d{1,18})\nprevious (?P<previous>none|[0-9a-f]{64})\nsealed (?P<sealed_at>[^\n]+)\n"
    r"cluster (?P<cluster>[^\n]+)\n(?P<extent>saw|among) (?P<snapshot>\d+:\d+:[\d,]*)\n"
)


class HeadWrong(ValueError):
    """Raised where a head, a key or a signature is not what it must be; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions could be seen, as PostgreSQL's pg_snapshot says it."""

    text: str
    xmin: int
    xmax: int
    in_progress: frozenset[int]

    @classmethod
    def read(cls, text: str) -> Snapshot:
        """`xmin:xmax:in,progress`. Raises ValueError."""
        xmin, xmax, running = text.split(":")
        return cls(text, int(xmin), int(xmax), frozenset(map(int, filter(None, running.split(",")))))

    def sees(self, transaction: int) -> bool:
        """Whether the transaction was over."""
        return transaction < self.xmin or (transaction < self.xmax and transaction not in self.in_progress)


@dataclass(frozen=True, slots=True)
class Head:
    """What a seal says. `is_complete`: the tree holds everything that the snapshot saw."""

    origin: str
    size: int
    root: bytes
    number: int
    previous: bytes | None
    sealed_at: str
    cluster: str
    is_complete: bool
    snapshot: Snapshot

    def text(self) -> str:
        """The lines that are signed."""
        return (
            f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
            f"seal {self.number}\nprevious {self.previous.hex() if self.previous else 'none'}\n"
            f"sealed {self.sealed_at}\ncluster {self.cluster}\n"
            f"{'saw' if self.is_complete else 'among'} {self.snapshot.text}\n"
        )


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that heads are checked with, as C2SP's signed note writes it: name+id+key."""

    name: str
    raw: bytes

    @classmethod
    def read(cls, text: str) -> PublicKey:
        """Raises HeadWrong where the text is no such key, or its id is not its own."""
        match = _KEY.fullmatch(text.strip())
        data = _decoded(match["key"]) if match else b""
        if not match or len(data) != 33 or data[:1] != ED25519:
            raise HeadWrong("A public key is written name+id+key: an Ed25519 key of a signed note.")
        key = cls(match["name"], data[1:])
        if key.id != match["id"]:
            raise HeadWrong(
                f"The public key {match['name']}+{match['id']} has another id than its bytes give."
            )
        return key

    @property
    def id(self) -> str:
        """Eight hexadecimal digits over name and key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.raw).hexdigest()[:8]

    def __str__(self) -> str:
        """As `read` takes it."""
        return f"{self.name}+{self.id}+{base64.b64encode(ED25519 + self.raw).decode()}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the name it signs under."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        """Raises HeadWrong for a name or seed that can't be."""
        if not _NAME.fullmatch(self.name) or len(self.seed) != 32:
            raise HeadWrong("A signing key is 32 bytes, and its name has no spaces and no plus.")

    @property
    def public(self) -> PublicKey:
        """What its heads are checked with."""
        return PublicKey(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, head: Head) -> str:
        """The signed note."""
        text = head.text()
        signature = bytes.fromhex(self.public.id) + self._private().sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def head_read(note: str, *, keys: Mapping[str, PublicKey]) -> Head:
    """Will check a signed note and read its head. `keys` by id. Raises HeadWrong."""
    match = _NOTE.fullmatch(note) if len(note) <= HEAD_CHARS_MAX else None
    parts = _TEXT.fullmatch(match["text"]) if match else None
    if not match or not parts:
        raise HeadWrong("It is no signed head.")
    signature = _decoded(match["signature"])
    key = keys.get(signature[:4].hex())
    if key is None or key.name != match["name"]:
        raise HeadWrong(
            f"It is signed with the key {signature[:4].hex()}, which is none of the public keys given."
        )
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature[4:], match["text"].encode())
    except InvalidSignature as error:
        raise HeadWrong("Its signature is wrong.") from error
    return Head(
        origin=parts["origin"],
        size=int(parts["size"]),
        root=_decoded(parts["root"]),
        number=int(parts["number"]),
        previous=None if parts["previous"] == "none" else bytes.fromhex(parts["previous"]),
        sealed_at=parts["sealed_at"],
        cluster=parts["cluster"],
        is_complete=parts["extent"] == "saw",
        snapshot=Snapshot.read(parts["snapshot"]),
    )


def head_hash(note: str) -> bytes:
    """By which the next head names this one: over all of it, signature too."""
    return sha256(note.encode()).digest()


def keys_by_id(texts: list[str]) -> dict[str, PublicKey]:
    """Public keys by their ids; raises HeadWrong."""
    return {key.id: key for key in map(PublicKey.read, texts)}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
