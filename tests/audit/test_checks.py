"""How verifications ended."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from audit.checks import check_gauges, check_keep


class TestCheckKeep:
    def test_wants_a_transaction(self, committed):
        with pytest.raises(RuntimeError):
            check_keep(name="ledger", differences=0, using="default")

    def test_is_not_for_those_who_serve_people(self, raw):
        for attack in (
            "INSERT INTO audit_check VALUES ('ledger', 0, now())",
            "UPDATE audit_check SET differences = 0",
            "DELETE FROM audit_check",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                raw.execute(attack)
            raw.rollback()


class TestCheckGauges:
    def test_tells_the_last_of_each(self, db, admin_url):
        with psycopg.connect(admin_url) as owner:
            owner.execute(
                "INSERT INTO audit_check VALUES ('probe', 3, now() - interval '1 hour')"
                " ON CONFLICT (name) DO UPDATE SET differences = 3, checked_at = now() - interval '1 hour'"
            )

        differences, age = check_gauges()

        assert ({"check": "probe"}, 3) in differences.samples
        assert 3500 < {labels["check"]: value for labels, value in age.samples}["probe"] < 3700
