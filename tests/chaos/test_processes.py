"""A web worker or the task worker dies in the middle of its work."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from ledger.idempotency.tasks import PURGE_TASK
from tests.chaos.house import tell, wait_until


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def waiting_sql(house, part):
    with house.database.as_admin() as admin:
        (count,) = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s",
            [f"%{part}%"],
        ).fetchone()
    return count


class TestWebWorker:
    def test_killed_in_a_request_leaves_nothing_half_done(self, house, web, phones):
        (person,) = phones(1)
        said = []
        with house.locked("LOCK TABLE ledger_posting IN EXCLUSIVE MODE"):
            thread = threading.Thread(target=lambda: said.append(person.spend("killed")))
            thread.start()
            wait_until(lambda: waiting_sql(house, "ledger_post") == 1)
            for worker in children(web.pid):
                os.kill(worker, signal.SIGKILL)
            thread.join()
            wait_until(lambda: waiting_sql(house, "ledger_post") == 0, seconds=15)
        back_s = wait_until(lambda: person.ask("GET", "/health").status == 200)
        before = person.spent()

        again = person.spend("killed")

        tell(
            f"no answer: {[one.status for one in said]}; serving again after {back_s:.1f} s; then {again.status}"
        )
        assert [one.status for one in said] == [0]
        assert before == []
        assert again.status == 201
        assert [wish for wish, _ in person.spent()] == ["killed"]


class TestTaskWorker:
    def test_killed_in_a_job_has_it_done_once_by_the_next(self, house):
        with house.database.as_admin() as admin:
            with (
                house.locked("LOCK TABLE ledger_idempotency_key IN ACCESS EXCLUSIVE MODE"),
                house.worker() as first,
            ):
                house.command("procrastinate", "defer", PURGE_TASK, '{"timestamp": 0}')
                (job,) = admin.execute(
                    "SELECT max(id) FROM procrastinate_jobs WHERE task_name = %s", [PURGE_TASK]
                ).fetchone()
                wait_until(lambda: waiting_sql(house, "ledger_idempotency_purge") == 1)
                first.kill()
                first.wait()

            def job_is(status):
                row = admin.execute(
                    "SELECT status, attempts FROM procrastinate_jobs WHERE id = %s", [job]
                ).fetchone()
                return row[0] == status

            assert job_is("doing")
            with house.worker():
                done_s = wait_until(lambda: job_is("succeeded"), seconds=180)
            attempts = admin.execute(
                "SELECT count(*) FROM procrastinate_events WHERE job_id = %s AND type = 'started'", [job]
            ).fetchone()

        tell(
            f"the job of a killed worker was done by the next after {done_s:.0f} s, at its {attempts[0]}. start"
        )
        assert attempts == (2,)
