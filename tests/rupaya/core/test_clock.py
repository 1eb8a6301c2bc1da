"""The one clock."""

from __future__ import annotations

import datetime as dt

import time_machine

from rupaya.core import clock


class TestNow:
    def test_is_an_instant_in_utc(self):
        with time_machine.travel("2026-11-23T20:00:00Z", tick=False):
            assert clock.now() == dt.datetime(2026, 11, 23, 20, tzinfo=dt.UTC)
            assert clock.now().utcoffset() == dt.timedelta(0)


class TestToday:
    def test_turns_at_midnight_in_india(self):
        with time_machine.travel("2026-11-23T18:29:59Z", tick=False):
            assert clock.today() == dt.date(2026, 11, 23)
        with time_machine.travel("2026-11-23T18:30:00Z", tick=False):
            assert clock.today() == dt.date(2026, 11, 24)

    def test_turns_at_midnight_of_the_zone_that_is_asked_for(self):
        with time_machine.travel("2026-11-23T18:30:00Z", tick=False):
            assert clock.today(zone=dt.UTC) == dt.date(2026, 11, 23)
