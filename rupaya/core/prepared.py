"""Statements that PostgreSQL keeps planned.

Django sends a statement as one text with its values in it, which is parsed, rewritten under row-level security and
planned each time: of a page of the list that took more than half. Here the values travel apart, and from the sixth
time on a connection prepares the statement. PostgreSQL then keeps one plan for all values where that promises to be
no dearer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

_TIMES: Final = 5  # that a connection runs a statement before it prepares it


def rows_prepared(
    sql: str, parameters: Mapping[str, Any], *, using: str = DEFAULT_DB_ALIAS
) -> list[tuple[Any, ...]]:
    """The rows of one statement with named parameters.

    For statements whose text stays the same, and whose best plan does not hang on the values. A number of rows stands
    in the text: a plan that does not know it is made for a tenth of the table. A parameter alone in a place that takes
    any type needs a cast.
    """
    connection = connections[using]
    connection.ensure_connection()
    raw = connection.connection
    raw.prepare_threshold = _TIMES  # Django turns it off; its own cursors never prepare
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(psycopg.Cursor(raw)) as cursor:  # type: ignore[arg-type]  # the stub asks for what it returns
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
