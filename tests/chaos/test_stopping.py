"""The web server is told to stop, or replaces its workers, while people use it."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from tests.chaos.house import ANSWER_S, HOST, Phone, tell, wait_until
from tests.chaos.test_processes import children, waiting_sql

GRACE_S = 25  # graceful_timeout of deploy/gunicorn.conf.py


class Caller:
    """A device that records and looks in turn, over one connection after another or over one that it keeps."""

    def __init__(self, phone, *, keeps):
        self.phone, self.keeps = phone, keeps
        self.statuses, self.acknowledged = [], set()
        self.refused, self.lost = 0, []
        self._ends = threading.Event()
        self._line = None
        self._thread = threading.Thread(target=self._call_on)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()

    def _call_on(self):
        number = 0
        while not self._ends.is_set():
            number += 1
            self._call(f"call-{self.phone.number}-{number}")
        self._hang_up()

    def _call(self, wish):
        if self._line is None:
            line = http.client.HTTPConnection(HOST, self.phone.port, timeout=ANSWER_S)
            try:
                line.connect()
            except ConnectionRefusedError:  # said before anything was asked: another server may be tried
                self.refused += 1
                time.sleep(0.05)
                return
            self._line = line
        began = time.monotonic()
        try:
            status, is_last = self._asked(self._line, wish)
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(f"{type(error).__name__} after {time.monotonic() - began:.2f} s")
            self._hang_up()
            return
        self.statuses.append(status)
        if status == 201:
            self.acknowledged.add(wish)
        if is_last or not self.keeps:
            self._hang_up()

    def _asked(self, line, wish):
        sent = {
            "Host": "bench.example.in", "X-Forwarded-Proto": "https", "Authorization": f"Bearer {self.phone.token}",
            "X-Forwarded-For": f"203.0.113.{self.phone.number % 250}",
        }  # fmt: skip
        if len(self.statuses) % 2:
            line.request("GET", "/v1/transactions", headers=sent)
        else:
            body = f'{{"type": "expense", "amount": 500, "description": "{wish}"}}'
            own = {"Content-Type": "application/json", "Idempotency-Key": wish}
            line.request("POST", "/v1/transactions", body, sent | own)
        answer = line.getresponse()
        answer.read()
        return answer.status, answer.will_close

    def _hang_up(self):
        if self._line is not None:
            self._line.close()
            self._line = None


@contextmanager
def calling(phones):
    """Every other one keeps its connection."""
    callers = [Caller(phone, keeps=bool(number % 2)) for number, phone in enumerate(phones)]
    for caller in callers:
        caller.__enter__()
    try:
        yield callers
    finally:
        for caller in callers:
            caller.__exit__()


def answered(callers):
    return sum(len(caller.statuses) for caller in callers)


def told(callers):
    statuses = [status for caller in callers for status in caller.statuses]
    counted = ", ".join(f"{statuses.count(status)} × {status}" for status in sorted(set(statuses)))
    refused = sum(caller.refused for caller in callers)
    return f"{counted}; {refused} refused at the door; lost: {[lost for caller in callers for lost in caller.lost]}"


def all_is_well(callers):
    """Every request that was sent was answered, and well."""
    assert [lost for caller in callers for lost in caller.lost] == []
    assert {status for caller in callers for status in caller.statuses} == {200, 201}


def recorded_once(callers, port):
    """What was acknowledged is there, once, and nothing else."""
    for caller in callers:
        caller.phone.port = port
        assert sorted(wish for wish, _ in caller.phone.spent()) == sorted(caller.acknowledged)


class TestTold:
    def test_answers_everybody_who_was_let_in_and_refuses_the_rest(self, house):
        with house.web() as web:
            people = [Phone(web.port, number).sign_up() for number in range(700, 709)]
            *callers, patient = people
            said = []
            waiting = threading.Thread(target=lambda: said.append(patient.spend("patient")))
            with calling(callers) as running:
                wait_until(lambda: answered(running) > 100)
                with house.locked("LOCK TABLE ledger_posting IN EXCLUSIVE MODE"):
                    waiting.start()
                    wait_until(lambda: waiting_sql(house, "ledger_post") > 0)
                    os.kill(web.pid, signal.SIGTERM)
                    stopping = time.monotonic()
                    time.sleep(1)  # it is shutting its doors, with requests that can't go on yet
                code = web.process.wait(GRACE_S)
                stopped_s = time.monotonic() - stopping
            waiting.join()
        with house.web() as after:
            patient.port = after.port
            recorded_once(running, after.port)
            assert [wish for wish, _ in patient.spent()] == ["patient"]

        tell(f"told to stop under load: ended with {code} after {stopped_s:.1f} s; {told(running)}")
        assert code == 0
        assert [one.status for one in said] == [201]
        all_is_well(running)
        assert all(caller.refused for caller in running)


class TestReplaced:
    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_loses_no_request(self, house, workers):
        seen = set()
        often = {
            "WEB_CONCURRENCY": workers,
            "GUNICORN_CMD_ARGS": "--max-requests 60 --max-requests-jitter 20",
        }
        with house.web(**often) as web:
            first = 710 + 10 * int(workers)
            people = [Phone(web.port, number).sign_up() for number in range(first, first + 6)]
            with calling(people) as running:

                def many_served():
                    seen.update(children(web.pid))
                    return len(seen) >= 5

                wait_until(many_served, seconds=90)
            recorded_once(running, web.port)

        tell(f"{len(seen)} processes of {workers} at a time served one after another: {told(running)}")
        all_is_well(running)
        assert not any(caller.refused for caller in running)
