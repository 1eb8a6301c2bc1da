"""PostgreSQL dies, is locked, or has no connection left."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial

from tests.chaos.house import Phone, Writers, tell, wait_until


def each_once(phones, acknowledged):
    """Every acknowledged wish is there under its id, and no wish is there twice; returns how many there are."""
    recorded = [pair for phone in phones for pair in phone.spent()]
    wishes = [wish for wish, _ in recorded]
    assert len(set(wishes)) == len(wishes)
    assert dict(recorded).items() >= acknowledged.items()
    return len(wishes)


class TestKilled:
    def test_keeps_every_acknowledged_write_and_none_twice(self, house, web, phones):
        people = phones(8)
        writers = Writers(people)
        with writers.writing():
            for _ in range(2):
                time.sleep(2)
                before = len(writers.acknowledged)
                os.kill(house.postmaster(), signal.SIGKILL)
                time.sleep(1)
                house.database_start()
                back_s = wait_until(partial(writers.has_more_than, before + 8))
                tell(f"writing again {back_s:.1f} s after PostgreSQL was started again")

        recorded = each_once(people, writers.acknowledged)

        tell(f"{writers.told()}; {recorded} recorded")
        assert set(writers.statuses) <= {0, 200, 201, 409, 503}
        assert house.command("verify_ledger").returncode == 0

    def test_says_so_at_once_and_recovers_without_a_restart(self, house, web, phones):
        (person,) = phones(1)
        os.kill(house.postmaster(), signal.SIGKILL)

        said = [person.ask("GET", "/v1/transactions") for _ in range(3)]
        health = person.ask("GET", "/health")
        house.database_start()
        back_s = wait_until(lambda: person.ask("GET", "/v1/transactions").status == 200)

        tell(
            f"without a database: {[f'{one.status} in {one.seconds:.1f} s' for one in said]}; back after {back_s:.1f} s"
        )
        assert {one.status for one in said} == {503}
        assert all(one.headers["retry-after"] for one in said)
        assert health.status == 503
        assert back_s < 15


class TestLocked:
    def test_lets_reads_fail_fast_and_says_when_to_come_again(self, house, web, phones):
        (person,) = phones(1)
        with house.locked("LOCK TABLE ledger_transaction IN ACCESS EXCLUSIVE MODE"):
            said = person.ask("GET", "/v1/transactions")
            health = person.ask("GET", "/health")

        tell(f"a locked table: {said.status} after {said.seconds:.1f} s; health meanwhile {health.status}")
        assert said.status == 503
        assert said.headers["retry-after"]
        assert said.seconds < 8
        assert health.status == 200
        assert person.ask("GET", "/v1/transactions").status == 200


class TestPoolExhausted:
    def test_makes_others_wait_and_never_forever(self, house):
        with house.web(DATABASE_POOL_SIZE="2", WEB_CONCURRENCY="1", WEB_THREADS="8") as web:
            person = Phone(web.port, 900).sign_up()
            said = []

            def look():
                said.append(person.ask("GET", "/v1/transactions"))

            with house.locked("LOCK TABLE ledger_transaction IN ACCESS EXCLUSIVE MODE"):
                threads = [
                    threading.Thread(target=lambda: said.append(person.ask("GET", "/v1/transactions")))
                    for _ in range(6)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            after = person.ask("GET", "/v1/transactions")

        tell(
            f"six requests on two connections: {sorted((one.status, round(one.seconds, 1)) for one in said)}"
        )
        assert {one.status for one in said} == {503}
        assert all(one.headers["retry-after"] and one.seconds < 25 for one in said)
        assert after.status == 200
