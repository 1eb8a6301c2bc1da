"""The dashboard as people meet it: in a browser, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import DESKTOP, FIXTURES, PHONE
from tests.ledger.exports.taking import switched_on

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HDFC, SBI = "hdfc_delimited.txt", "sbi.xls"


class TestFirstMinutes:
    def test_a_new_household_is_shown_where_to_start(self, visitor):
        asha = visitor()

        asha.sign_up()

        assert "Namaste, Asha" in asha.text
        for way in ("Import a bank statement", "Add a transaction", "Look at your accounts"):
            expect(asha.page.get_by_role("link", name=way)).to_be_visible()
        asha.go("/transactions")
        assert "No transactions yet" in asha.text

    def test_money_in_out_moved_and_split_is_listed_and_added_up(self, visitor):
        asha = visitor()
        asha.sign_up()

        asha.add("Income", "1,85,000", "Salary", category="Salary")
        asha.add("Expense", "₹2346.50", "BigBasket", category="Groceries")
        asha.add("Transfer", "10000", "To the bank", account="Cash", to_account="Savings account")
        self._split(asha)

        rows = asha.page.locator("#rows li").all_inner_texts()
        assert [row.split("\n")[0] for row in rows] == ["Diwali", "To the bank", "BigBasket", "Salary"]
        amounts = asha.page.locator("#rows .amount").all_inner_texts()
        assert amounts == ["-₹900", "₹10,000", "-₹2346.50", "+₹1,85,000"]
        asha.go("/")
        assert "₹1,81,753.50" in asha.page.locator(".hero").inner_text()
        asha.go("/accounts")
        assert "₹1,71,753.50" in asha.text

    def _split(self, asha):
        asha.go("/transactions/new")
        asha.page.locator("#id_amount").fill("900")
        asha.page.locator("#id_description").fill("Diwali")
        asha.page.get_by_text("Split over several categories").click()
        parts = asha.page.locator(".split:visible")
        for part, category, amount in ((0, "Gifts and donations", "600"), (1, "Eating out", "300")):
            parts.nth(part).locator("select").select_option(label=category)
            parts.nth(part).locator("input[type=text]").fill(amount)
        asha.page.get_by_role("button", name="Save transaction").click()
        asha.page.wait_for_url("**/transactions")

    def test_the_filter_loads_only_the_rows_and_the_back_button_takes_it_off(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.add("Income", "100", "Gift from Aai")
        asha.add("Expense", "40", "Chai")
        asha.page.wait_for_load_state()
        asha.page.evaluate("window.isSamePage = true")

        asha.page.get_by_role("link", name="Income").click()

        asha.page.wait_for_url("**/transactions?type=income")
        expect(asha.page.locator("#rows li")).to_have_count(1)
        assert asha.page.evaluate("window.isSamePage")
        asha.page.go_back()
        expect(asha.page.locator("#rows li")).to_have_count(2)
        assert asha.page.url.endswith("/transactions")

    def test_a_wrong_entry_keeps_what_was_typed_and_says_what_is_wrong(self, visitor):
        asha = visitor()
        asha.expected = {400}
        asha.sign_up()

        asha.add("Expense", "12.345", "Three decimals")

        assert asha.page.locator("#id_amount").input_value() == "12.345"
        assert asha.page.locator("#id_description").input_value() == "Three decimals"
        assert asha.page.locator("#id_amount").get_attribute("aria-invalid") == "true"
        expect(asha.page.locator(".field-amount .errorlist")).to_be_visible()


class TestImport:
    def test_a_file_is_looked_at_before_it_is_in_the_books(self, visitor):
        asha = visitor()
        asha.sign_up()

        asha.read_file(HDFC)

        assert "Ready to import 10 transactions" in asha.text
        assert "MEENA TIFFIN SERVICE" in asha.text
        assert "agree with the bank to the paisa" in asha.text
        assert "Known already" not in asha.text
        asha.press("Import 10 transactions")
        assert "10 imported" in asha.page.get_by_role("status").first.inner_text()
        assert "This statement is in your books" in asha.text
        asha.go("/accounts")
        assert "₹93,683.25" in asha.text

    def test_the_same_file_again_is_recognised(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.read_file(HDFC)
        asha.press("Import 10 transactions")

        asha.read_file(HDFC)

        assert "This statement is in your books" in asha.text
        assert asha.page.get_by_role("button", name="Import").count() == 0

    def test_a_file_without_anything_new_says_so_and_can_be_let_go(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.read_file(HDFC)
        asha.press("Import 10 transactions")

        asha.read_file("again.txt", data=(FIXTURES / HDFC).read_bytes() + b"\n")

        assert "Nothing in this file is new" in asha.text
        assert asha.page.get_by_text("Known already").count() == 10
        assert asha.page.get_by_role("button", name="Import").count() == 0
        asha.press("Discard this file")
        assert "nothing was imported" in asha.text
        assert "again.txt" not in asha.text

    def test_a_new_account_is_opened_for_a_file(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.go("/statements")
        name = asha.page.get_by_label("Name of the new account")
        expect(name).to_be_hidden()

        asha.page.locator("#id_account").select_option(label="A new account…")
        expect(name).to_be_visible()
        name.fill("SBI Ernakulam")
        asha.page.locator("#id_file").set_input_files(FIXTURES / SBI)
        asha.press("Read the file")
        asha.press("Import 7 transactions")

        asha.go("/accounts")
        assert "SBI Ernakulam" in asha.text
        assert "₹7,23,512.75" in asha.text

    def test_a_difference_is_only_adjusted_when_the_person_says_so(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.add("Expense", "100", "By hand", on="2026-04-03", account="Savings account")

        asha.read_file(HDFC)
        assert "a difference of ₹100" in asha.text
        asha.press("Import 10 transactions")
        assert "Ready to import 10 transactions" in asha.text
        asha.page.get_by_label("Also record").check()
        asha.press("Import 10 transactions")

        assert "This statement is in your books" in asha.text

    def test_another_banks_file_is_refused_for_an_account_that_has_a_bank(self, visitor):
        asha = visitor()
        asha.expected = {422}
        asha.sign_up()
        asha.read_file(HDFC)
        asha.press("Import 10 transactions")

        asha.read_file(SBI)

        assert "has statements of HDFC Bank; this file is from State Bank of India" in asha.text

    def test_a_broken_file_is_refused_with_line_and_reason(self, visitor):
        asha = visitor()
        asha.expected = {422}
        asha.sign_up()
        broken = (FIXTURES / HDFC).read_bytes().replace(b"02/04/26", b"32/04/26")

        asha.read_file("broken.txt", data=broken)

        said = asha.page.get_by_role("alert").inner_text()
        assert "This file was not imported" in said
        assert "Line 5, date" in said
        assert "is not a day of the calendar" in said
        assert "No imports yet" in asha.text


class TestComingAndGoing:
    def test_signing_out_and_in_again_finds_the_money(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.add("Income", "4321", "Refund")

        asha.press("Sign out")
        assert asha.page.url.endswith("/login")
        asha.go("/transactions?type=income")
        assert "/login?next=" in asha.page.url
        asha.sign_in()

        asha.page.wait_for_url("**/transactions?type=income")
        assert "+₹4321" in asha.text

    def test_a_wrong_password_keeps_the_address_and_not_the_password(self, visitor):
        asha = visitor()
        asha.expected = {400, 401}
        asha.sign_up()
        asha.press("Sign out")

        asha.sign_in("not my password")

        assert asha.page.get_by_label("E-mail address").input_value() == asha.email
        assert asha.page.get_by_label("Password").input_value() == ""
        expect(asha.page.get_by_role("alert")).to_be_visible()
        asha.sign_in()
        asha.page.wait_for_url(f"{asha.address}/")

    def test_the_theme_is_remembered(self, visitor):
        asha = visitor()
        asha.go("/login")

        asha.page.get_by_role("button", name="Switch between light and dark").click()
        asha.page.wait_for_function(
            "document.cookie.includes('theme=dark')"
        )  # it is on its way when the click returns
        asha.page.reload()

        assert asha.page.locator("html").get_attribute("data-theme") == "dark"


class TestWithoutScript:
    def test_everything_works(self, visitor):
        asha = visitor(script=False)
        asha.expected = {422}
        asha.sign_up()

        asha.add("Transfer", "250", "To the bank", to_account="Savings account")
        asha.page.wait_for_url("**/transactions")
        asha.page.get_by_role("link", name="Income").click()
        assert "No transactions yet" in asha.text
        asha.read_file(HDFC, account="A new account…")
        expect(asha.page.locator("#id_new_account")).to_be_visible()
        assert "Write what the new account is called" in asha.text

    def test_a_statement_goes_all_the_way(self, visitor):
        asha = visitor(script=False)
        asha.sign_up()

        asha.read_file(HDFC)
        asha.press("Import 10 transactions")

        assert "This statement is in your books" in asha.text
        asha.page.get_by_role("link", name="See transactions").click()
        assert "MEENA TIFFIN SERVICE" in asha.text
        asha.press("Sign out")
        assert asha.page.url.endswith("/login")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
class TestEveryPage:
    def test_fits_its_window_and_troubles_nobody(self, visitor, viewport, scheme):
        asha = visitor(viewport=viewport, scheme=scheme)
        asha.expected = {400, 404, 422}
        asha.go("/login")
        wide = {"/login": asha.overflow_px}
        asha.sign_up("W" * 60 + " " + "क" * 60)
        self._look(asha, "/ empty", wide)
        asha.add("Income", "9999999999999.99", "W" * 200)
        asha.add("Expense", "1", "छोटी खरीदारी 🪔 مرحبا بالعالم <script>alert(1)</script>")
        asha.read_file(HDFC)
        self._look(asha, "preview", wide)
        asha.press(re.compile("^Import"))
        self._look(asha, "imported", wide)
        asha.read_file("x" * 100 + ".txt", data=b"no bank wrote this")
        self._look(asha, "refused", wide)
        for path in (
            "/",
            "/transactions",
            "/transactions/new",
            "/statements",
            "/accounts",
            "/activity",
            "/activity/you",
            "/nowhere",
        ):
            asha.go(path)
            self._look(asha, path, wide)

        assert {path: px for path, px in wide.items() if px > 0} == {}

    def _look(self, asha, path, wide):
        asha.page.wait_for_load_state()
        wide[path] = asha.overflow_px


class TestExport:
    @pytest.fixture
    def on(self, committed):
        """In a thread of its own: while a browser lives, Django keeps off this one."""
        switch = switched_on()
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(switch.__enter__).result()
            yield
            elsewhere.submit(switch.__exit__, None, None, None).result()

    @pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
    def test_saves_what_the_list_shows(self, on, visitor, tmp_path, script):
        asha = visitor(script=script, viewport=PHONE)
        asha.sign_up()
        asha.add("Expense", "40", "चाय")
        asha.add("Income", "100", "Gift from Aai")
        asha.go("/transactions?type=expense")

        with asha.page.expect_download() as download:
            asha.page.get_by_role("link", name="Export").click()
        download.value.save_as(tmp_path / "file")

        assert asha.overflow_px == 0
        assert re.fullmatch(
            r"Rao household transactions, taken [\d-]+\.csv", download.value.suggested_filename
        )
        rows = (tmp_path / "file").read_text(encoding="utf-8-sig").splitlines()
        assert ["चाय" in row for row in rows] == [False, True]
