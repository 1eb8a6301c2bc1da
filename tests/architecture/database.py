"""Questions to PostgreSQL's own catalogue, for tests of the schema."""

from __future__ import annotations

from typing import Any

import psycopg


def ask(url: str, sql: str, *parameters: Any) -> list[Any]:
    """The rows; single values where there is one column."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(sql, parameters or None).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]
