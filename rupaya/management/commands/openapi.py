"""`manage.py openapi`: writes the API's schema, docs/openapi.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from rupaya.core.openapi import document_bytes


class Command(BaseCommand):
    """Makes the schema from what the handlers say. Safe to run twice; needs no engine."""

    help = "Writes docs/openapi.json, the API's schema in OpenAPI 3.1."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, or - for stdout."""
        parser.add_argument("--output", default=str(Path(settings.BASE_DIR) / "docs" / "openapi.json"))

    def handle(self, *args: Any, output: str, **options: Any) -> None:
        """Will write it whole."""
        made = document_bytes()
        if output == "-":
            self.stdout.write(made.decode(), ending="")
        else:
            Path(output).write_bytes(made)
