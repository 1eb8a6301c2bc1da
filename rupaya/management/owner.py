"""Commands that work as the schema's owner."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class AsOwner(BaseCommand):
    """Uses the `owner` connection where its URL is known, unless another is named."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Will run the command through that connection."""
        if options["database"] == "default" and "owner" in settings.DATABASES:
            options["database"] = "owner"
        return super().execute(*args, **options)
