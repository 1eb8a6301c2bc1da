"""`GET /v1/audit`, as phones read it."""

from __future__ import annotations

import datetime as dt

import pytest

from rupaya.core.ids import uuid7
from tests.ledger.desk import TODAY, Api, guest_make, record, refused


def listed(person, **query):
    response = Api(person).get("audit", **query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


class TestEntryCollection:
    def test_says_who_did_what_in_a_sentence(self, asha):
        record(asha)

        found = listed(asha, resource_type="ledger_transaction")

        assert [entry["summary"] for entry in found] == [
            "Asha Rao added Groceries, ₹500 (Uncategorised · Cash · 20 November 2026)"
        ]
        print(listed(asha, limit=200))
        assert 0
