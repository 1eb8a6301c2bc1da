"""Waiting with an end."""

from __future__ import annotations

import pytest

from rupaya.ops.plans import OpsError
from rupaya.ops.waiting import wait_until
from tests.rupaya.ops.aws import Time


def steps(*seen):
    left = list(seen)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


class TestWaitUntil:
    def test_ends_as_soon_as_it_is_done(self):
        time = Time()
        said: list[str] = []

        wait_until(steps((False, "one"), (True, "two")), patience=time.patience(), say=said.append, what="It")

        assert (said, time.seconds) == (["one", "two"], 5)

    def test_says_a_thing_once(self):
        time = Time()
        said: list[str] = []

        wait_until(
            steps((False, "one"), (False, "one"), (True, "one")),
            patience=time.patience(),
            say=said.append,
            what="It",
        )

        assert said == ["one"]

    def test_ends_at_the_limit_with_what_was_seen_last(self):
        time = Time()

        with pytest.raises(OpsError, match=r"It took longer than 60 s\. Last seen: one"):
            wait_until(steps((False, "one")), patience=time.patience(60), say=lambda _: None, what="It")

        assert time.seconds <= 60

    def test_looks_once_even_without_time(self):
        wait_until(lambda: (True, ""), patience=Time().patience(0), say=lambda _: None, what="It")
