"""`manage.py verify_ledger`: does the ledger keep its promises?"""

from __future__ import annotations

import dataclasses
import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from audit.checks import check_keep
from ledger.journal.verification import (
    DIFFERENCES_MAX,
    Repair,
    Verification,
    books_with_wrong_totals,
    ledger_verify,
    totals_repair,
)
from rupaya.core.db import Actor, acting_as, undo

_OWNER = "owner"
_ACTOR = Actor(user_id=None, kind="command", user_agent="cli:verify_ledger")


class Command(BaseCommand):
    """Recomputes every invariant from the postings, names each difference, and says so with its exit code."""

    help = (
        "Recompute the ledger's invariants and month totals; exit 0 when all hold, 1 when one does not. "
        "What is computed can be put right: --repair-totals, first with --dry-run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer one book, JSON, and the repair of what is computed."""
        parser.add_argument("--book", type=UUID, help="only this book's id (default: all books)")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
        parser.add_argument(
            "--repair-totals", action="store_true", help="first put month totals right, from the postings"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="with --repair-totals: say what it would do; nothing is saved",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Will verify as the schema's owner."""
        if _OWNER not in settings.DATABASES:
            raise CommandError(
                "Set DATABASE_OWNER_URL: only the schema's owner sees every book; from anybody else an empty answer "
                "would look sound.",
                returncode=2,
            )
        if options["dry_run"] and not options["repair_totals"]:
            raise CommandError("--dry-run goes with --repair-totals; verifying saves nothing.", returncode=2)
        repairs = self._repair(options) if options["repair_totals"] else []
        found = ledger_verify(book_id=options["book"], using=_OWNER)
        if options["book"] and not found.books:
            raise CommandError(f"There is no book {options['book']}.", returncode=2)
        if not options["book"]:
            with acting_as(_ACTOR, using=_OWNER):
                check_keep(name="ledger", differences=len(found.differences), using=_OWNER)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found, repairs, options), default=str))
        else:
            self._tell(found)
        if found.differences:
            raise CommandError(f"{len(found.differences)} promises do not hold.", returncode=1)

    def _repair(self, options: dict[str, Any]) -> list[Repair]:
        """Book by book, each in a transaction of its own, so that nobody waits for long; the first of them for JSON."""
        repairs: list[Repair] = []
        would = "would be" if options["dry_run"] else "is now"
        for book_id in books_with_wrong_totals(book_id=options["book"], using=_OWNER):
            try:
                with acting_as(_ACTOR, using=_OWNER):
                    for repair in totals_repair(book_id=book_id, using=_OWNER):
                        repairs.append(repair) if len(repairs) < DIFFERENCES_MAX else None
                        if not options["json"]:
                            self.stdout.write(
                                f"total: book {book_id}, account {repair.account_id}, {repair.month:%Y-%m}: "
                                f"was {repair.kept_base_minor}, {would} {repair.base_minor}"
                            )
                    if options["dry_run"]:
                        undo(using=_OWNER)
            except OperationalError as error:
                raise CommandError(
                    f"Book {book_id} was busy; what was repaired before it stays. Run it again.", returncode=3
                ) from error
        return repairs

    def _tell(self, found: Verification) -> None:
        for difference in found.differences:
            self.stdout.write(
                f"{difference.problem}: book {difference.book_id}, {difference.subject}: {difference.detail}"
            )
        self.stdout.write(
            f"{found.books} books, {found.transactions} transactions, {found.postings} postings: "
            f"{len(found.differences) or 'no'} differences."
        )


def _as_json(found: Verification, repairs: list[Repair], options: dict[str, Any]) -> dict[str, Any]:
    told = dataclasses.asdict(found)
    if options["repair_totals"]:
        told |= {
            "repaired": [dataclasses.asdict(repair) for repair in repairs],
            "is_dry_run": options["dry_run"],
        }
    return told
