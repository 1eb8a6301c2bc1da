"""The hourly look at flags."""

from __future__ import annotations

import structlog

from flags.tasks import flags_ending_warn
from tests.support.flags import flag_set, later


class TestFlagsEndingWarn:
    def test_names_what_goes_off_within_a_day(self, db):
        flag_set("soon", everyone=True, expires_at=later(hours=23))
        flag_set("later", everyone=True, expires_at=later(hours=25))
        flag_set("not_begun", everyone=True, starts_at=later(hours=1), expires_at=later(hours=2))
        flag_set("off_anyway", everyone=False, expires_at=later(hours=2))

        with structlog.testing.capture_logs() as lines:
            flags_ending_warn(timestamp=0)

        assert [(line["event"], line["flag"], line["log_level"]) for line in lines] == [
            ("flag.ends_soon", "soon", "warning")
        ]
