"""System checks: the database role is not above the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def check_database_role(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Web and worker must log in as a role that row-level security binds."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (is_above,) = cursor.fetchone()
    if not is_above:
        return []
    return [
        Error(
            "DATABASE_URL logs in as a role that row-level security does not bind.",
            hint="Use rupaya_user of deploy/postgres/init.sql.",
            id="rupaya.E001",
        )
    ]
