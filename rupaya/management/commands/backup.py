"""`manage.py backup`: encrypted dumps, made, proven, restored and drilled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from psycopg.conninfo import conninfo_to_dict

from rupaya.backups.envelope import identity_read, key_make, recipients_read
from rupaya.backups.errors import USAGE, BackupError
from rupaya.backups.places import Place, place_find
from rupaya.backups.services import (
    Drill,
    backup_create,
    backup_drill,
    backup_latest,
    backup_names_to_prune,
    backup_restore,
    backup_verify,
)
from rupaya.core import clock

# What must hold on a restored copy.
CHECKS: Final = (("verify_ledger", "--json"), ("audit", "verify", "--json"))
_PROGRESS_BYTES: Final = 8 << 20
_CHECK_S: Final = 3600


class Command(BaseCommand):
    """What is restored is only restored into an empty database; what is pruned is asked for."""

    help = (
        "Back up the database, encrypted, to a folder or S3; verify, restore, drill and prune what lies there. "
        "Exit 0: done, and all holds; 1: not; 2: asked wrongly, or not confirmed."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer one action a call."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("key", help="make a pair of keys")
        actions.add_parser("list", help="what lies there, oldest first")
        actions.add_parser("create", help="dump the database now")
        verify = actions.add_parser("verify", help="read all of a backup and count its rows")
        restore = actions.add_parser("restore", help="into an empty database")
        restore.add_argument(
            "--into", required=True, metavar="URL", help="its administrator's or rupaya_owner's login"
        )
        drill = actions.add_parser(
            "drill", help="restore into a scratch database and verify ledger and audit log there"
        )
        for action in (verify, restore, drill):
            action.add_argument("name", nargs="?", default="", help="the backup (default: the newest)")
        prune = actions.add_parser("prune", help="remove the oldest")
        prune.add_argument("--keep", type=int, required=True, help="how many of the newest stay")
        for name, action in actions.choices.items():
            action.add_argument(
                "--json", action="store_true", help="one JSON object on stdout and nothing else"
            )
            if name in {"create", "restore", "prune"}:
                action.add_argument(
                    "--dry-run", action="store_true", help="say what would be done, and do nothing"
                )
            if name in {"restore", "prune"}:
                action.add_argument("--yes", action="store_true", help="do not ask first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Will do the action, or end with one sentence and an exit code."""
        action: Callable[[dict[str, Any]], None] = getattr(self, f"_{options['action']}")
        try:
            action(options)
        except BackupError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"action": options["action"], "error": error.sentence}))
            raise CommandError(error.sentence, returncode=error.code) from error

    def _key(self, options: dict[str, Any]) -> None:
        public, private = key_make()
        self._tell(
            {"public": public, "private": private},
            [f"BACKUP_RECIPIENTS={public}", f"BACKUP_IDENTITY={private}"],
            options,
        )
        self.stderr.write(
            "Give the first to what makes backups. Keep the second elsewhere: whoever has it reads every backup, and "
            "without it nobody does.",
            style_func=str,
        )

    def _list(self, options: dict[str, Any]) -> None:
        names = _place().names()
        self._tell({"names": names}, names or ["There is no backup there."], options)

    def _create(self, options: dict[str, Any]) -> None:
        recipients = recipients_read(settings.BACKUP_RECIPIENTS)
        if not settings.BACKUP_DATABASE_URL:
            raise BackupError(
                "Set BACKUP_DATABASE_URL: rupaya_backup sees all rows and writes none.", code=USAGE
            )
        if options["dry_run"]:
            sentence = f"Would dump {_database(settings.BACKUP_DATABASE_URL)} to {settings.BACKUP_PLACE}."
            self._tell({"is_dry_run": True, "place": settings.BACKUP_PLACE}, [sentence], options)
            return
        made = backup_create(
            place=_place(), url=settings.BACKUP_DATABASE_URL, recipients=recipients, now=clock.now(),
            app_version=settings.APP_VERSION, progress=self._progress(options),
        )  # fmt: skip
        told = made.as_json()
        self._tell(
            told,
            [f"{made.name}: {told['rows']} rows of {told['tables']} tables, {told['bytes']} bytes."],
            options,
        )

    def _verify(self, options: dict[str, Any]) -> None:
        place = _place()
        name = backup_latest(place, options["name"])
        told = backup_verify(
            place=place, name=name, identity=identity_read(settings.BACKUP_IDENTITY)
        ).as_json()
        line = f"{name} is whole: {told['rows']} rows of {told['tables']} tables, until {told['newest_at']}."
        self._tell(told, [line], options)

    def _restore(self, options: dict[str, Any]) -> None:
        place, identity = _place(), identity_read(settings.BACKUP_IDENTITY)
        name, into = backup_latest(place, options["name"]), options["into"]
        sentence = f"restore {name} into {_database(into)}"
        if options["dry_run"]:
            self._tell({"is_dry_run": True, "name": name}, [f"Would {sentence}, if it is empty."], options)
            return
        _confirm(sentence, options)
        told = backup_restore(place=place, name=name, identity=identity, url=into).as_json()
        lines = [f"{name} is restored: {told['rows']} rows of {told['tables']} tables, until {told['newest_at']}.",
                 "Next: manage.py verify_ledger and manage.py audit verify there."]  # fmt: skip
        self._tell(told, lines, options)

    def _drill(self, options: dict[str, Any]) -> None:
        if not settings.BACKUP_DRILL_URL:
            raise BackupError(
                "Set BACKUP_DRILL_URL: the administrator of a server for a scratch database.", code=USAGE
            )
        place = _place()
        drill = backup_drill(
            place=place, name=backup_latest(place, options["name"]), identity=identity_read(settings.BACKUP_IDENTITY),
            server_url=settings.BACKUP_DRILL_URL, now=clock.now(), check=_manage, commands=CHECKS,
        )  # fmt: skip
        self._tell(_drill_json(drill), _drill_lines(drill), options)
        if not drill.is_well:
            raise CommandError("The restored copy does not hold.", returncode=1)

    def _prune(self, options: dict[str, Any]) -> None:
        place = _place()
        names = backup_names_to_prune(place.names(), keep=options["keep"])
        if names and not options["dry_run"]:
            _confirm(f"remove {len(names)} backups, {names[0]} to {names[-1]}", options)
            for name in names:
                place.remove(name)
        would = "Would remove" if options["dry_run"] else "Removed"
        lines = [f"{would} {name}." for name in names] or ["There is nothing to remove."]
        self._tell({"removed": names, "is_dry_run": options["dry_run"]}, lines, options)

    def _tell(self, facts: Mapping[str, Any], lines: Sequence[str], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps({"action": options["action"], **facts}))
        else:
            for line in lines:
                self.stdout.write(line)

    def _progress(self, options: dict[str, Any]) -> Callable[[int], None]:
        """Tells each 8 MiB, at a terminal alone."""
        told = 0

        def progress(count: int) -> None:
            nonlocal told
            if count - told >= _PROGRESS_BYTES and sys.stderr.isatty() and not options["json"]:
                told = count
                self.stderr.write(f"\r{count >> 20} MiB …", ending="", style_func=str)

        return progress


