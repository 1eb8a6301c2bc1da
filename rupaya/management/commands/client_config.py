"""`manage.py client_config`: what the iOS, Android and web clients are built with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rupaya.client_config.rules import ClientConfig, ConfigInvalid, dotenv, gradle, swift

FORMATS: Final[dict[str, Callable[[ClientConfig], str]]] = {
    "swift": swift,
    "gradle": gradle,
    "dotenv": dotenv,
}


class Command(BaseCommand):
    """Prints one file; needs no engine."""

    help = (
        "Print what clients are built with: Config.swift, buildConfigField lines for Gradle, or .env.local."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The file's format, and what differs from build to build."""
        parser.add_argument("--format", choices=tuple(FORMATS), required=True)
        parser.add_argument("--app-version", default="", help="default: APP_VERSION")
        parser.add_argument("--build-number", type=int, default=None, help="default: CLIENT_BUILD_NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        """Will print it, or say which value is wrong; exit 2."""
        number = options["build_number"]
        try:
            config = ClientConfig(
                api_base_url=settings.API_BASE_URL,
                sentry_dsn=settings.CLIENT_SENTRY_DSN,
                app_version=options["app_version"] or settings.APP_VERSION,
                build_number=settings.CLIENT_BUILD_NUMBER if number is None else number,
            )
            self.stdout.write(FORMATS[options["format"]](config), ending="")
        except ConfigInvalid as error:
            raise CommandError(str(error), returncode=2) from error
