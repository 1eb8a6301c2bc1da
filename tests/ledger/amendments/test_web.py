from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.books.services import period_close
from ledger.chart.services import account_open
from ledger.journal.drafts import Entry
from ledger.journal.selectors import transaction_of
from ledger.journal.services import transaction_post
from rupaya.core.db import acting_as
from rupaya.core.ids import uuid7
from rupaya.core.money import Money
from tests.ledger.desk import TODAY, TOMORROW, browser_of, guest_make, inr, record


@pytest.fixture
def browser(asha):
    return browser_of(asha)


def text_of(response):
    return html.unescape(response.content.decode())


def place_of(transaction_id, action=""):
    return f"/transactions/{transaction_id}{action}"


def filled(browser, transaction_id):
    """What the page's form would send, as it stands."""
    form = browser.get(place_of(transaction_id)).context["form"]
    return {name: "" if form[name].value() is None else form[name].value() for name in form.fields} | (
        {} if form["is_reconciled"].value() else {"is_reconciled": ""}
    )


def sent(browser, transaction_id, **changes):
    return browser.post(place_of(transaction_id), filled(browser, transaction_id) | changes)


def view(person, transaction_id):
    with acting_as(person.actor):
        return transaction_of(book=person.book, transaction_id=transaction_id).view


class TestTransactionDetail:
    def test_shows_what_it_says(self, browser, asha):
        made = record(asha, description="<b>Idli & dosa</b>", category_id=asha.account("Eating out").pk)

        response = browser.get(place_of(made))

        assert response.status_code == 200
        assert b"&lt;b&gt;Idli &amp; dosa&lt;/b&gt;" in response.content
        form = response.context["form"]
        assert (form["amount"].value(), form["category"].value()) == (500, str(asha.account("Eating out").pk))

    def test_asks_five_queries_of_its_own(self, browser, asha):
        made = record(asha)

        with CaptureQueriesContext(connection) as asked:
            browser.get(place_of(made))

        assert sum("ledger_" in query["sql"] for query in asked) == 5

    def test_is_linked_from_the_list(self, browser, asha):
        made = record(asha)

        assert f'href="{place_of(made)}"' in text_of(browser.get("/transactions"))

    def test_changes_everything_that_was_filled_in(self, browser, asha):
        made = record(asha)

        response = sent(
            browser, made, amount="1,250.50", description="Diwali  sweets", date="2026-11-08", payee="Sri Krishna",
            account=str(asha.account("Savings account").pk), category=str(asha.account("Eating out").pk),
            tags="Diwali, gifts", notes="Two boxes", is_reconciled="on",
        )  # fmt: skip

        assert (response.status_code, response["Location"]) == (302, place_of(made))
        found = view(asha, made)
        assert (found.amount, found.description, str(found.date)) == (
            Money(125050, "INR"),
            "Diwali sweets",
            "2026-11-08",
        )
        assert (found.account, found.category, found.payee) == (
            "Savings account",
            "Eating out",
            "Sri Krishna",
        )
        assert (found.tags, found.notes, found.is_reconciled) == (("diwali", "gifts"), "Two boxes", True)
        assert found.version == 2

    def test_makes_no_version_where_nothing_differs(self, browser, asha):
        made = record(asha)

        assert sent(browser, made).status_code == 302
        assert view(asha, made).version == 1

    def test_moves_a_transfer(self, browser, asha):
        made = record(asha, "transfer", to_account_id=asha.account("Savings account").pk)
        with acting_as(asha.actor):
            deposit = account_open(book=asha.book, name="Deposit", kind="deposit")

        assert sent(browser, made, to_account=str(deposit.pk)).status_code == 302
        assert view(asha, made).to_account == "Deposit"

    def test_keeps_the_money_of_a_split_and_changes_its_words(self, browser, asha):
        parts = [
            (asha.account(name).pk, inr(rupees)) for name, rupees in (("Groceries", 300), ("Eating out", 200))
        ]
        with acting_as(asha.actor):
            made = transaction_post(book=asha.book, entry=Entry("expense", TODAY, "Mall", parts))

        page = text_of(browser.get(place_of(made)))
        assert re.search(r"Groceries: ₹300", page)
        assert 'name="amount"' not in page
        assert sent(browser, made, description="Mall with Bala").status_code == 302
        found = view(asha, made)
        assert (found.description, [part.amount for part in found.parts]) == (
            "Mall with Bala",
            [inr(300), inr(200)],
        )

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"amount": "0"}, "The amount must be more than zero."),
            ({"amount": "1,2"}, "The commas do not group the amount"),
            ({"description": " "}, "Write what it was for."),
            ({"date": "31/02/2026"}, "That is not a day of the calendar"),
            ({"date": "1700-01-01"}, "The date must lie between"),
            ({"tags": ",".join(f"t{number}" for number in range(21))}, "20"),
            ({"notes": "a\u202eb"}, "The notes hold characters that can't be shown."),
            ({"account": "x"}, "Select a valid choice"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, browser, asha, changes, sentence):
        made = record(asha)

        response = sent(browser, made, payee="Typed already", **changes)

        assert response.status_code == 400
        assert sentence in text_of(response)
        assert "Typed already" in text_of(response)
        assert view(asha, made).version == 1

    def test_refuses_what_was_changed_in_another_tab(self, browser, asha):
        made = record(asha)
        late = filled(browser, made) | {"payee": "Mine"}
        sent(browser, made, payee="Theirs")

        response = browser.post(place_of(made), late)

        assert response.status_code == 400
        assert "The transaction was changed since; read it again." in text_of(response)
        assert view(asha, made).payee == "Theirs"

    def test_tells_a_rule_of_the_book(self, browser, asha):
        made = record(asha)
        with acting_as(asha.actor):
            period_close(book=asha.book, until=TODAY, today=TOMORROW)

        response = sent(browser, made, amount="1")

        assert (response.status_code, "closed" in text_of(response)) == (400, True)

    def test_shows_a_viewer_everything_and_changes_nothing(self, committed, asha, admin_url):
        made = record(asha)
        viewer = browser_of(guest_make(admin_url, book=asha.book, role="viewer"))

        page = text_of(viewer.get(place_of(made)))

        assert "Groceries" in page
        assert "Save changes" not in page
        assert "Make void" not in page
        assert sent(viewer, made, payee="Mine").status_code == 403
        assert viewer.post(place_of(made, "/void"), {"version": 1}).status_code == 403
        assert (view(asha, made).payee, view(asha, made).status) == ("", "posted")

    def test_hides_it_from_a_stranger(self, committed, asha, chitra):
        made = record(asha)
        stranger = browser_of(chitra)

        assert stranger.get(place_of(made)).status_code == 404
        assert stranger.post(place_of(made), {"version": 1}).status_code == 404
        assert stranger.post(place_of(made, "/void"), {"version": 1}).status_code == 404
        assert stranger.post(place_of(made, "/restore"), {"version": 1}).status_code == 404
        assert browser_of(asha).get(place_of(uuid7())).status_code == 404


class TestVoidAndRestore:
    def test_make_it_count_no_more_and_again(self, browser, asha):
        made = record(asha)

        gone = browser.post(place_of(made, "/void"), {"version": "1"}, follow=True)
        assert "This transaction is void" in text_of(gone)
        assert "Save changes" not in text_of(gone)
        back = browser.post(place_of(made, "/restore"), {"version": "2"}, follow=True)
        assert "This transaction counts again." in text_of(back)
        assert (view(asha, made).status, view(asha, made).version) == ("posted", 3)

    @pytest.mark.parametrize("version", ["", "2", "x", "9" * 30])
    def test_refuse_what_was_changed_meanwhile(self, browser, asha, version):
        made = record(asha)

        page = browser.post(place_of(made, "/void"), {"version": version}, follow=True)

        assert "The transaction was changed since" in text_of(page)
        assert view(asha, made).status == "posted"

    @pytest.mark.parametrize("action", ["/void", "/restore"])
    def test_do_nothing_by_a_link(self, browser, asha, action):
        made = record(asha)

        assert browser.get(place_of(made, action))["Location"] == place_of(made)
        assert view(asha, made).version == 1