def _drill_json(drill: Drill) -> dict[str, Any]:
    return {
        **drill.backup.as_json(),
        "recovery_point": drill.backup.manifest["newest_at"],
        "recovery_s": round(drill.restore_s, 1),
        "checks": {name: {"exit_code": code, "said": said} for name, (code, said) in drill.checks.items()},
    }


def _drill_lines(drill: Drill) -> list[str]:
    manifest = drill.backup.manifest
    return [
        f"Recovery point: {manifest['newest_at'] or 'nothing was recorded yet'} (backup of {manifest['made_at']})",
        f"Recovery time: {drill.restore_s:.1f} s to verify, restore and count {sum(manifest['rows'].values())} rows",
        *(
            f"{name}: {'holds' if code == 0 else f'exit {code}: {said}'}"
            for name, (code, said) in drill.checks.items()
        ),
    ]


def _manage(words: Sequence[str], variables: Mapping[str, str]) -> tuple[int, str]:
    """Will run `manage.py` on another database, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env={**os.environ, **variables},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_CHECK_S,
    )  # fmt: skip
    return done.returncode, (done.stdout or done.stderr).strip()[-2000:]


def _place() -> Place:
    return place_find(settings.BACKUP_PLACE, region=settings.AWS_REGION)


def _database(url: str) -> str:
    parts = conninfo_to_dict(url)
    return f"{parts.get('dbname')} on {parts.get('host') or 'this machine'}"


def _confirm(sentence: str, options: dict[str, Any]) -> None:
    if options["yes"]:
        return
    if not sys.stdin.isatty():
        raise BackupError(
            f"It would {sentence}. Nobody is here to ask; add --yes if it is meant.", code=USAGE
        )
    sys.stderr.write(f"{sentence[0].upper()}{sentence[1:]}? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise BackupError("Not confirmed; nothing was changed.", code=USAGE)
