"""The dashboard's button, and what it gives."""

from __future__ import annotations

import html

import pytest

from tests.ledger.desk import browser_of, record
from tests.ledger.exports.taking import places_take, take
from tests.support.flags import flag_set


def link_of(response) -> str:
    """Where the button leads; '' where there is none."""
    text = html.unescape(response.content.decode())
    return text.partition('<a class="btn" href="/transactions/export')[2].partition('"')[0]


class TestButton:
    def test_is_there_for_whom_the_flag_is_on(self, on, asha, chitra):
        record(asha)
        record(chitra)
        flag_set(everyone=None, users=[asha.user])

        assert "/transactions/export" in browser_of(asha).get("/transactions").content.decode()
        assert "/transactions/export" not in browser_of(chitra).get("/transactions").content.decode()

    def test_takes_the_filters_along_and_not_the_page(self, on, asha):
        record(asha, description="Tea & cake")
        browser = browser_of(asha)

        page = browser.get(
            "/transactions", {"q": "tea type:expense", "type": "expense", "cursor": "", "utm": "x"}
        )

        assert link_of(page) == "?q=tea+type%3Aexpense&type=expense"

    def test_is_in_the_part_that_htmx_takes(self, on, asha):
        record(asha)

        part = browser_of(asha).get("/transactions?type=expense", headers={"HX-Request": "true"})

        assert link_of(part) == "?type=expense"

    @pytest.mark.parametrize("query", ["", "?q=nothing-like-it", "?q=amount:"])
    def test_is_not_there_where_there_is_nothing_to_take(self, on, asha, query):
        assert b"/transactions/export" not in browser_of(asha).get(f"/transactions{query}").content


class TestTransactionExport:
    def test_gives_what_the_api_gives_marked_for_excel(self, on, asha):
        record(asha, description="चाय")
        record(asha, "income")

        response = browser_of(asha).get("/transactions/export?type=expense")

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Cache-Control"] == "no-store"
        assert response.getvalue() == b"\xef\xbb\xbf" + take(asha, type="expense")

    def test_gives_ndjson_unmarked(self, on, asha):
        record(asha)

        response = browser_of(asha).get("/transactions/export?format=ndjson")

        assert response.getvalue() == take(asha, format="ndjson")

    def test_is_a_page_of_ours_where_the_flag_is_off(self, asha):
        response = browser_of(asha).get("/transactions/export")

        assert response.status_code == 403
        assert b"Feature not available" in response.content
        assert b"Back to the overview" in response.content

    @pytest.mark.parametrize("query", ["format=xlsx", "q=amount:", "type=gift"])
    def test_is_a_page_of_ours_where_it_is_refused(self, on, asha, query):
        response = browser_of(asha).get(f"/transactions/export?{query}")

        assert response.status_code == 400
        assert b"<html" in response.content

    def test_is_a_page_of_ours_where_others_still_run(self, on, asha, raw):
        places_take(raw, asha)

        response = browser_of(asha).get("/transactions/export")

        assert response.status_code == 409
        assert b"are still running" in response.content

    def test_sends_others_to_sign_in(self, client, db):
        assert client.get("/transactions/export?type=income")["Location"] == (
            "/login?next=/transactions/export%3Ftype%3Dincome"
        )
