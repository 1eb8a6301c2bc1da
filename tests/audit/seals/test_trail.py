"""What is kept of differences, and what is said of the rest."""

from __future__ import annotations

from audit.seals.trail import DIFFERENCES_MAX, Difference, Findings, many


class TestFindings:
    def test_keeps_some_of_each_kind_and_counts_all(self):
        found = Findings(seals=1, leaves=2, erased=0)

        for number in range(DIFFERENCES_MAX + 7):
            found.report(Difference("altered", f"the {number}."))
        found.report(Difference("gap", "a trigger is off"))

        assert [told.kind for told in found.differences].count("altered") == DIFFERENCES_MAX
        assert found.differences[-1].kind == "gap"
        assert found.lines()[-1] == "altered: and 7 more"
        assert found.total == DIFFERENCES_MAX + 8
        assert found.summary() == "1 seal, 2 leaves, 0 erased: 108 differences."


class TestMany:
    def test_says_one_or_more(self):
        assert [many(1, "leaf", "leaves"), many(2, "leaf", "leaves"), many(0, "seal")] == [
            "1 leaf", "2 leaves", "0 seals",
        ]  # fmt: skip
