"""Other people's commands that change audited rows: the audit log is told which one it was."""

from typing import Any

from django.core.management.base import BaseCommand

from rupaya.core.db import Actor, acting_as


class Named(BaseCommand):
    """Does all of a command's work in one transaction, in which it acts under its own name."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Will run the command, once or not at all."""
        name = type(self).__module__.rpartition(".")[2]
        actor = Actor(user_id=None, kind="command", user_agent=f"cli:{name}")
        with acting_as(actor, using=options.get("database") or "default"):
            return super().handle(*args, **options)
