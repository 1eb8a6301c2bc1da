"""Statements that PostgreSQL keeps planned.

Django sends a statement as one text with its values in it, which is parsed, rewritten under row-level security and
planned each time: of a page of the list, and of a posting's round trips, that took more than half. Here the values
travel apart, and from the second time on a connection prepares the statement. PostgreSQL then keeps one plan for all
values where that promises to be no dearer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor
from psycopg._queries import PostgresQuery


class _PreparingCursor(Cursor[Any]):
    """Prepares what a connection runs often; how often is the connection's `prepare_threshold`."""

    def _send_query_prepared(self, name: bytes, pgq: PostgresQuery, **named: Any) -> None:
        self._query = pgq  # from where Django tells what was run; psycopg leaves it out for what was prepared
        super()._send_query_prepared(name, pgq, **named)


def prepared_cursor(*, using: str = DEFAULT_DB_ALIAS) -> CursorWrapper:
    """A cursor for the statements that most requests run.

    Their text stays the same, is one statement, and its best plan does not hang on the values. A number of rows stands
    in the text: a plan that does not know it is made for a tenth of the table. A parameter alone in a place that takes
    any type needs a cast. `DATABASE_PREPARED_STATEMENTS` turns preparing off, for a pooler that keeps no statements.
    """
    connection = connections[using]
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = _PreparingCursor(connection.connection)
    return connection._prepare_cursor(cursor)  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001  # what connection.cursor() does with its own


def rows_prepared(
    sql: str, parameters: Mapping[str, Any], *, using: str = DEFAULT_DB_ALIAS
) -> list[tuple[Any, ...]]:
    """The rows of one such statement with named parameters."""
    with prepared_cursor(using=using) as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def ids_text(ids: Iterable[UUID]) -> str:
    """Ids as PostgreSQL writes an array, for a parameter that is cast to uuid[].

    For the few statements that most requests run: psycopg would look at each for its type, which took longer than
    sending them.
    """
    return f"{{{','.join(map(str, ids))}}}"
