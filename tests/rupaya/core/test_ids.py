"""Ids whose order is the order of their making."""

from __future__ import annotations

import time
import uuid

from rupaya.core.ids import uuid7


class TestUuid7:
    def test_is_of_version_seven_and_the_rfcs_variant(self):
        made = uuid7()

        assert made.version == 7
        assert made.variant == uuid.RFC_4122

    def test_holds_the_present_millisecond(self):
        before = time.time_ns() // 1_000_000
        made = uuid7()
        after = time.time_ns() // 1_000_000

        assert before <= made.int >> 80 <= after

    def test_is_never_made_twice(self):
        assert len({uuid7() for _ in range(20_000)}) == 20_000

    def test_sorts_by_the_time_of_its_making(self, monkeypatch):
        made = []
        for millisecond in (5, 1_700_000_000_000, 1_700_000_000_001, 2**48 - 1):
            monkeypatch.setattr(time, "time_ns", lambda at=millisecond: at * 1_000_000)
            made.append(uuid7())

        assert made == sorted(made)
