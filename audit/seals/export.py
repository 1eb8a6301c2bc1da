"""The log as a file that anybody can check who has the public key: one JSON object a line.

    {"format": "rupaya-audit", "version": 1, "origin": …, "keys": [public keys], "seals": n, "size": leaves}
    {"seal": 1, "head": signed note}            then the leaves that this seal adds:
    {"position": 0, "public": {…}, "changes": base64, "origin": base64}
    …
    {"end": true, "leaves": n}

`changes` and `origin` are ciphertexts: without the keys, which are not in the file, nobody learns what they say. What
was erased stands as `changes_hash` and `origin_hash` (hexadecimal). A leaf whose entry is gone has `hash` alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from audit.seals.entries import changes_encrypt, origin_encrypt
from audit.seals.heads import PublicKey
from audit.seals.rows import CHUNK_ROWS, LeafRow, leaves, seal_last, seals

FORMAT: Final = "rupaya-audit"
VERSION: Final = 1


def log_export(
    *, origin: str, keys: Iterable[PublicKey], using: str, progress: Callable[[int, int], None] | None = None
) -> Iterator[str]:
    """The lines of the file, each with its end of line. What is not sealed yet is not in it.

    Memory stays, however long the log is; two short queries for 2,000 leaves.
    """
    last = seal_last(using=using)
    many, size = (last.number, last.size) if last else (0, 0)
    yield _line(
        {
            "format": FORMAT,
            "version": VERSION,
            "origin": origin,
            "keys": sorted(map(str, keys)),
            "seals": many,
            "size": size,
        }
    )
    start = written = 0
    for seal in seals(using=using):
        if seal.number > many:
            break
        yield _line({"seal": seal.number, "head": seal.head})
        for leaf in leaves(start=start, end=seal.size, using=using):
            yield _line(leaf_fields(leaf))
            written += 1
            if progress and leaf.position % CHUNK_ROWS == 0:
                progress(leaf.position, size)
        start = seal.size
    yield _line({"end": True, "leaves": written})


def leaf_fields(leaf: LeafRow) -> dict[str, Any]:
    """What is not what was sealed is exported as it is: the file must not look better than the log."""
    if leaf.known is None:
        return {
            "position": leaf.position,
            "hash": leaf.hash.hex(),
            "entry": leaf.entry_id,
            "at": leaf.created_at,
        }
    entry, found = leaf.known.entry, {"position": leaf.position, "public": dict(leaf.known.entry.public)}
    for what, state, kept, encrypt in (
        ("changes", leaf.known.subject_key, leaf.changes_hash, changes_encrypt),
        ("origin", leaf.known.actor_key, leaf.origin_hash, origin_encrypt),
    ):
        if state.key is None:
            found[f"{what}_hash"] = kept.hex()
        else:
            found[what] = base64.b64encode(encrypt(entry, key=state.key)).decode()
    return found


def _line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"
