"""The file as a program takes it."""

from __future__ import annotations

import pytest

from tests.ledger.desk import Api, record, refused
from tests.ledger.exports.taking import lines_taken, rows_taken, switched_on, take


@pytest.fixture
def on(committed):
    with switched_on():
        yield


class TestTransactionExport:
    def test_a(self, on, asha):
        record(asha)
        record(asha, "transfer", to_account_id=asha.account("Savings account").pk)
        print(take(asha))
        print(take(asha, format="ndjson"))
