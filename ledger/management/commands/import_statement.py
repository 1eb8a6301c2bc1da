"""`manage.py import_statement`: a bank's file into somebody's book."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.selectors import person_by_email
from ledger.books.access import book_for, book_id_read
from ledger.chart.services import account_for
from ledger.statements.parsers.text import FILE_BYTES_MAX
from ledger.statements.selectors import Preview, statement_preview
from ledger.statements.services import StatementRefused, statement_draft, statement_post
from rupaya.core import clock
from rupaya.core.db import Actor, acting_as, undo
from rupaya.core.errors import DomainError
from rupaya.core.money import Money, money_format


class Command(BaseCommand):
    """Reads, checks and posts a statement in one go; the same file again adds nothing."""

    help = (
        "Import a bank statement (SBI .xls, HDFC delimited; recognised by itself). "
        "Example: manage.py import_statement sbi.xls --account 'SBI savings' --email asha@example.in"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Will take the file, the account and the person."""
        parser.add_argument("file", type=Path, help="the bank's file, as it was downloaded")
        parser.add_argument(
            "--account", required=True, help="the account's name; opened where the book has none"
        )
        parser.add_argument("--email", required=True, help="whose book")
        parser.add_argument("--book", help="the book's id (default: the person's first)")
        parser.add_argument(
            "--adjust", action="store_true", help="record a difference to the bank as an adjustment"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done; nothing is saved")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Will import as the person, or say which line is wrong and why."""
        data = _file_read(options["file"])
        if sys.stderr.isatty() and not options["json"]:
            self.stderr.write(f"Reading {options['file'].name} …")
        user = person_by_email(email=options["email"])
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.", returncode=1)
        actor = Actor(user_id=user.pk, kind="command", user_agent="cli:import_statement")
        try:
            with acting_as(actor):
                preview = self._import(data, user.pk, options)
        except StatementRefused as error:
            for line in error.line_errors:
                self.stderr.write(f"line {line.line_no}, {line.field}: {line.why} {line.fix}")
            raise CommandError("Nothing was imported.", returncode=1) from error
        except DomainError as error:
            raise CommandError(error.message, returncode=1) from error
        self._tell(preview, options)

    def _import(self, data: bytes, user_id: Any, options: dict[str, Any]) -> Preview:
        book = book_for(user_id=user_id, book_id=book_id_read(options["book"]), right="write")
        account = account_for(book=book, account_id=None, name=options["account"])
        statement = statement_draft(book=book, account=account, data=data, file_name=options["file"].name)
        if statement.posted_at is None:
            statement_post(book=book, statement=statement, now=clock.now(), adjust=options["adjust"])
            preview = statement_preview(book=book, statement=statement)
        else:
            preview = _known(statement_preview(book=book, statement=statement))
        if options["dry_run"]:
            undo()
        return preview

    def _tell(self, preview: Preview, options: dict[str, Any]) -> None:
        statement = preview.statement
        closing = Money(statement.closing_minor, statement.currency)
        if options["json"]:
            told = {
                "statement_id": str(statement.pk),
                "bank": statement.bank,
                "new_count": preview.new_count,
                "known_count": preview.known_count,
                "closing_minor": closing.minor,
                "currency": closing.currency,
                "is_dry_run": options["dry_run"],
            }
            self.stdout.write(json.dumps(told))
            return
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{statement.bank}, {statement.first_on} to {statement.last_on}: {preview.new_count} {would}imported, "
            f"{preview.known_count} known already. {statement.account.name} ends at {money_format(closing)}."
        )
        if options["dry_run"]:
            self.stderr.write("Nothing was saved. Run it again without --dry-run to import.")


def _file_read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.", returncode=2) from error


def _known(preview: Preview) -> Preview:
    """A file that was posted before: nothing is new this time."""
    return Preview(
        preview.statement, 0, preview.statement.lines_count, preview.in_minor, preview.out_minor, preview.plan
    )
