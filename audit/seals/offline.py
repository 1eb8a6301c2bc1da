"""Checking an export, or a proof, without the database and without Django.

    python -m audit.seals.offline export FILE --public-key KEY [--head FILE] [--without-before DATE]
    python -m audit.seals.offline proof FILE --public-key KEY

Needs Python, `cryptography`, and the modules beside it: entries, heads, trail, tree. Exit code 0 where all holds, 1
where something does not, 2 where it can't be asked.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime as dt
import gzip
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, cast

from audit.seals.entries import PUBLIC, entry_hash
from audit.seals.heads import HEAD_CHARS_MAX, Head, HeadWrong, PublicKey, head_read, keys_by_id
from audit.seals.trail import Difference, Findings, Step, Trail
from audit.seals.tree import consistency_holds, inclusion_holds

LINE_BYTES_MAX: Final = 64 * 1024 * 1024  # an entry holds at most a whole row
PROOF_BYTES_MAX: Final = 1024 * 1024
# What files that nobody wrote in good faith make Python raise: numbers without end, brackets without end.
_MALFORMED: Final = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
_HASH_BYTES: Final = 32
_FORMAT: Final = ("rupaya-audit", 1)
_PROOF: Final = ("rupaya-audit-proof", 1)


class Unreadable(ValueError):
    """Raised where a file is not what it should be; says which line and why."""


@contextmanager
def export_open(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked where it is gzip. Raises OSError."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with cast("IO[bytes]", gzip.open(raw) if is_packed else raw) as file:
            yield file


def export_verify(
    file: IO[bytes],
    *,
    keys: Mapping[str, PublicKey],
    kept_heads: Iterable[str] = (),
    without_before: dt.date | None = None,
) -> Findings:
    """Will walk over an export. A line at a time, so that memory stays. Raises Unreadable.

    An export that ends early can't be told from an earlier one but by a head that was kept elsewhere: `kept_heads`.
    without_before: that the months before this day (UTC) were put away: leaves without entry are counted.
    """
    since = without_before.isoformat() if without_before else ""
    walk = _Walk(keys=keys, kept_heads=kept_heads, since=since)
    for number, line in _lines(file):
        try:
            walk.take(number, line)
        except Unreadable:
            raise
        except _MALFORMED as error:
            raise Unreadable(f"Line {number} is no line of an export of the audit log.") from error
    return walk.finish()


class _Walk:
    """The way through an export."""

    def __init__(self, *, keys: Mapping[str, PublicKey], kept_heads: Iterable[str], since: str) -> None:
        self.outcome = Findings()
        self._since = since
        self._trail = Trail(keys=keys, report=self.outcome.report)
        self._wanted = {
            head.number: note for note, head in _heads(kept_heads, keys=keys, outcome=self.outcome)
        }
        self._is_ended = False
        self._told = (0, 0)  # seals and leaves, as line 1 says

    def take(self, number: int, line: dict[str, Any]) -> None:
        """Will check a line."""
        if self._is_ended:
            raise Unreadable(f"Line {number} stands after the line that ends the export.")
        if number == 1:
            if (line.get("format"), line.get("version")) != _FORMAT:
                raise Unreadable("Line 1 does not say that this is an export of the audit log.")
            self._told = (int(line["seals"]), int(line["size"]))
        elif "seal" in line:
            self._seal(int(line["seal"]), str(line["head"]))
        elif "end" in line:
            self._is_ended = True
            if line["leaves"] != self._trail.leaves:
                detail = f"it was exported with {line['leaves']} leaves and has {self._trail.leaves}"
                self.outcome.report(Difference("removed", detail))
        else:
            self._trail.leaf(_step(line, outcome=self.outcome, seal=self.outcome.seals, since=self._since))

    def finish(self) -> Findings:
        """Will check what only the end tells."""
        self._trail.end()
        if not self._is_ended:
            self.outcome.report(Difference("removed", "the export has no last line: it was cut off"))
        for number in sorted(self._wanted):
            detail = "its head was kept elsewhere, and the export does not have it"
            self.outcome.report(Difference("rewritten", detail, seal=number))
        self.outcome.leaves = self._trail.leaves
        walked = (self.outcome.seals, self.outcome.leaves)
        if walked != self._told:
            detail = "line 1 tells of {} seals over {} leaves, and there are {} over {}"
            self.outcome.report(Difference("removed", detail.format(*self._told, *walked)))
        return self.outcome

    def _seal(self, number: int, note: str) -> None:
        self._trail.end()
        self._trail.begin(note, number=number)
        self.outcome.seals = number
        kept = self._wanted.pop(number, None)
        if kept is not None and kept != note:
            at = self._trail.head.sealed_at if self._trail.head else None
            detail = "it is not the head that was kept elsewhere"
            self.outcome.report(Difference("rewritten", detail, seal=number, at=at))


def proof_verify(proof: Mapping[str, Any], *, keys: Mapping[str, PublicKey]) -> list[str]:
    """Why a proof proves nothing, or an empty list. Raises Unreadable."""
    try:
        if (proof["format"], proof["version"]) != _PROOF:
            raise Unreadable("This is no proof of the audit log.")
        head = head_read(proof["head"], keys=keys)
        wrong = _inclusion_wrong(proof, head=head)
        if "since" in proof:
            wrong += _consistency_wrong(proof["since"], head=head, keys=keys)
    except HeadWrong as error:
        return [f"The head: {error}"]
    except _MALFORMED as error:
        raise Unreadable(
            str(error) if isinstance(error, Unreadable) else "This is no proof of the audit log."
        ) from error
    return wrong


def _inclusion_wrong(proof: Mapping[str, Any], *, head: Head) -> list[str]:
    entry = proof["entry"]
    made = entry_hash(
        {name: entry["public"][name] for name in PUBLIC},
        changes_hash=_payload_hash(entry, "changes"),
        origin_hash=_payload_hash(entry, "origin"),
    )
    wrong = [] if made.hex() == proof["leaf"] else ["The entry is not what the leaf stands for."]
    path = [base64.b64decode(step, validate=True) for step in proof["path"]]
    if not inclusion_holds(leaf=made, position=proof["position"], size=head.size, path=path, root=head.root):
        wrong.append("The path does not lead from the entry to the signed head.")
    return wrong


def _consistency_wrong(since: Mapping[str, Any], *, head: Head, keys: Mapping[str, PublicKey]) -> list[str]:
    earlier = head_read(since["head"], keys=keys)
    path = [base64.b64decode(step, validate=True) for step in since["path"]]
    holds = consistency_holds(
        first=earlier.size, size=head.size, path=path, first_root=earlier.root, root=head.root
    )
    return (
        []
        if holds
        else [f"The log under seal {head.number} does not begin with the one under seal {earlier.number}."]
    )


def _lines(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    while True:
        try:
            data = file.readline(LINE_BYTES_MAX)
            line = json.loads(data) if data else None
        except (OSError, EOFError, RecursionError, ValueError, zlib.error) as error:
            raise Unreadable(f"Line {number + 1} can't be read; the file may be cut off.") from error
        if not data:
            break
        number += 1
        if not isinstance(line, dict):
            raise Unreadable(f"Line {number} is no line of an export of the audit log.")
        yield number, line
    if not number:
        raise Unreadable("The file is empty.")


def _step(line: dict[str, Any], *, outcome: Findings, seal: int, since: str) -> Step:
    if "public" not in line:
        step = Step(int(line["position"]), _hash(line["hash"]), str(line["entry"]), str(line["at"]), None)
        if step.created_at < since:
            outcome.away += 1
            return step
        outcome.report(
            Difference(
                "removed",
                "it is sealed, and its entry was gone",
                step.entry,
                step.position,
                seal,
                step.created_at,
            )
        )
        return step
    public = line["public"]
    outcome.erased += "changes_hash" in line or "origin_hash" in line
    made = entry_hash(
        public, changes_hash=_payload_hash(line, "changes"), origin_hash=_payload_hash(line, "origin")
    )
    step = Step(
        int(line["position"]), made, str(public["id"]), str(public["created_at"]), int(public["written_in"])
    )
    if step.created_at < since:
        raise Unreadable(
            f"An entry of {step.created_at} is there, though put away are said to be all before {since}."
        )
    return step


def _payload_hash(line: Mapping[str, Any], what: str) -> bytes:
    if f"{what}_hash" in line:
        return _hash(line[f"{what}_hash"])
    try:
        return sha256(base64.b64decode(line[what], validate=True)).digest()
    except binascii.Error as error:
        raise ValueError(what) from error


def _hash(text: str) -> bytes:
    """Of its full length: the leaf is made of two side by side, and bytes must not move from one to the other."""
    data = bytes.fromhex(text)
    if len(data) != _HASH_BYTES:
        raise ValueError("a hash has 32 bytes")
    return data


def _heads(
    notes: Iterable[str], *, keys: Mapping[str, PublicKey], outcome: Findings
) -> Iterator[tuple[str, Head]]:
    for note in notes:
        try:
            yield note, head_read(note, keys=keys)
        except HeadWrong as error:
            outcome.report(Difference("rewritten", f"a head that was kept elsewhere: {error}"))


def main(arguments: list[str]) -> int:
    """The command line above."""
    parser = argparse.ArgumentParser(prog="python -m audit.seals.offline", description=__doc__)
    parser.add_argument("what", choices=["export", "proof"])
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--public-key", action="append", required=True, help="name+id+key; more than one may be given"
    )
    parser.add_argument(
        "--head", action="append", type=Path, default=[], help="a head that was kept elsewhere"
    )
    parser.add_argument(
        "--without-before", type=dt.date.fromisoformat, help="the months before this day were put away"
    )
    given = parser.parse_args(arguments)
    try:
        keys = keys_by_id(given.public_key)
        if given.what == "proof":
            told = proof_verify(proof_load(given.file), keys=keys)
            summary = "The proof does not hold." if told else "The proof holds."
        else:
            heads = [head_load(path) for path in given.head]
            with export_open(given.file) as file:
                outcome = export_verify(
                    file, keys=keys, kept_heads=heads, without_before=given.without_before
                )
            told, summary = outcome.lines(), outcome.summary()
    except (Unreadable, HeadWrong, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in [*told, summary]))
    return 1 if told else 0


def head_load(path: Path) -> str:
    """A head that was kept elsewhere, from its file. Raises Unreadable, OSError."""
    with path.open("rb") as file:
        data = file.read(HEAD_CHARS_MAX + 1)
    try:
        text = data.decode() if len(data) <= HEAD_CHARS_MAX else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise Unreadable(f"{path} is no signed head.")
    return text


def proof_load(path: Path) -> dict[str, Any]:
    """A proof from its file. Raises Unreadable, OSError."""
    with path.open("rb") as file:
        data = file.read(PROOF_BYTES_MAX + 1)
    try:
        proof = json.loads(data) if len(data) <= PROOF_BYTES_MAX else None
    except (RecursionError, ValueError):
        proof = None
    if not isinstance(proof, dict):
        raise Unreadable("This is no proof of the audit log.")
    return proof


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
