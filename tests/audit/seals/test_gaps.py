from __future__ import annotations

from audit.seals.gaps import gaps_find


class TestGapsFind:
    def test_finds_none_where_all_is_told(self, committed, asha):
        found = []

        assert gaps_find(using="owner", report=found.append) > 10

        assert [gap.sentence() for gap in found] == []
