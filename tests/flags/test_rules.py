"""What a flag says, without a database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flags.rules import (
    BUCKETS,
    Definition,
    PercentInvalid,
    Person,
    ReasonMissing,
    ScheduleInvalid,
    bucket_of,
    duration_read,
    flag_evaluate,
    instant_read,
    percent_read,
    reason_normal,
)
from rupaya.core.ids import uuid7

NOW = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
FLAGS = st.frozensets(st.integers(1, 2))
ASHA = UUID("019ab1c2-5d70-7a10-8000-0123456789ab")


def says(person=ASHA, *, now=NOW, **fields):
    known = person if isinstance(person, Person | None) else Person(person)
    return flag_evaluate(Definition(1, "probe", **fields), person=known, now=now)


class TestBucketOf:
    def test_stays_for_ever(self):
        assert bucket_of(name="export_transactions", person_id=ASHA) == 6520

    @given(st.uuids(), st.text())
    def test_is_one_of_ten_thousand(self, person, name):
        assert 0 <= bucket_of(name=name.encode(errors="replace").decode(), person_id=person) < BUCKETS

    def test_spreads_people_evenly_and_differently_for_each_flag(self):
        people = [uuid7() for _ in range(4000)]
        first, second = (
            {one for one in people if bucket_of(name=name, person_id=one) < 3000} for name in ("a", "b")
        )

        assert 1060 < len(first) < 1340  # 30 %, within five standard deviations
        assert 250 < len(first & second) < 480  # 9 %: one flag says nothing of the other


class TestFlagEvaluate:
    @given(st.uuids(), st.integers(0, BUCKETS), st.integers(0, BUCKETS))
    def test_keeps_everybody_when_the_percentage_rises(self, person, one, other):
        lower, higher = sorted((one, other))

        assert says(person, buckets=lower).value <= says(person, buckets=higher).value

    @given(st.uuids())
    def test_has_all_at_a_hundred_percent_and_nobody_at_none(self, person):
        assert says(person, buckets=BUCKETS).value is True
        assert says(person, buckets=0).value is False

    @given(
        st.booleans() | st.none(), st.booleans(), st.integers(0, BUCKETS) | st.none(),
        st.sampled_from([None, NOW - HOUR, NOW, NOW + HOUR]), st.sampled_from([None, NOW - HOUR, NOW, NOW + HOUR]),
        st.none() | st.builds(Person, st.uuids(), st.booleans(), st.frozensets(st.integers(1, 3)), FLAGS),
    )  # fmt: skip
    def test_is_on_only_within_its_time_and_for_its_own(self, everyone, staff, buckets, start, end, person):
        said = says(
            person, everyone=everyone, is_for_staff=staff, buckets=buckets, starts_at=start, expires_at=end,
            group_ids=frozenset({1}),
        )  # fmt: skip

        in_time = (start is None or start <= NOW) and (end is None or end > NOW)
        is_its_own = person is not None and (
            1 in person.flag_ids
            or 1 in person.group_ids
            or (staff and person.is_staff)
            or (buckets is not None and bucket_of(name="probe", person_id=person.id) < buckets)
        )
        assert said.value is (in_time and everyone is not False and (bool(everyone) or is_its_own))
        assert said.error_code is None

    def test_begins_and_ends_to_the_instant(self):
        window = {"everyone": True, "starts_at": NOW, "expires_at": NOW + HOUR}
        tick = dt.timedelta(microseconds=1)

        said = [says(now=now, **window).value for now in (NOW - tick, NOW, NOW + HOUR - tick, NOW + HOUR)]

        assert said == [False, True, True, False]


class TestPercentRead:
    @pytest.mark.parametrize(
        ("text", "percent"),
        [("0", "0"), ("100", "100"), (" 30 % ", "30"), ("0.25", "0.25"), ("100.00", "100")],
    )
    def test_reads_two_decimals(self, text, percent):
        assert percent_read(text) == Decimal(percent)

    @pytest.mark.parametrize(
        "text", ["", "-1", "100.01", "1000", "1e2", "0.125", "½", "३०", "inf", "1,5", "0x1"]
    )
    def test_refuses_the_rest(self, text):
        with pytest.raises(PercentInvalid):
            percent_read(text)


class TestDurationRead:
    @pytest.mark.parametrize(
        ("text", "seconds"), [("3600", 3600), ("90m", 5400), ("1h", 3600), (" 2D ", 172_800), ("15s", 15)]
    )
    def test_reads_units(self, text, seconds):
        assert duration_read(text) == seconds

    @pytest.mark.parametrize("text", ["", "0", "-1h", "1.5h", "1w", "367d", "999999999", "h", "१h"])
    def test_refuses_the_rest(self, text):
        with pytest.raises(ScheduleInvalid):
            duration_read(text)


class TestInstantRead:
    @pytest.mark.parametrize(
        ("text", "instant"),
        [("2026-12-01", "2026-11-30T18:30Z"), ("2026-12-01T09:30", "2026-12-01T04:00Z"),
         ("2026-12-01T09:30Z", "2026-12-01T09:30Z"), ("2026-12-01 09:30+01:00", "2026-12-01T08:30Z")],
    )  # fmt: skip
    def test_reads_indias_time_and_offsets(self, text, instant):
        assert instant_read(text) == dt.datetime.fromisoformat(instant)

    @pytest.mark.parametrize(
        "text", ["", "tomorrow", "2026-02-30", "0001-01-01", "25:00", "9999-12-31T23:59-14:00"]
    )
    def test_refuses_the_rest(self, text):
        with pytest.raises(ScheduleInvalid):
            instant_read(text)


class TestReasonNormal:
    def test_keeps_words(self):
        assert reason_normal("  it broke  ") == "it broke"

    @pytest.mark.parametrize("text", ["", " ", "\u200d", "a\nb", "x" * 501, "\u202egnihton"])
    def test_refuses_what_says_nothing(self, text):
        with pytest.raises(ReasonMissing):
            reason_normal(text)
