"""Counting in Valkey, and what happens while that is away, frozen, full or new."""

from __future__ import annotations

import time

import pytest
import structlog
from django.conf import settings as project
from redis.exceptions import ConnectionError as RedisConnectionError

from rupaya.core import counting
from rupaya.core.counting import PAUSE_S, Breaker, CountingAway, breaker
from rupaya.core.limits import LimitReached, usage_count, usage_give_back
from tests.accounts.phone import at_once
from tests.rupaya.core.asking import bearer_of
from tests.support.limits import address_new, client_new
from tests.support.valkey import valkey_of_ones_own

pytestmark = pytest.mark.usefixtures("promised_limits")
SOCKET_S = 0.3


@pytest.fixture
def valkey(settings):
    """One of our own, which the settings name."""
    with valkey_of_ones_own() as own:
        settings.CACHES = {**project.CACHES, "default": {**project.CACHES["default"], "LOCATION": own.url}}
        yield own


def ask(client, headers):
    """The answer, and the seconds it took."""
    started = time.perf_counter()
    response = client.get("/v1/me", headers=headers)
    return response, time.perf_counter() - started


class TestBreaker:
    def refuse(self):
        self.asked += 1
        raise RedisConnectionError

    def test_asks_nobody_for_a_while_after_a_failure(self):
        own, self.asked = Breaker(), 0

        for _ in range(10):
            with pytest.raises(CountingAway):
                own.ask(self.refuse)

        assert self.asked == 1

    def test_lets_one_try_for_all_then(self, monkeypatch):
        own, self.asked = Breaker(), 0
        with pytest.raises(CountingAway):
            own.ask(self.refuse)
        later = time.monotonic() + PAUSE_S + 1
        monkeypatch.setattr("rupaya.core.pausing.time.monotonic", lambda: later)

        def late(_number):
            with pytest.raises(CountingAway):
                own.ask(self.refuse)

        at_once(8, late)

        assert self.asked == 2

    def test_goes_on_as_before_once_it_is_answered(self, monkeypatch):
        own, self.asked = Breaker(), 0
        with pytest.raises(CountingAway):
            own.ask(self.refuse)
        later = time.monotonic() + PAUSE_S + 1
        monkeypatch.setattr("rupaya.core.pausing.time.monotonic", lambda: later)

        assert [own.ask(lambda: "well") for _ in range(3)] == ["well"] * 3

    def test_lets_a_fault_of_ours_through(self):
        own = Breaker()

        with pytest.raises(ZeroDivisionError):
            own.ask(lambda: 1 // 0)
        assert own.ask(lambda: "well") == "well"


class TestWhileValkeyIsAway:
    def test_requests_go_on_uncounted(self, committed, asha, valkey):
        client, headers = client_new(), bearer_of(asha)
        valkey.kill()

        said = [ask(client, headers)[0] for _ in range(110)]

        assert {response.status_code for response in said} == {200}
        assert "RateLimit-Limit" not in said[0]

    def test_it_is_logged_once_for_many(self, committed, asha, valkey):
        client, headers = client_new(), bearer_of(asha)
        valkey.kill()

        with structlog.testing.capture_logs() as lines:
            for _ in range(5):
                ask(client, headers)

        assert [line["event"] for line in lines].count("limits.not_counting") == 1

    def test_a_frozen_one_costs_one_request_the_time_of_its_socket(self, committed, asha, valkey):
        client, headers = client_new(), bearer_of(asha)
        ask(client, headers)
        valkey.freeze()

        took = [ask(client, headers)[1] for _ in range(20)]

        assert SOCKET_S <= took[0] < SOCKET_S + 0.5
        assert max(took[1:]) < SOCKET_S

    def test_counting_goes_on_where_it_was_when_a_frozen_one_thaws(
        self, committed, asha, valkey, monkeypatch
    ):
        monkeypatch.setattr(counting.breaker._pause, "seconds", 0.1)
        client, headers = client_new(), bearer_of(asha)
        first, _ = ask(client, headers)
        valkey.freeze()
        ask(client, headers)
        valkey.thaw()
        time.sleep(0.3)

        response, _ = ask(client, headers)

        assert int(first["RateLimit-Remaining"]) == 99
        assert int(response["RateLimit-Remaining"]) in {
            97,
            98,
        }  # the frozen one may have counted what it was sent

    def test_counting_begins_anew_in_one_that_was_started_again(self, committed, asha, valkey):
        client, headers = client_new(), bearer_of(asha)
        ask(client, headers)
        valkey.kill()
        ask(client, headers)
        valkey.start()
        breaker.reset()

        response, _ = ask(client, headers)

        assert response["RateLimit-Remaining"] == "99"

    def test_a_full_one_counts_as_away(self, committed, asha, valkey):
        valkey.client().config_set("maxmemory", "1")

        response, _ = ask(client_new(), bearer_of(asha))

        assert response.status_code == 200
        assert "RateLimit-Limit" not in response

    def test_what_can_not_be_given_back_stays_counted(self, valkey):
        usage = usage_count(name="login", who=address_new())
        valkey.kill()

        assert usage_give_back(usage).counted == 1


class TestAFlushedValkey:
    def test_is_counted_in_anew(self, valkey):
        who = address_new()
        for _ in range(5):
            usage_count(name="login", who=who)
        with pytest.raises(LimitReached):
            usage_count(name="login", who=who)

        valkey.client().flushall()
        valkey.client().script_flush()

        assert usage_count(name="login", who=who).counted == 1
