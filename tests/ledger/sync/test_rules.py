"""Cursors: what is written is read again, and nothing else is."""

from __future__ import annotations

import base64
import datetime as dt
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sync.rules import Place, Stretch, cursor_parse, cursor_write, epoch_tag


def _stretch(places, place):
    since, low, high = sorted(places)
    return Stretch(since, low, high, place)


XIDS = st.integers(0, 2**63 - 1)
PLACES = st.builds(Place, st.integers(1, 8), st.uuids(), st.uuids(), XIDS, st.dates(), st.uuids())
STRETCHES = st.builds(_stretch, st.tuples(XIDS, XIDS, XIDS), PLACES)
NIL = str(UUID(int=0))
WITHIN = ["tag", 1, 2, 3, 5, NIL, NIL, 0, "2026-11-20", NIL]


def encoded(parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


class TestCursorWrite:
    @given(since=XIDS)
    def test_says_where_a_stretch_ended(self, since):
        assert cursor_parse(cursor_write("tag", since=since)) == ("tag", since, None)

    @given(stretch=STRETCHES)
    def test_says_where_one_stands_within_a_stretch(self, stretch):
        written = cursor_write("0123456789abcdef", since=stretch.since, stretch=stretch)

        assert cursor_parse(written) == ("0123456789abcdef", stretch.since, stretch)


class TestCursorParse:
    @given(text=st.text())
    def test_never_fails(self, text):
        cursor_parse(text)

    def test_reads_one_within_a_stretch(self):
        within = Stretch(1, 2, 3, Place(5, date=dt.date(2026, 11, 20)))

        assert cursor_parse(encoded(WITHIN)) == ("tag", 1, within)

    @pytest.mark.parametrize(
        "parts",
        [
            [],
            {},
            ["tag"],
            ["tag", "1"],
            ["tag", -1],
            ["tag", True],
            ["tag", 1.0],
            ["tag", 2**63],
            [1, 1],
            ["tag", 1, 2],
            WITHIN[:-1],
            [*WITHIN, 1],
            *[
                [*WITHIN[:place], value, *WITHIN[place + 1 :]]
                for place, value in [
                    (1, 3), (2, 4), (3, 1), (3, "3"), (4, 0), (4, 9), (4, "5"), (4, 5.5), (4, None), (5, "x"),
                    (5, None), (6, 1), (7, -1), (7, None), (8, "yesterday"), (8, 20261120), (9, ""), (9, None),
                ]
            ],
        ],
        ids=str,
    )  # fmt: skip
    def test_knows_what_was_never_written_here(self, parts):
        assert cursor_parse(encoded(parts)) is None

    @pytest.mark.parametrize("text", ["x", "?", "W10", "é" * 9, "A" * 501, encoded(["tag", 1]) + "*", "[1]"])
    def test_knows_what_is_no_cursor(self, text):
        assert cursor_parse(text) is None


class TestEpochTag:
    def test_is_of_one_person_and_epoch(self):
        one, other = UUID(int=1), UUID(int=2)

        tags = {epoch_tag(epoch=epoch, user_id=person) for epoch in ("a", "b") for person in (one, other)}

        assert len(tags) == 4
        assert epoch_tag(epoch="a", user_id=one) in tags


class TestStretch:
    def test_needs_what_happened_since_it_began(self):
        assert Stretch(5, 8, 9).needs_from == 5
        assert not Stretch(5, 8, 9).is_whole

    def test_of_everything_needs_only_what_happens_from_now_on(self):
        assert Stretch(0, 8, 9).needs_from == 8
        assert Stretch(0, 8, 9).is_whole
