"""The arithmetic of the benches; no time is asserted."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks.figures import Goal, interleaved, keep, pair, table


class TestGoal:
    @pytest.mark.parametrize(
        ("sign", "bound", "value", "is_met"),
        [("≥", 0.5, 0.5, True), ("≥", 0.5, 0.49, False), ("≤", 2, 2, True), ("≤", 2, 2.01, False)],
    )
    def test_is_met_on_its_own_side(self, sign, bound, value, is_met):
        assert Goal(sign, bound).is_met(value) is is_met


class TestPair:
    def test_takes_the_median_of_the_rounds_ratios(self):
        found = pair("b", "w", "tps", ours=[10, 30, 50], floor=[20, 20, 100], goal=Goal("≥", 0.5))

        assert found.ratios == (0.5, 1.5, 0.5)
        assert (found.ratio, found.ours, found.floor, found.verdict) == (0.5, 30, 20, "met")

    def test_has_no_verdict_without_a_goal(self):
        assert pair("b", "w", "tps", ours=[1], floor=[1]).verdict == ""


class TestInterleaved:
    def test_lets_another_side_be_first_each_round(self, capsys):
        seen = []

        def side(name):
            def measure(number):
                seen.append((number, name))
                return 1.0

            return measure

        found = interleaved({"a": side("a"), "b": side("b")}, rounds=3, bench="x")

        assert seen == [(0, "a"), (0, "b"), (1, "b"), (1, "a"), (2, "a"), (2, "b")]
        assert found == {"a": [1.0] * 3, "b": [1.0] * 3}

    def test_refuses_fewer_than_three_rounds(self):
        with pytest.raises(ValueError, match="at least 3"):
            interleaved({}, rounds=2, bench="x")


class TestTable:
    def test_says_what_was_missed(self):
        text = table(
            [pair("posting", "one", "tps", ours=[1], floor=[4], goal=Goal("≥", 0.5), notes={"clients": 8})]
        )

        assert "0.25" in text
        assert "≥ 0.5" in text
        assert "MISSED" in text
        assert "posting, one: clients 8" in text


class TestKeep:
    def test_writes_every_round(self, tmp_path):
        path = tmp_path / "var" / "x.json"

        keep([pair("b", "w", "ms", ours=[1, 2], floor=[1, 1], goal=Goal("≤", 2))], path, context={"rows": 5})

        kept = json.loads(path.read_text())
        assert kept["rows"] == 5
        assert kept["figures"][0]["ratios"] == [1, 2]
        assert kept["figures"][0]["goal"] == "≤ 2"
        assert kept["machine"]["cores"] >= 1
