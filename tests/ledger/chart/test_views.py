from __future__ import annotations

import pytest

from ledger.chart.starter_india import STARTER_CHART
from tests.ledger.desk import Api, guest_make, refused


class TestCategoryCollection:
    def test_gives_every_category(self, asha):
        body = Api(asha).get("categories").json()

        wanted = {starter.name for starter in STARTER_CHART if starter.type in {"income", "expense"}}
        assert {item["name"] for item in body["results"]} == wanted
        assert set(body["results"][0]) == {"id", "name", "type", "icon", "parent_id", "is_uncategorised"}
        assert {item["name"] for item in body["results"] if item["is_uncategorised"]} == {
            "Other income",
            "Uncategorised",
        }
        assert (body["next"], body["previous"]) == (None, None)

    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url):
        own = Api(asha).get("categories").json()

        assert Api(guest_make(admin_url, book=asha.book, role="viewer")).get("categories").json() == own
        refused(Api(chitra).get("categories", book_id=asha.book.pk), 404, "book_not_found")

    @pytest.mark.parametrize("book_id", ["x", "\x00"])
    def test_refuses_a_book_that_is_none(self, asha, book_id):
        refused(Api(asha).get("categories", book_id=book_id), 400, "invalid", "book_id")
