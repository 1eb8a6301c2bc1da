"""The log of the worker's own database, which holds whatever other tests committed before."""

from __future__ import annotations

from tests.audit.seals.sealing import seal_all, verify
from tests.support.cast import person_make


class TestLogVerify:
    def test_finds_nothing_in_what_all_others_wrote(self, committed):
        seal_all()
        person_make("Dev")
        seal_all()

        assert verify().differences == []
