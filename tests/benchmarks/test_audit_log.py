"""What audit_log measures on is a log as the schema of today keeps it."""

from __future__ import annotations

import psycopg
import pytest

from tests.benchmarks.cluster import SQL
from tests.support.scratch import scratch_database


@pytest.mark.slow
class TestEntries:
    def test_are_as_many_as_asked_each_in_its_place(self, admin_url):
        with (
            scratch_database(admin_url, purpose="audit_log") as made,
            psycopg.connect(made.admin_url, autocommit=True) as admin,
        ):
            admin.execute((SQL / "audit_log.sql").read_bytes())
            admin.execute("SET session_replication_role = replica")
            for first, last in ((1, 30), (31, 50)):
                admin.execute("CALL bench.entries(%s, %s)", [first, last])

            kinds = admin.execute(
                """SELECT action, count(*), count(book_id), count(about_id), count(DISTINCT written_in)
                     FROM audit_logs WHERE request_id LIKE 'bench-%' GROUP BY 1 ORDER BY 1"""
            ).fetchall()

        assert kinds == [("INSERT", 30, 30, 0, 2), ("SIGN_IN", 5, 0, 5, 2), ("UPDATE", 15, 15, 0, 2)]
