from __future__ import annotations

import datetime as dt
import html
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine

from ledger.books.services import book_update, period_close
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from tests.ledger.desk import TODAY, TOMORROW, balance, browser_of, counts, guest_make, record

FILLED = {
    "type": "expense", "amount": "500", "description": "Groceries", "date": "2026-11-20",
    "splits-TOTAL_FORMS": "10", "splits-INITIAL_FORMS": "0",
}  # fmt: skip


@pytest.fixture
def browser(asha):
    return browser_of(asha)


def text_of(response):
    return html.unescape(response.content.decode())


def amounts_of(response):
    return re.findall(r'<data class="amount[^>]*>\s*([^<]*?)\s*</data>', text_of(response))


class TestTransactionList:
    def test_says_that_there_is_nothing_yet(self, browser):
        page = text_of(browser.get("/transactions"))

        assert "No transactions yet" in page
        assert 'role="status"' in page

    @pytest.mark.parametrize(
        ("kind", "minor", "shown"),
        [("income", 100000, "+₹1000"), ("expense", 50000, "-₹500"), ("income", 1234500, "+₹12,345"),
         ("expense", 12345678, "-₹1,23,456.78"), ("expense", 999900, "-₹9999"), ("expense", 1, "-₹0.01"),
         ("income", 10, "+₹0.10"), ("income", 999999999999999, "+₹99,99,99,99,99,999.99")],
    )  # fmt: skip
    def test_shows_signed_amounts_in_indian_groups(self, browser, asha, kind, minor, shown):
        record(asha, kind, minor=minor)

        assert amounts_of(browser.get("/transactions")) == [shown]

    def test_shows_description_date_and_category(self, browser, asha):
        record(asha, description="<b>Idli & dosa</b>", category_id=asha.account("Eating out").pk)

        response = browser.get("/transactions")

        assert b"&lt;b&gt;Idli &amp; dosa&lt;/b&gt;" in response.content
        assert "Eating out · Cash" in text_of(response)
        assert '<time datetime="2026-11-20">Friday, 20 November 2026</time>' in text_of(response)

    def test_shows_a_transfer_without_a_sign(self, browser, asha):
        record(asha, "transfer", to_account_id=asha.account("Savings account").pk)

        response = browser.get("/transactions")

        assert amounts_of(response) == ["₹500"]
        assert "Cash → Savings account" in text_of(response)

    def test_gives_htmx_the_rows_alone(self, browser, asha):
        record(asha)

        part = text_of(browser.get("/transactions", headers={"HX-Request": "true"}))

        assert "<html" not in part
        assert 'id="rows"' in part
        assert "-₹500" in part

    def test_gives_a_boosted_link_the_whole_page(self, browser):
        page = browser.get("/transactions", headers={"HX-Request": "true", "HX-Boosted": "true"})

        assert "<html" in text_of(page)

    def test_filters_and_pages(self, browser, asha):
        for at in range(51):
            record(asha, "income", description=f"Row {at}", on=TODAY - dt.timedelta(days=at))
        record(asha, "expense")

        first = browser.get("/transactions?type=income")
        second = browser.get(first.context["page"].next_url)

        assert (len(amounts_of(first)), len(amounts_of(second))) == (50, 1)
        assert "Row 50" in text_of(second)
        assert len(amounts_of(browser.get(second.context["page"].previous_url))) == 50
        assert amounts_of(browser.get("/transactions?type=expense")) == ["-₹500"]

    @pytest.mark.parametrize("query", ["type=gift", "cursor=x", "cursor=%00"])
    def test_says_that_there_is_no_such_page(self, browser, query):
        assert browser.get(f"/transactions?{query}").status_code == 400

    def test_takes_the_same_queries_for_one_row_and_for_many(self, browser, asha, django_assert_num_queries):
        for _ in range(9):
            record(asha)
        browser.get("/transactions")

        with django_assert_num_queries(10):  # session, person, the actor around the book, its page and a flag
            browser.get("/transactions")

    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url):
        record(asha)

        assert amounts_of(
            browser_of(guest_make(admin_url, book=asha.book, role="viewer")).get("/transactions")
        ) == ["-₹500"]
        assert amounts_of(browser_of(chitra).get("/transactions")) == []

    def test_sends_others_to_sign_in(self, client, db):
        assert (
            client.get("/transactions?type=income")["Location"] == "/login?next=/transactions%3Ftype%3Dincome"
        )


