"""`manage.py verify_ledger`: does the ledger keep its promises?"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.journal.verification import ledger_verify


class Command(BaseCommand):
    """Recomputes every invariant from the postings, names each difference, and says so with its exit code."""

    help = "Recompute the ledger's invariants and month totals; exit 0 when all hold, 1 when one does not."

    def add_arguments(self, parser: CommandParser) -> None:
        """Will offer one book, and JSON."""
        parser.add_argument("--book", type=UUID, help="only this book's id (default: all books)")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Will verify as the schema's owner."""
        if "owner" not in settings.DATABASES:
            raise CommandError(
                "Set DATABASE_OWNER_URL: only the schema's owner sees every book; from anybody else an empty answer "
                "would look sound.",
                returncode=2,
            )
        found = ledger_verify(book_id=options["book"], using="owner")
        if options["book"] and not found.books:
            raise CommandError(f"There is no book {options['book']}.", returncode=2)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(found)))
        else:
            for difference in found.differences:
                self.stdout.write(
                    f"{difference.problem}: book {difference.book_id}, {difference.subject}: {difference.detail}"
                )
            self.stdout.write(
                f"{found.books} books, {found.transactions} transactions, {found.postings} postings: "
                f"{len(found.differences) or 'no'} differences."
            )
        if found.differences:
            raise CommandError(f"{len(found.differences)} promises do not hold.", returncode=1)


def _as_json(found: Any) -> dict[str, Any]:
    return {
        "books": found.books,
        "transactions": found.transactions,
        "postings": found.postings,
        "differences": [
            {
                "problem": difference.problem,
                "book_id": str(difference.book_id),
                "subject": difference.subject,
                "detail": difference.detail,
            }
            for difference in found.differences
        ],
    }
