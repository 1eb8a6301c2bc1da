"""The API's reference in a browser."""

from __future__ import annotations

import pytest

from tests.journeys.test_accessibility import Reader
from tests.journeys.visitor import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class TestReference:
    def test_leads_from_the_list_to_an_operation_without_trouble(self, visitor):
        asha = visitor()
        asha.go("/v1/docs")

        asha.page.get_by_role("navigation").get_by_role("link", name="Record a transaction").click()

        asha.page.get_by_role("heading", name="Record a transaction", exact=True).wait_for()
        assert '"description": "Groceries"' in asha.page.get_by_role("complementary").inner_text()
        assert asha.page.locator("[aria-current=page]").inner_text().endswith("Record a transaction")

    def test_fits_a_phone_and_leaves_nothing_to_mend(self, visitor):
        asha = visitor(viewport=PHONE)
        reader = Reader(asha)

        for path in ("/v1/docs", "/v1/docs/transaction_create"):
            asha.go(path)
            assert asha.overflow_px <= 0
            reader.read(path)

        assert reader.found == []
