"""`manage.py audit`: seals the log, proves that it is what was sealed, and forgets a person."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.checks import check_keep
from audit.seals.anchor import AnchorUnavailable, anchors_list
from audit.seals.export import log_export
from audit.seals.gaps import gaps_find
from audit.seals.heads import HeadWrong, PublicKey, keys_by_id
from audit.seals.keys import public_keys, signer
from audit.seals.offline import (
    Unreadable,
    export_open,
    export_verify,
    head_load,
    proof_load,
    proof_verify,
)
from audit.seals.proofs import NotSealed, entry_prove
from audit.seals.rows import SEALER
from audit.seals.services import LogBroken, NotForgettable, person_forget, person_look, seal_make
from audit.seals.trail import Findings, many
from audit.seals.verification import NotPutAway, log_verify
from rupaya.core.db import Actor, acting_as

_OWNER: Final = "owner"
_ACTOR: Final = Actor(user_id=None, kind="command", user_agent="cli:audit")
_FAULTS: Final = (
    AnchorUnavailable, HeadWrong, LogBroken, NotForgettable, NotPutAway, NotSealed, Unreadable, OSError,
)  # fmt: skip
_NOT_ASKABLE: Final = (NotForgettable, NotPutAway, NotSealed, Unreadable, OSError)


class Command(BaseCommand):
    """The log that proves itself, for operators and auditors."""

    help = (
        "Seal the audit log, verify it (exit 1 names what fails), export it, prove an entry, forget a person."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer one action a call."""
        actions = parser.add_subparsers(dest="action", required=True)
        seal = actions.add_parser("seal", help="seal what was committed since the last seal")
        verify = actions.add_parser("verify", help="does the log hold? or an export of it, or a proof?")
        verify.add_argument(
            "--gaps", action="store_true", help="compare all audited tables with the log too; slow"
        )
        verify.add_argument(
            "--head", action="append", type=Path, default=[], help="a head that was kept elsewhere"
        )
        verify.add_argument(
            "--without-before",
            type=dt.date.fromisoformat,
            metavar="DATE",
            help="the months before this day (UTC) were put away: prove their leaves, count their entries",
        )
        verify.add_argument("--export", type=Path, help="verify this export instead; no database is asked")
        verify.add_argument("--proof", type=Path, help="verify this proof instead; no database is asked")
        verify.add_argument(
            "--public-key",
            action="append",
            default=[],
            help="with --export or --proof: name+id+key, instead of ours",
        )
        export = actions.add_parser(
            "export", help="write the sealed log as lines of JSON, payloads encrypted"
        )
        export.add_argument("file", nargs="?", type=Path, help="a new file (default: stdout)")
        export.add_argument("--gzip", action="store_true", help="pack it")
        prove = actions.add_parser("prove", help="prove that an entry is in the log")
        prove.add_argument("entry", type=UUID, help="the entry's id")
        prove.add_argument(
            "--since", type=int, help="also that the log began as under the seal of this number"
        )
        forget = actions.add_parser("forget", help="erase a person from the log, for good")
        forget.add_argument(
            "person", type=UUID, help="the id of a person whose account is deleted or deactivated"
        )
        forget.add_argument("--yes", action="store_true", help="don't ask: there is no way back")
        actions.add_parser("key", help="print the public key that heads are signed with")
        for action in (seal, verify):
            action.add_argument(
                "--json", action="store_true", help="one JSON object on stdout and nothing else"
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0: done, and all holds. 1: something does not. 2: it can't be asked so. 3: partly done."""
        action: Callable[[dict[str, Any]], None] = getattr(self, f"_{options['action']}")
        try:
            action(options)
        except _FAULTS as error:
            code = 2 if isinstance(error, _NOT_ASKABLE) else 1
            raise CommandError(str(error), returncode=code) from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=2) from error

    def _seal(self, options: dict[str, Any]) -> None:
        _login(SEALER)
        entries, number = 0, None
        while True:
            with acting_as(_ACTOR, using=SEALER):
                made = seal_make(signer=signer(), keys=public_keys(), using=SEALER)
            if made:
                entries, number = entries + made.entries, made.number
            if made is None or made.is_complete:
                break
        if options["json"]:
            self.stdout.write(json.dumps({"entries": entries, "seal": number}))
        else:
            self.stdout.write(
                f"{many(entries, 'entry', 'entries')} sealed; the last seal is {number}."
                if number
                else "Nothing waits for a seal."
            )

    def _verify(self, options: dict[str, Any]) -> None:
        if options["proof"]:
            wrong = proof_verify(proof_load(options["proof"]), keys=_keys(options))
            summary = "The proof does not hold." if wrong else "The proof holds."
            self._tell({"differences": wrong}, wrong, summary, options, count=len(wrong))
            return
        heads, since = [head_load(path) for path in options["head"]], options["without_before"]
        if since and options["gaps"]:
            raise CommandError(
                "--gaps asks the whole log; attach the months that were put away first.", returncode=2
            )
        if options["export"]:
            with export_open(options["export"]) as file:
                found = export_verify(file, keys=_keys(options), kept_heads=heads, without_before=since)
        else:
            found = self._verify_here(heads, without_before=since, with_gaps=options["gaps"])
        told = {
            "seals": found.seals,
            "leaves": found.leaves,
            "erased": found.erased,
            "away": found.away,
            "total": found.total,
            "differences": [dataclasses.asdict(difference) for difference in found.differences],
        }
        self._tell(told, found.lines(), found.summary(), options, count=found.total)

    def _verify_here(self, heads: list[str], *, without_before: dt.date | None, with_gaps: bool) -> Findings:
        _login(SEALER)
        if with_gaps:
            _login(_OWNER)
        anchors = anchors_list() if settings.AUDIT_ANCHOR_BUCKET else ()
        found = log_verify(
            keys=public_keys(),
            using=SEALER,
            kept_heads=heads,
            anchors=anchors,
            without_before=without_before,
            progress=_progress("leaves"),
        )
        if with_gaps:
            gaps_find(using=_OWNER, report=found.report, progress=_progress("tables"))
        with acting_as(_ACTOR, using=SEALER):
            check_keep(name="audit", differences=found.total, using=SEALER)
        return found

    def _tell(
        self, told: dict[str, Any], lines: list[str], summary: str, options: dict[str, Any], *, count: int
    ) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write("\n".join([*lines, summary]))
        if lines:
            raise CommandError(f"{many(count, 'thing does', 'things do')} not hold.", returncode=1)

    def _export(self, options: dict[str, Any]) -> None:
        _login(SEALER)
        lines = log_export(
            origin=settings.AUDIT_LOG_NAME,
            keys=public_keys().values(),
            using=SEALER,
            progress=_progress("leaves"),
        )
        path: Path | None = options["file"]
        if path is None:
            _write(lines, sys.stdout.buffer, is_packed=options["gzip"])
            return
        try:
            target = path.open("xb")
        except FileExistsError as error:
            raise CommandError(f"{path} is there already; name a new file.", returncode=2) from error
        with target as file:
            try:
                _write(lines, file, is_packed=options["gzip"])
            except BaseException:
                with suppress(OSError):
                    path.unlink()
                raise
        self.stderr.write(
            f"Written to {path}. Check it anywhere: audit verify --export {path} --public-key KEY"
            " (audit key prints it)",
            style_func=str,
        )

    def _prove(self, options: dict[str, Any]) -> None:
        _login(SEALER)
        proof = entry_prove(entry_id=options["entry"], since=options["since"], using=SEALER)
        self.stdout.write(json.dumps(proof, ensure_ascii=False))

    def _forget(self, options: dict[str, Any]) -> None:
        _login(SEALER)
        person: UUID = options["person"]
        with acting_as(_ACTOR, using=SEALER):
            found = person_look(person_id=person, using=SEALER)
        self.stdout.write(
            f"{found.name or 'A person without a name in the log'} ({person}): "
            f"{many(found.books, 'book')} of their own, {many(found.entries, 'entry', 'entries')}."
        )
        if not options["yes"] and not _is_meant(person):
            raise CommandError(
                "Nothing was forgotten. There is no way back; say --yes if you mean it.", returncode=2
            )
        with acting_as(_ACTOR, using=SEALER):
            blanked = person_forget(person_id=person, using=SEALER)
        self.stdout.write(
            f"{many(blanked, 'entry is', 'entries are')} blank now; nobody can read them again. "
            "What no seal holds yet is blanked when it is sealed."
        )

    def _key(self, options: dict[str, Any]) -> None:
        self.stdout.write(str(signer().public))


def _is_meant(person: UUID) -> bool:
    """Asks, where somebody is there to answer."""
    if not sys.stdin.isatty():
        return False
    return input("There is no way back. Type the id again to forget this person: ").strip() == str(person)


def _login(alias: str) -> None:
    if alias not in settings.DATABASES:
        raise CommandError(
            f"Set DATABASE_{alias.upper()}_URL: nobody else sees the whole log; to others it would look sound.",
            returncode=2,
        )


def _keys(options: dict[str, Any]) -> dict[str, PublicKey]:
    return keys_by_id(options["public_key"]) if options["public_key"] else public_keys()


def _progress(what: str) -> Callable[[int, int], None] | None:
    """Tells how far it is, where somebody watches."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, of: int) -> None:
        sys.stderr.write(f"\r{done} of {of} {what} ")
        sys.stderr.flush()

    return tell


def _write(lines: Iterable[str], file: IO[bytes], *, is_packed: bool) -> None:
    with ExitStack() as stack:
        target = (
            stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6))
            if is_packed
            else file
        )
        for line in lines:
            target.write(line.encode())
