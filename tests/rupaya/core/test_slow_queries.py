"""Statements that take too long are told, with the request's id and without values."""

from __future__ import annotations

import pytest
import structlog
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created

from rupaya.core.db import whole
from rupaya.core.prepared import prepared_cursor

CANARY = "kanari-4711"


def run(sql, parameters, *, cursor_of=connection.cursor):
    with cursor_of() as cursor:
        cursor.execute(sql, parameters)


@pytest.fixture
def lines(db, settings):
    settings.SLOW_QUERY_MS = 30
    connection.ensure_connection()
    with structlog.testing.capture_logs() as captured:
        yield captured


class TestSlowQuery:
    @pytest.mark.parametrize("cursor_of", [connection.cursor, prepared_cursor])
    def test_is_told_without_its_values(self, lines, cursor_of):
        run("SELECT pg_sleep(0.05), %s::text", [CANARY], cursor_of=cursor_of)

        (line,) = [line for line in lines if line["event"] == "database.slow_query"]
        assert line["sql"] == "SELECT pg_sleep(0.05), %s::text"
        assert line["duration_ms"] >= 50
        assert CANARY not in str(line)

    def test_is_told_even_where_it_failed(self, lines):
        with pytest.raises(DatabaseError), whole():
            run("SELECT pg_sleep(0.05); SELECT 1 / 0", [])

        assert [line["event"] for line in lines] == ["database.slow_query"]

    def test_is_not_told_where_it_was_quick(self, lines):
        run("SELECT 1", [])

        assert lines == []

    def test_is_told_once_on_a_connection_that_was_taken_twice(self, lines):
        connection.connect() if connection.connection is None else None

        connection_created.send(sender=connection.__class__, connection=connection)

        run("SELECT pg_sleep(0.05)", [])

        assert len(lines) == 1
