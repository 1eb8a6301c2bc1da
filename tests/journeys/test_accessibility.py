"""axe-core finds nothing to mend on any page, by day or by night, empty, full or refused."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.visitor import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Reader:
    """Asks axe about a visitor's page in both themes and keeps what it found."""

    def __init__(self, visitor) -> None:
        self.visitor = visitor
        self.axe = Axe()
        self.found: list[str] = []

    def read(self, name: str) -> None:
        for scheme in ("light", "dark"):
            self.visitor.page.emulate_media(color_scheme=scheme)
            answer = self.axe.run(self.visitor.page).response
            self.found += [
                f"{name}, {scheme}: {violation['id']} at {[node['target'] for node in violation['nodes']]}"
                for violation in answer["violations"]
            ]
            assert answer["passes"], name  # axe looked at something


@pytest.fixture
def reader(visitor):
    one = visitor(viewport=PHONE)
    one.expected = {400, 401, 404, 422}
    return Reader(one)


class TestAxe:
    def test_finds_nothing_at_the_door(self, reader):
        asha = reader.visitor

        for path in ("/login", "/signup", "/nowhere"):
            asha.go(path)
            reader.read(path)
        asha.go("/login")
        asha.sign_in("not my password")
        asha.page.get_by_role("alert").wait_for()
        reader.read("login refused")

        assert reader.found == []

    def test_finds_nothing_in_an_empty_book(self, reader):
        asha = reader.visitor
        asha.sign_up()

        for path in (
            "/",
            "/transactions",
            "/transactions/new",
            "/statements",
            "/accounts",
            "/activity",
            "/activity/you",
        ):
            asha.go(path)
            reader.read(f"{path} empty")

        assert reader.found == []

    def test_finds_nothing_in_a_full_book(self, reader):
        asha = reader.visitor
        asha.sign_up()
        asha.add("Expense", "100", "By hand", on="2026-04-03", account="Savings account")
        asha.page.wait_for_url("**/transactions")
        asha.read_file("hdfc_delimited.txt")
        asha.page.get_by_label("Also record").wait_for()
        reader.read("preview with a difference")
        asha.page.get_by_label("Also record").check()
        asha.press("Import 10 transactions")
        asha.page.wait_for_load_state()
        reader.read("imported")
        asha.add("Expense", "2346.50", "BigBasket", category="Groceries")
        asha.page.wait_for_url("**/transactions")

        for path in ("/", "/transactions", "/statements", "/accounts"):
            asha.go(path)
            reader.read(f"{path} full")
        asha.go("/transactions")
        asha.page.get_by_role("link", name="BigBasket").click()
        asha.page.get_by_role("button", name="Save changes").wait_for()
        reader.read("a transaction")
        asha.press("Make void")
        reader.read("a void transaction")

        assert reader.found == []

    def test_finds_nothing_in_refusals(self, reader):
        asha = reader.visitor
        asha.sign_up()
        asha.add("Transfer", "0", "Nowhere")
        asha.page.get_by_role("alert").wait_for()
        reader.read("form refused")
        asha.read_file("broken.txt", data=b"no bank wrote this")
        asha.page.get_by_role("alert").wait_for()
        reader.read("file refused")

        assert reader.found == []
