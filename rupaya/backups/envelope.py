"""A backup's bytes: one file, encrypted with age (https://age-encryption.org/v1) for those who may read it.

Whoever makes backups only has the public keys, and can't read a single one. Inside: a line that says what this is, one
line of JSON (the manifest), the dump of pg_dump in its custom format, and its length and SHA-256. age finds every byte
that was changed, moved or cut off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pyrage

from rupaya.backups.errors import USAGE, BackupError

MAGIC: Final = b"RUPAYA backup 1\n"
SUFFIX: Final = ".dump.age"
CHUNK_BYTES: Final = 1 << 16
_MANIFEST_BYTES_MAX: Final = 1 << 20
_SEAL_BYTES: Final = 8 + 32


class Reader(Protocol):
    """Anything that bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Some of them; b"" at the end."""


class Writer(Protocol):
    """Anything that bytes are written to."""

    def write(self, data: bytes, /) -> Any:
        """Will take them all."""


def recipients_read(texts: Iterable[str]) -> list[pyrage.x25519.Recipient]:
    """Public keys. Raises BackupError without any: a backup that anybody can read is none."""
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise BackupError(
                f"BACKUP_RECIPIENTS has {text[:20]!r}…, which is no public key of age (age1…).", code=USAGE
            ) from error
    if not found:
        raise BackupError(
            "BACKUP_RECIPIENTS names no public key of age; `backup key` makes a pair.", code=USAGE
        )
    return found


def identity_read(text: str) -> pyrage.x25519.Identity:
    """The private key. Raises BackupError."""
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise BackupError(
            "BACKUP_IDENTITY is no private key of age; it must be the one (AGE-SECRET-KEY-1…) that reads the backup.",
            code=USAGE,
        ) from error


def key_make() -> tuple[str, str]:
    """A new pair: the public key and the private one."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


@dataclass(frozen=True, slots=True)
class Written:
    """What was put into an envelope: the dump's bytes and their SHA-256 in hex."""

    bytes: int
    sha256: str


def envelope_write(
    out: Writer, *, manifest: Mapping[str, Any], dump: Iterator[bytes], recipients: list[pyrage.x25519.Recipient],
    progress: Callable[[int], None] = lambda _: None,
) -> Written:  # fmt: skip
    """Will write the dump as it comes, in constant memory. What `dump` raises ends it, and what was written is torn.

    progress: is told the dump's bytes so far. Raises BackupError where `out` can't be written.
    """
    source = _Source(manifest=manifest, dump=dump, progress=progress)
    try:
        pyrage.encrypt_io(source, out, recipients)
    except (pyrage.EncryptError, OSError) as error:
        raise source.failure or BackupError(f"The backup could not be written: {error}.") from error
    if source.failure:
        raise source.failure
    return Written(source.count, source.digest.hexdigest())


def envelope_read(
    source: Reader, *, out: Writer, identity: pyrage.x25519.Identity
) -> tuple[dict[str, Any], Written]:
    """Will write the dump to `out` as it is decrypted, and give the manifest and what it was.

    Raises BackupError where one byte is not what was written, at the end at the latest: before that nothing that came
    out may be relied on.
    """
    sink = _Sink(out=out)
    try:
        pyrage.decrypt_io(source, sink, [identity])
    except (pyrage.DecryptError, OSError) as error:
        if sink.failure:
            raise sink.failure from error
        raise BackupError(
            f"The backup can't be read: it is damaged or cut off, or for another key ({error})."
        ) from error
    return sink.end()


def manifest_read(source: Reader, *, identity: pyrage.x25519.Identity) -> dict[str, Any]:
    """The manifest alone, from a backup's first bytes. Raises BackupError."""
    sink = _Sink(out=_Nowhere())
    with suppress(pyrage.DecryptError, OSError):
        pyrage.decrypt_io(_First(source), sink, [identity])
    if sink.failure:
        raise sink.failure
    if sink.manifest is None:
        raise BackupError("The backup can't be read: it is damaged or cut off, or for another key.")
    return sink.manifest


class _Nowhere:
    """Takes everything and keeps nothing."""

    def write(self, data: bytes) -> int:
        return len(data)


@dataclass(slots=True)
class _First:
    """The first bytes of a backup: enough for any manifest."""

    source: Reader
    left: int = _MANIFEST_BYTES_MAX + 2 * CHUNK_BYTES

    def read(self, size: int = -1) -> bytes:
        part = self.source.read(min(size, self.left) if size >= 0 else self.left)
        self.left -= len(part)
        return part


@dataclass(slots=True)
class _Source:
    """What pyrage reads: head, dump, seal. What the dump raises is kept: pyrage would only cite it."""

    manifest: Mapping[str, Any]
    dump: Iterator[bytes]
    progress: Callable[[int], None]
    count: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    failure: BackupError | None = None
    _left: bytes = b""
    _parts: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._parts = self._make()

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = next(self._parts)
        except StopIteration:
            return b""
        except BackupError as error:
            self.failure = error
            raise
        count = len(self._left) if size < 0 else size
        given, self._left = self._left[:count], self._left[count:]
        return given

    def _make(self) -> Iterator[bytes]:
        yield MAGIC + json.dumps(self.manifest, separators=(",", ":")).encode() + b"\n"
        for part in self.dump:
            self.count += len(part)
            self.digest.update(part)
            self.progress(self.count)
            yield part
        yield self.count.to_bytes(8, "big") + self.digest.digest()


@dataclass(slots=True)
class _Sink:
    """What pyrage writes to. The last bytes are held back: they are the seal."""

    out: Writer
    manifest: dict[str, Any] | None = None
    count: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    failure: BackupError | None = None
    _held: bytes = b""

    def write(self, data: bytes) -> int:
        try:
            self._held += data
            if self.manifest is None:
                self._head_take()
            if self.manifest is not None and len(self._held) > _SEAL_BYTES:
                part, self._held = self._held[:-_SEAL_BYTES], self._held[-_SEAL_BYTES:]
                self.count += len(part)
                self.digest.update(part)
                self.out.write(part)
        except BackupError as error:
            self.failure = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back that could be given already."""

    def end(self) -> tuple[dict[str, Any], Written]:
        if self.manifest is None:
            raise BackupError("The file is encrypted for us and no backup.")
        if self._held != self.count.to_bytes(8, "big") + self.digest.digest():
            raise BackupError(
                "The backup does not have the length and the SHA-256 that were written with it."
            )
        return self.manifest, Written(self.count, self.digest.hexdigest())

    def _head_take(self) -> None:
        if not self._held.startswith(MAGIC[: len(self._held)]):
            raise BackupError("The file is encrypted for us and no backup.")
        line, newline, rest = self._held[len(MAGIC) :].partition(b"\n")
        if not newline:
            if len(self._held) > _MANIFEST_BYTES_MAX:
                raise BackupError("The backup's manifest is larger than any that was ever written.")
            return
        try:
            self.manifest = json.loads(line)
        except ValueError as error:
            raise BackupError("The backup's manifest can't be read.") from error
        self._held = rest
