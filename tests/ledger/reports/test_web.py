from __future__ import annotations

import datetime as dt
import html

import pytest

from ledger.books.models import Book
from rupaya.core import clock
from rupaya.core.db import acting_as
from rupaya.core.money import Money
from tests.ledger.amendments.asking import Phone, account_make
from tests.ledger.desk import browser_of, guest_make, record


@pytest.fixture
def browser(asha):
    return browser_of(asha)


def text_of(response):
    return html.unescape(response.content.decode())


class TestOverview:
    def test_welcomes_an_empty_book(self, browser):
        response = browser.get("/")

        assert response.status_code == 200
        assert not response.context["overview"].has_any

    def test_shows_where_the_household_stands(self, browser, asha):
        record(asha, "income", minor=12345678, on=clock.today())
        record(asha, minor=50000, on=clock.today(), category_id=asha.account("Fuel").pk)

        page = text_of(browser.get("/"))

        for shown in ("₹1,22,956.78", "+₹1,23,456.78", "-₹500", "Fuel"):
            assert shown in page

    def test_says_which_days_are_meant_where_the_month_is_not_the_calendars(self, browser, asha):
        assert f"in {clock.today():%B %Y}" in text_of(browser.get("/"))
        record(asha, on=clock.today())
        with acting_as(asha.actor):
            Book.objects.filter(pk=asha.book.pk).update(month_start_day=clock.today().day % 28 + 1)

        response = browser.get("/")

        month = response.context["overview"].month
        assert f"from {month.starts_on.day} {month.starts_on:%B} to {month.until.day}" in text_of(response)

    def test_shows_the_eight_latest_and_filters_them(self, browser, asha):
        for _ in range(9):
            record(asha, "income", on=clock.today())
        record(asha, on=clock.today())

        assert len(browser.get("/").context["recent"]) == 8
        assert [row.type for row in browser.get("/?type=expense").context["recent"]] == ["expense"]
        assert browser.get("/?type=gift").status_code == 400

    def test_does_not_count_what_is_dated_ahead(self, browser, asha):
        record(asha, "income", minor=777700, on=clock.today() + dt.timedelta(days=1))

        assert browser.get("/").context["overview"].net_worth.minor == 0

    def test_takes_the_same_queries_for_an_empty_book_and_a_full_one(
        self, browser, asha, django_assert_num_queries
    ):
        browser.get("/")
        for _ in range(9):
            record(asha, on=clock.today())

        with django_assert_num_queries(
            10
        ):  # session, person, the actor around book, overview and recent rows
            browser.get("/")

    def test_is_read_by_a_viewer_and_hidden_from_a_stranger(self, committed, asha, chitra, admin_url):
        record(asha, on=clock.today())

        assert (
            len(browser_of(guest_make(admin_url, book=asha.book, role="viewer")).get("/").context["recent"])
            == 1
        )
        assert browser_of(chitra).get("/").context["recent"] == []

    def test_sends_others_to_sign_in(self, client, db):
        assert client.get("/")["Location"].startswith("/login")


class TestAccountList:
    def test_sums_what_is_owned_and_owed(self, browser, asha):
        record(asha, "income", minor=100000, on=clock.today())
        record(asha, minor=30000, account_id=asha.account("Credit card").pk, on=clock.today())

        response = browser.get("/accounts")

        assert [group.total.minor for group in response.context["groups"]] == [100000, -30000]
        assert response.context["net_worth"].minor == 70000
        assert "-₹300" in text_of(response)

    def test_shows_an_account_in_its_own_currency_with_its_worth_beside(self, browser, asha):
        dollars = account_make(asha, "USD", "Dollars")
        Phone(asha).record(
            type="income", account_id=dollars, currency="USD", amount=100, base_amount="8301.25"
        )

        response = browser.get("/accounts")

        assert "$100</data><small>₹8,301.25 as recorded</small>" in " ".join(text_of(response).split())
        assert response.context["net_worth"] == Money(830125, "INR")
        assert "$100</data><small>₹8,301.25</small>" in " ".join(text_of(browser.get("/")).split())

    def test_works_for_a_viewer(self, committed, asha, admin_url):
        assert (
            browser_of(guest_make(admin_url, book=asha.book, role="viewer")).get("/accounts").status_code
            == 200
        )
