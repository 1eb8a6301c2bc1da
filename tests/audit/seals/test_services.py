from __future__ import annotations

from tests.audit.seals.sealing import seal_all, verify


class TestSealMake:
    def test_seals(self, committed, asha):
        made = seal_all()
        assert made.is_complete
        assert made.size == made.entries
        assert verify().differences == []
        assert seal_all() is None
