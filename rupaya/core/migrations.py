"""SQL objects in files beside their migration, both ways."""

from __future__ import annotations

from pathlib import Path

from django.db.migrations import RunSQL


def run_sql(migration_file: str, stem: str) -> RunSQL:
    """The operation that runs `sql/<stem>.up.sql` beside the migration, and `.down.sql` back.

    The files are frozen with their migration.
    """
    folder = Path(migration_file).parent / "sql"
    return RunSQL((folder / f"{stem}.up.sql").read_text(), (folder / f"{stem}.down.sql").read_text())
