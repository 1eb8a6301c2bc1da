"""The same request many times at once, with real commits and a connection each."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

from rupaya.core import clock
from tests.accounts.phone import at_once
from tests.ledger.desk import counts, refused
from tests.ledger.idempotency.keys import CLAIM, GROCERIES, WISHES, Phone, act, keys_of, told, wish_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("committed")]
REPLAYED = "Idempotency-Replayed"
BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def phone(asha):
    return Phone(asha)


@contextmanager
def somebody_waits(admin_url, work):
    """The future of what `work` gives, once its connection waits for a lock."""

    def one():
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, psycopg.connect(admin_url, autocommit=True) as admin:
        future = pool.submit(one)
        ends = time.monotonic() + 3
        while admin.execute(BLOCKED).fetchone() == (0,):
            assert time.monotonic() < ends, "nobody waits"
            time.sleep(0.01)
        yield future


class TestOnce:
    def test_makes_one_transaction_of_fifty_requests_at_once(self, phone, asha):
        ready = threading.Barrier(50)

        def send(_):
            ready.wait()
            return phone.post("wish-1")

        answers = at_once(50, send)

        assert Counter(answer.status_code for answer in answers) == {201: 50}
        assert len({answer.content for answer in answers}) == 1
        assert Counter(answer.get(REPLAYED) for answer in answers) == {"true": 49, None: 1}
        assert (counts(asha)["ledger_transaction"], len(keys_of(asha))) == (1, 1)

    def test_lets_one_of_two_requests_with_different_bodies_have_the_key(self, phone, asha):
        bodies = [GROCERIES.replace("500", str(amount)) for amount in range(1, 21)]

        answers = at_once(20, lambda number: phone.post("wish-1", body=bodies[number]))

        assert Counter(answer.status_code for answer in answers) == {201: 1, 422: 19}
        assert counts(asha)["ledger_transaction"] == 1

    def test_does_not_make_other_keys_wait(self, phone, asha, raw):
        act(raw, asha)
        raw.execute(CLAIM, ["wish-1", clock.now()])

        assert phone.post("wish-2").status_code == 201

    def test_does_not_make_another_person_with_the_same_key_wait(self, asha, bala, raw):
        act(raw, asha)
        raw.execute(CLAIM, ["wish-1", clock.now()])

        assert Phone(bala).post("wish-1").status_code == 201

    def test_gives_up_while_the_first_is_held_open(self, phone, asha, raw):
        act(raw, asha)
        raw.execute(CLAIM, ["wish-1", clock.now()])
        began = clock.now()

        refused(phone.post("wish-1"), 409, "idempotency_key_in_use")

        assert dt.timedelta(seconds=3.9) < clock.now() - began < dt.timedelta(seconds=6)
        raw.rollback()
        assert phone.post("wish-1").status_code == 201

    def test_gives_up_whatever_moves_money_while_the_first_is_held_open(self, phone, asha, raw):
        wishes = {name: wish_of(asha, name) for name in WISHES}
        before = counts(asha)
        act(raw, asha)
        for name in wishes:
            raw.execute(CLAIM, [name.replace(" ", "-"), clock.now()])

        def send(number):
            name, (path, body) = list(wishes.items())[number]
            return phone.post(name.replace(" ", "-"), path=path, body=body)

        for answer in at_once(len(wishes), send):
            refused(answer, 409, "idempotency_key_in_use")

        assert counts(asha) == before

    def test_gives_the_key_to_the_next_when_the_first_is_killed(self, phone, asha, admin_url):
        first = psycopg.connect(os.environ["DATABASE_URL"])
        act(first, asha)
        first.execute(CLAIM, ["wish-1", clock.now()])

        with somebody_waits(admin_url, lambda: phone.post("wish-1")) as waiting:
            with psycopg.connect(admin_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", [first.info.backend_pid])
            response = waiting.result(timeout=5)
        first.close()

        assert response.status_code == 201
        assert REPLAYED not in response
        assert told(phone.post("wish-1")) == told(response)
        assert counts(asha)["ledger_transaction"] == 1

    def test_gives_the_key_to_the_next_when_the_first_is_refused(self, phone, asha, raw, admin_url):
        act(raw, asha)
        raw.execute(CLAIM, ["wish-1", clock.now()])

        with somebody_waits(admin_url, lambda: phone.post("wish-1")) as waiting:
            raw.rollback()
            response = waiting.result(timeout=5)

        assert (response.status_code, response.get(REPLAYED)) == (201, None)