class TestTransactionNew:
    def test_proposes_today_in_india(self, asha):
        at = dt.datetime(2096, 4, 1, 0, 0, 1, tzinfo=ZoneInfo("Asia/Kolkata"))

        with time_machine.travel(at, tick=False):
            page = text_of(browser_of(asha).get("/transactions/new"))

        assert 'value="2096-04-01"' in page

    @pytest.mark.parametrize(
        ("currency", "typed", "shown"), [("USD", "$12.50", "-$12.50"), ("KWD", "1.250", "-KWD 1.250")]
    )
    def test_records_in_the_books_own_currency(self, browser, asha, currency, typed, shown):
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, base_currency=currency)

        assert "₹" not in text_of(browser.get("/transactions/new"))
        response = browser.post("/transactions/new", FILLED | {"amount": typed}, follow=True)

        assert amounts_of(response) == [shown]

    def test_records_and_leads_to_the_list(self, browser, asha):
        response = browser.post("/transactions/new", FILLED | {"amount": "₹1,250.50"}, follow=True)

        assert response.redirect_chain == [("/transactions", 302)]
        assert amounts_of(response) == ["-₹1250.50"]
        assert "“Groceries” is recorded." in text_of(response)
        assert balance(asha, "Cash", TODAY) == -125050

    def test_records_a_transfer(self, browser, asha):
        bank = str(asha.account("Savings account").pk)

        browser.post("/transactions/new", FILLED | {"type": "transfer", "to_account": bank})

        assert balance(asha, "Savings account", TODAY) == 50000

    def test_records_a_split(self, browser, asha):
        fuel = str(asha.account("Fuel").pk)
        parts = {"splits-0-category": fuel, "splits-0-amount": "300", "splits-1-amount": "200"}

        browser.post("/transactions/new", FILLED | parts)

        assert (balance(asha, "Fuel", TODAY), balance(asha, "Uncategorised", TODAY)) == (30000, 20000)

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"amount": "0"}, "amount"),
            ({"amount": "12,50"}, "amount"),
            ({"amount": "₹"}, "amount"),
            ({"amount": "1.005"}, "amount"),
            ({"description": ""}, "description"),
            ({"date": "2026-02-30"}, "date"),
            ({"type": "transfer"}, "to_account"),
            ({"splits-0-amount": "499"}, "amount"),
        ],
    )
    def test_marks_the_field_and_keeps_what_was_typed(self, browser, asha, fields, wrong):
        before = counts(asha)

        response = browser.post("/transactions/new", FILLED | {"description": "Tea & <i>"} | fields)

        page = response.content.decode()
        typed = FILLED | {"description": "Tea & <i>"} | fields
        assert response.status_code == 400
        assert list(response.context["form"].errors) == [wrong]
        assert f'value="{html.escape(typed["amount"])}"' in page
        assert not typed["description"] or 'value="Tea &amp; &lt;i&gt;"' in page
        assert counts(asha) == before

    def test_shows_what_is_wrong_in_a_part(self, browser, asha):
        before = counts(asha)

        response = browser.post(
            "/transactions/new", FILLED | {"splits-0-category": str(asha.account("Fuel").pk)}
        )

        assert response.status_code == 400
        assert "Write how much of the amount goes here." in text_of(response)
        assert counts(asha) == before

    def test_tells_the_books_refusal_beside_the_form(self, browser, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=TODAY, today=TOMORROW)
        before = counts(asha)

        response = browser.post("/transactions/new", FILLED)

        assert response.status_code == 400
        assert "closed" in text_of(response)
        assert 'value="Groceries"' in text_of(response)
        assert counts(asha) == before

    @pytest.mark.parametrize("data", [{}, {"type": "expense"}, {"splits-TOTAL_FORMS": "x"}])
    def test_does_not_break_on_half_a_form(self, browser, asha, data):
        before = counts(asha)

        assert browser.post("/transactions/new", data).status_code == 400
        assert counts(asha) == before

    def test_refuses_a_viewer(self, committed, asha, admin_url):
        guest = browser_of(guest_make(admin_url, book=asha.book, role="viewer"))
        before = counts(asha)

        assert guest.get("/transactions/new").status_code == 403
        assert guest.post("/transactions/new", FILLED).status_code == 403
        assert counts(asha) == before


class TestSecondClick:
    def test_records_the_same_form_once(self, browser, asha):
        form = {**FILLED, "entry_id": str(uuid7())}

        answers = [browser.post("/transactions/new", form) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [302, 302]
        assert counts(asha)["ledger_transaction"] == 1

    def test_records_again_what_was_changed_after_going_back(self, browser, asha):
        form = {**FILLED, "entry_id": str(uuid7())}

        browser.post("/transactions/new", form)
        browser.post("/transactions/new", {**form, "amount": "750"})

        assert balance(asha, "Cash", TODAY) == -125000

    def test_gives_each_empty_form_an_id_of_its_own(self, browser):
        pages = [text_of(browser.get("/transactions/new")) for _ in range(2)]

        ids = [re.findall(r'name="entry_id" value="([^"]+)"', page)[0] for page in pages]
        assert ids[0] != ids[1]

    def test_takes_nobody_elses_transaction_for_ones_own(self, browser, asha, chitra):
        theirs = record(chitra)

        browser.post("/transactions/new", {**FILLED, "entry_id": str(theirs)})

        assert counts(asha)["ledger_transaction"] == 1


class TestSearch:
    def test_finds_what_the_words_ask_for(self, asha):
        record(asha, description="Swiggy dinner")
        record(asha, description="Rickshaw")

        page = browser_of(asha).get("/transactions", {"q": "swiggy"})

        assert "Swiggy dinner" in page.content.decode()
        assert "Rickshaw" not in page.content.decode()

    def test_says_where_a_search_goes_wrong_and_keeps_it(self, asha):
        page = browser_of(asha).get("/transactions", {"q": "tea amount:>"})

        assert page.status_code == 400
        assert "At character 5" in page.content.decode()
        assert 'value="tea amount:&gt;"' in page.content.decode()

    def test_keeps_the_search_beside_another_type(self, asha):
        page = browser_of(asha).get("/transactions", {"q": "tea & milk", "type": "expense"}).content.decode()

        assert "?type=income&amp;q=tea%20%26%20milk" in page
        assert '<input type="hidden" name="type" value="expense">' in page
