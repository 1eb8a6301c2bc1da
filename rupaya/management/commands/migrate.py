"""`manage.py migrate`: Django's own, logged in as the schema's owner where its URL is known."""

from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate


class Command(DjangoMigrate):
    """Migrations run as rupaya_owner; web and worker never do."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Will migrate through the `owner` connection where there is one."""
        if options["database"] == "default" and "owner" in settings.DATABASES:
            options["database"] = "owner"
        super().handle(*args, **options)
