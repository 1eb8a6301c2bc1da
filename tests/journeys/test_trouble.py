"""What goes wrong on an ordinary day, and on a day with an attacker: nothing is lost, doubled or broken."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import FIXTURES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HDFC = "hdfc_delimited.txt"


def fill(page, amount, description):
    page.locator("#id_amount").fill(amount)
    page.locator("#id_description").fill(description)


class TestClumsiness:
    def test_a_double_click_records_once(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.go("/transactions/new")
        fill(asha.page, "40", "Chai")

        asha.page.get_by_role("button", name="Save transaction").dblclick()

        asha.page.wait_for_url("**/transactions")
        asha.go("/transactions")
        assert asha.page.locator("#rows li").count() == 1

    def test_an_impatient_second_click_is_not_sent(self, visitor):
        asha = visitor()
        asha.go("/login")
        asha.page.get_by_label("E-mail address").fill(asha.email)
        asha.page.get_by_label("Password").fill("mango lassi")

        sent = asha.page.evaluate(
            """() => {
              let sent = 0;
              addEventListener("submit", (event) => {
                if (!event.defaultPrevented) sent += 1;
                event.preventDefault();  // so that the page stays, as it does while a slow server works
              });
              document.forms[0].requestSubmit();
              document.forms[0].requestSubmit();
              return sent;
            }"""
        )

        assert sent == 1

    def test_going_back_after_saving_finds_a_form_that_works(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.add("Expense", "40", "Chai")
        asha.page.wait_for_url("**/transactions")

        asha.page.go_back()
        fill(asha.page, "60", "Samosa")
        asha.page.get_by_role("button", name="Save transaction").click()

        asha.page.wait_for_url("**/transactions")
        assert asha.page.locator("#rows .amount").all_inner_texts() == ["-₹60", "-₹40"]

    def test_confirming_in_two_tabs_imports_once(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.read_file(HDFC)
        other = asha.tab()
        other.goto(asha.page.url)

        asha.press("Import 10 transactions")
        other.get_by_role("button", name="Import 10 transactions").click()

        expect(other.locator("#main")).to_contain_text("was posted on")
        asha.go("/accounts")
        assert "₹93,683.25" in asha.text

    def test_a_split_that_cannot_be_read_is_shown_with_all_that_was_typed(self, visitor):
        asha = visitor()
        asha.expected = {400}
        asha.sign_up()
        asha.go("/transactions/new")
        fill(asha.page, "900", "Diwali")
        asha.page.get_by_text("Split over several categories").click()
        asha.page.locator("#id_splits-1-amount").fill("six hundred")

        asha.page.get_by_role("button", name="Save transaction").click()

        expect(asha.page.get_by_role("alert")).to_contain_text("parts of the split")
        assert asha.page.locator("#id_splits-1-amount").input_value() == "six hundred"
        assert asha.page.locator("#id_description").input_value() == "Diwali"


class TestSignedOutMeanwhile:
    def test_a_form_leads_to_signing_in_says_why_and_comes_back(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.go("/transactions/new")
        fill(asha.page, "40", "Chai")
        asha.context.clear_cookies(name="sessionid")

        asha.page.get_by_role("button", name="Save transaction").click()

        assert "nothing was saved" in asha.text
        asha.sign_in()
        asha.page.wait_for_url("**/transactions/new")

    def test_a_filter_does_not_put_the_sign_in_page_into_the_list(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.go("/transactions")
        asha.context.clear_cookies(name="sessionid")

        asha.page.get_by_role("link", name="Income").click()

        asha.page.wait_for_url("**/login?next=/transactions")
        expect(asha.page.get_by_role("button", name="Sign in")).to_be_visible()

    def test_a_confirmation_comes_back_to_the_preview(self, visitor):
        asha = visitor()
        asha.sign_up()
        asha.read_file(HDFC)
        preview = asha.page.url
        asha.context.clear_cookies(name="sessionid")

        asha.press("Import 10 transactions")
        asha.sign_in()

        asha.page.wait_for_url(preview)
        assert "Ready to import 10 transactions" in asha.text


class TestHostileText:
    def test_is_shown_as_text(self, visitor):
        asha = visitor()
        asha.sign_up("<img src=x onerror=alert(1)>")
        asha.page.on("dialog", lambda dialog: asha.troubles.append(f"dialog: {dialog.message}"))
        asha.add("Expense", "1", "<script>alert(1)</script>{{ 7|add:7 }}")
        asha.page.wait_for_url("**/transactions")
        assert "<script>alert(1)</script>{{ 7|add:7 }}" in asha.text

        data = (FIXTURES / HDFC).read_bytes().replace(b"MEENA TIFFIN SERVICE", b"<svg/onload=alert(1)>")
        asha.read_file('"><img src=x onerror=alert(1)>.txt', data=data)

        assert "<svg/onload=alert(1)>" in asha.text
        assert "alert(1)" in asha.page.locator(".titles").inner_text()

    def test_that_cannot_be_seen_is_refused(self, visitor):
        asha = visitor()
        asha.expected = {400}
        asha.sign_up()

        for text in ("turned \u202e around", "a bell \x07", "\u200b\u200d"):
            asha.add("Expense", "1", text)
            expect(asha.page.locator(".field-description .errorlist")).to_be_visible()

    def test_in_indian_scripts_and_emoji_is_kept(self, visitor):
        asha = visitor()
        asha.sign_up()
        written = "क्‍ष और दही 👨‍👩‍👧 മലയാളം‍"

        asha.add("Expense", "1", written)

        asha.page.wait_for_url("**/transactions")
        assert asha.page.locator("#rows .what b").inner_text() == written


class TestStrangers:
    def test_neither_see_nor_confirm_nor_discard_a_statement(self, visitor):
        asha, chitra = visitor(), visitor()
        chitra.expected = {404}
        asha.sign_up()
        asha.read_file(HDFC)
        chitra.sign_up("Chitra")
        chitra.read_file(HDFC)

        for name in ("Import 10 transactions", "Discard this file"):
            own, foreign = chitra.page.url.rpartition("/")[2], asha.page.url.rpartition("/")[2]
            chitra.page.evaluate(
                "([own, foreign]) => document.querySelectorAll('form').forEach("
                "(form) => { form.action = form.action.replace(own, foreign); })",
                [own, foreign],
            )
            chitra.press(name)
            assert "There is nothing here" in chitra.text
            chitra.page.go_back()

        asha.page.reload()
        assert "Ready to import 10 transactions" in asha.text


class TestStrangeAddresses:
    def test_are_answered_with_a_page_that_leads_home(self, visitor):
        asha = visitor()
        asha.expected = {400, 404}
        asha.sign_up()

        for path, status in [
            ("/transactions?cursor=garbage", 400),
            ("/?type=x", 400),
            ("/transactions?cursor=" + "A" * 3000, 400),
            ("/statements/00000000-0000-0000-0000-000000000000", 404),
            ("/" + "a" * 4000, 404),
            ("/%00", 404),
        ]:
            asha.go(path)
            assert asha.text.startswith(str(status)), path
            assert asha.overflow_px <= 0

        asha.page.get_by_role("link", name="Back to the overview").click()
        assert "Namaste" in asha.text
