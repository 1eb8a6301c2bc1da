"""Who may, and what the log says of it."""

from __future__ import annotations

import pytest

from audit.models import AuditLog
from ledger.exports.services import FeatureUnavailable, export_allow
from rupaya.core.db import acting_as
from tests.ledger.desk import Api, browser_of, record
from tests.ledger.exports.taking import places_take, switched_on, take


def told(person):
    """What the log says of the person's exports, as they see it."""
    with acting_as(person.actor):
        found = AuditLog.objects.filter(action="EXPORTED", user_id=person.id).order_by("created_at", "id")
        return [(entry.resource_type, entry.resource_id, entry.book_id, entry.changes) for entry in found]


class TestExportAllow:
    def test_refuses_whom_it_is_off_for(self, asha, chitra):
        with switched_on(everyone=None, users=[asha.user]), acting_as(asha.actor):
            export_allow(user=asha.user)
            with pytest.raises(FeatureUnavailable, match=r"^Feature not available$"):
                export_allow(user=chitra.user)

    def test_is_part_of_a_transaction(self, committed, asha):
        with pytest.raises(RuntimeError):
            export_allow(user=asha.user)


class TestExportRecord:
    def test_says_what_was_taken_and_not_what_was_sought(self, on, asha):
        record(asha)

        take(asha, format="ndjson", q="surprise", type="expense")
        browser_of(asha).get("/transactions/export").getvalue()

        book = asha.book.pk
        assert told(asha) == [
            ("ledger_book", str(book), book, {"format": "ndjson", "filters": ["q", "type"]}),
            ("ledger_book", str(book), book, {"format": "csv", "filters": []}),
        ]

    def test_says_so_though_the_client_leaves(self, on, asha):
        record(asha)

        Api(asha).get("transactions/export").close()

        assert len(told(asha)) == 1

    def test_says_nothing_of_what_was_refused(self, on, asha, raw):
        Api(asha).get("transactions/export", format="xlsx")
        Api(asha).get("transactions/export", q="amount:")
        Api(asha).client.head("/v1/transactions/export")
        places_take(raw, asha)
        Api(asha).get("transactions/export")

        assert told(asha) == []
