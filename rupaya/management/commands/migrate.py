"""`manage.py migrate`: Django's own, logged in as the schema's owner where its URL is known, and patient with locks."""

from __future__ import annotations

import time
from typing import Any, Final

from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import OperationalError, connections
from django.db.migrations import Migration
from psycopg.errors import DeadlockDetected, LockNotAvailable

from rupaya.management.owner import AsOwner

TRIES: Final = 5
PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0)  # between them everybody who stood behind the migration passes


class Command(AsOwner, DjangoMigrate):
    """Migrations run as rupaya_owner; web and worker never do.

    One that waits for a lock makes everybody who comes later wait behind it. So the role gives up after its
    `lock_timeout` (deploy/postgres/init.sql), and this tries again, five times at most; then it raises what
    PostgreSQL said. What is done stays done, and a migration that ran in a transaction was done whole or not at
    all. One that runs outside a transaction is not tried again by itself: it may have done a part.
    """

    _present: Migration | None = None

    def handle(self, *args: Any, **options: Any) -> None:
        """Will migrate."""
        for pause_s in (*PAUSES_S, None):
            self._present = None
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if pause_s is None or not self._may_try_again(error):
                    raise
                self.stderr.write(
                    f"Somebody holds the lock that {self._name()} needs; again in {pause_s:.0f} s.",
                    style_func=str,
                )
                connections[options["database"]].close()
                time.sleep(pause_s)
            else:
                return

    def migration_progress_callback(
        self, action: str, migration: Migration | None = None, *more: Any
    ) -> None:
        """Will remember which migration is at work, and say what Django says."""
        if action in {"apply_start", "unapply_start"}:
            self._present = migration
        super().migration_progress_callback(action, migration, *more)

    def _may_try_again(self, error: OperationalError) -> bool:
        was_locked = isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)
        return was_locked and (self._present is None or self._present.atomic)

    def _name(self) -> str:
        return f"{self._present.app_label}.{self._present.name}" if self._present else "it"
