from __future__ import annotations

import datetime as dt

import pytest

from rupaya.core.days import DayUnreadable, day_parse


class TestDayParse:
    def test_reads_a_day(self):
        assert day_parse("2024-02-29") == dt.date(2024, 2, 29)

    @pytest.mark.parametrize("text", ["2023-02-29", "2024-02-30", "2026-13-01", "2026-00-10", "0000-01-01"])
    def test_says_what_the_calendar_does_not_have(self, text):
        with pytest.raises(DayUnreadable, match=rf"^The calendar has no {text}\.$"):
            day_parse(text)

    @pytest.mark.parametrize(
        "text", ["", "20261123", "2026-1-1", "2026-11-23T00:00", "२०२६-११-२३", "23-11-2026", 5, None]
    )
    def test_says_how_to_write_one(self, text):
        with pytest.raises(DayUnreadable, match=r"^Write the date as YYYY-MM-DD, for example 2026-11-23\.$"):
            day_parse(text)
