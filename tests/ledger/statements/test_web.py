from __future__ import annotations

import datetime as dt
import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ledger.books.services import period_close
from rupaya.core.db import acting_as
from tests.ledger.desk import TOMORROW, balance, browser_of, counts, guest_make, record
from tests.ledger.statements.writers import chained, hdfc_file, line, sbi_file

ROWS = chained(-5000, 20000, -100, opening=100000)
APRIL_1 = dt.date(2026, 4, 1)


@pytest.fixture
def browser(asha):
    return browser_of(asha)


def upload(browser, data, *, account="new", new_account="SBI savings"):
    fields = {"account": account, "new_account": new_account, "file": SimpleUploadedFile("may.txt", data)}
    return browser.post("/statements", fields)


def text_of(response):
    return html.unescape(response.content.decode())


class TestStatementList:
    def test_offers_what_a_new_account_needs(self, browser):
        page = text_of(browser.get("/statements"))

        for name in ("account", "new_account", "file"):
            assert f'name="{name}"' in page
        assert "No imports yet" in page

    @pytest.mark.parametrize("write", [hdfc_file, sbi_file])
    def test_shows_what_an_upload_would_do_and_does_it_on_confirmation(self, browser, asha, write):
        response = upload(browser, write(ROWS))
        where = response["Location"]
        preview = text_of(browser.get(where))

        assert response.status_code == 302
        assert "Import 3 transactions" in preview
        assert "ROW 2" in preview
        assert counts(asha)["ledger_posting"] == 0

        done = browser.post(f"{where}/confirm", follow=True)

        assert "3 imported, 0 known already." in text_of(done)
        assert balance(asha, "SBI savings", APRIL_1) == 114900

    def test_adds_nothing_for_the_same_file_again(self, browser, asha):
        where = upload(browser, hdfc_file(ROWS))["Location"]
        browser.post(f"{where}/confirm")
        before = counts(asha)

        again = upload(browser, hdfc_file(ROWS))
        answer = browser.post(f"{again['Location']}/confirm", follow=True)

        assert again["Location"] == where
        assert "was posted on" in text_of(answer)
        assert counts(asha) == before

    def test_names_the_lines_of_a_broken_file_and_keeps_nothing(self, browser, asha):
        before = counts(asha)

        response = upload(browser, hdfc_file([ROWS[0], line(2, amount=1, balance=1)]))

        page = text_of(response)
        assert response.status_code == 422
        assert "Line 4" in page
        assert "The balance after this row should be ₹950.01" in page
        assert counts(asha) == before

    @pytest.mark.parametrize("data", [b"", b"%PDF-1.7", bytes(range(256))], ids=["empty", "pdf", "binary"])
    def test_says_why_a_file_is_no_statement(self, browser, asha, data):
        before = counts(asha)

        response = upload(browser, data)

        assert response.status_code == 422
        assert "may.txt" in text_of(response)
        assert counts(asha) == before

    def test_says_that_a_file_is_too_large_even_when_the_server_drops_it(self, browser, asha, settings):
        before = counts(asha)

        for size in (5 * 1024 * 1024 + 1, settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1):
            response = upload(browser, b"x" * size)

            assert response.status_code == 413
            assert "5 MB" in text_of(response)
        assert counts(asha) == before

    def test_marks_the_field_that_is_wrong(self, browser):
        response = browser.post("/statements", {"account": "new", "new_account": ""})

        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"new_account", "file"}


class TestStatementConfirm:
    def test_asks_before_it_records_a_difference(self, browser, asha):
        where = upload(browser, hdfc_file(ROWS))["Location"]
        record(asha, minor=7700, on=APRIL_1, account_id=asha.account("SBI savings").pk)
        before = counts(asha)

        assert "a difference of <b>₹77</b>" in text_of(browser.get(where))
        refusal = browser.post(f"{where}/confirm", follow=True)
        assert "₹77 is missing" in text_of(refusal)
        assert counts(asha) == before
        agreed = browser.post(f"{where}/confirm", {"adjust": "on"}, follow=True)

        assert "3 imported" in text_of(agreed)
        assert balance(asha, "SBI savings", APRIL_1) == 114900

    @pytest.mark.parametrize("action", ["confirm", "discard"])
    def test_changes_nothing_where_it_is_only_looked_at(self, browser, asha, action):
        where = upload(browser, hdfc_file(ROWS))["Location"]
        before = counts(asha)

        assert browser.get(f"{where}/{action}")["Location"] == where
        assert counts(asha) == before


class TestStatementRemove:
    def test_forgets_a_draft(self, browser, asha):
        where = upload(browser, hdfc_file(ROWS))["Location"]

        response = browser.post(f"{where}/discard", follow=True)

        assert "The draft is gone" in text_of(response)
        assert counts(asha)["ledger_statement_line"] == 0
        assert browser.get(where).status_code == 404

    def test_keeps_what_is_in_the_books(self, browser, asha):
        where = upload(browser, hdfc_file(ROWS))["Location"]
        browser.post(f"{where}/confirm")

        assert browser.post(f"{where}/discard").status_code == 409
        assert counts(asha)["ledger_statement_line"] == 3


class TestStatementDetail:
    def test_pages_long_statements_and_gives_htmx_the_rows_alone(self, browser):
        where = upload(browser, hdfc_file(chained(*range(1, 131))))["Location"]

        page = browser.get(where)
        part = browser.get(page.context["page"]["next_url"], headers={"HX-Request": "true"})

        assert len(page.context["lines"]) == 100
        assert len(part.context["lines"]) == 30
        assert "<html" not in text_of(part)
        assert 'id="lines"' in text_of(part)

    def test_is_read_by_a_viewer_who_can_change_nothing(self, committed, asha, admin_url):
        where = upload(browser_of(asha), hdfc_file(ROWS))["Location"]
        guest = browser_of(guest_make(admin_url, book=asha.book, role="viewer"))
        before = counts(asha)

        assert guest.get("/statements").status_code == 200
        assert guest.get(where).status_code == 200
        assert guest.post(f"{where}/confirm").status_code == 403
        assert guest.post(f"{where}/discard").status_code == 403
        assert upload(guest, hdfc_file(ROWS)).status_code == 403
        assert counts(asha) == before

    def test_is_unknown_to_a_stranger(self, browser, asha, chitra):
        where = upload(browser, hdfc_file(ROWS))["Location"]
        before = counts(asha)
        stranger = browser_of(chitra)

        assert stranger.get(where).status_code == 404
        assert stranger.post(f"{where}/confirm").status_code == 404
        assert stranger.post(f"{where}/discard").status_code == 404
        assert counts(asha) == before


class TestRefusedConfirmation:
    def test_keeps_nothing_of_an_import_that_a_closed_period_refuses(self, committed, browser, asha):
        where = upload(browser, hdfc_file(chained(*[-100] * 30, opening=100000)))["Location"]
        with acting_as(asha.actor):
            period_close(book=asha.book, until=APRIL_1 + dt.timedelta(days=2), today=TOMORROW)
        before = counts(asha)

        answer = browser.post(f"{where}/confirm", follow=True)

        assert "a period that is closed" in text_of(answer)
        assert counts(asha) == before

    def test_says_that_a_discarded_file_is_gone(self, browser):
        where = upload(browser, hdfc_file(ROWS))["Location"]
        browser.post(f"{where}/discard")

        assert browser.post(f"{where}/confirm").status_code == 404
