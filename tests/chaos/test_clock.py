"""Two machines whose clocks differ, one database."""

from __future__ import annotations

import pytest

from tests.chaos.house import Phone, tell

_SKEWED = "tests.chaos.skewed:application"


class TestSkewed:
    @pytest.mark.parametrize(("hours", "number"), [(-26, 950), (26, 951)])
    def test_records_once_whatever_the_web_servers_clock_says(self, house, hours, number):
        with house.web() as right, house.web(_SKEWED, CLOCK_SKEW_S=str(3600 * hours)) as wrong:
            person = Phone(right.port, number).sign_up()
            first = person.spend("once")
            other = Phone(wrong.port, number, person.token)
            refused = other.spend("once")
            signed_in = other.sign_in()
            assert signed_in.status == 200, signed_in
            other.token = signed_in.body["access_token"]
            repeated = other.spend("once")
            second = other.spend("second")
            recorded = person.spent()

        tell(f"a clock off by {hours} h: another's token {refused.status}, a repeat {repeated.status}")
        assert first.status == repeated.status == second.status == 201
        assert repeated.body["id"] == first.body["id"]
        assert repeated.headers["idempotency-replayed"] == "true"
        assert sorted(wish for wish, _ in recorded) == ["once", "second"]
