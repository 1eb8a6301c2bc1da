"""The pages that say what happened."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from audit.events import event_record
from audit.models import AuditLog
from audit.selectors import RUNS_MAX
from ledger.journal.drafts import Entry
from ledger.journal.services import transaction_post
from rupaya.core.db import Actor, acting_as
from rupaya.core.money import Money
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import TODAY, Api, bank_import, browser_of, guest_make, record
from tests.ledger.statements.may import history
from tests.ledger.statements.writers import hdfc_file


def words(response):
    """The page as its reader sees it: the text between the tags, spaces folded."""
    assert response.status_code == 200, response
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", response.content.decode())).split())


def lines(response):
    """The sentences of a page, newest first."""
    assert response.status_code == 200, response
    found = re.findall(r'<div class="what">\s*<p>(.*?)</p>', response.content.decode(), re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", line)).split()) for line in found]


def record_alone(person, number):
    """A transaction by a request of its own."""
    with acting_as(replace(person.actor, request_id=f"request-{number:04}")):
        entry = Entry("expense", TODAY, f"Tea {number}", [(None, Money(50000, "INR"))])
        transaction_post(book=person.book, entry=entry)


def link(response, rel):
    found = re.search(rf'rel="{rel}"\s+href="([^"]+)"', response.content.decode())
    return html.unescape(found.group(1)) if found else None


def lines_of(response):
    return re.findall(r'<div class="what">', response.content.decode())


class TestBookActivity:
    def test_says_each_change_in_a_sentence_newest_first(self, asha):
        recorded = record(asha, category_id=asha.account("Groceries").pk)
        travel = str(asha.account("Entertainment").pk)
        Api(asha).patch(f"transactions/{recorded}", {"category_id": travel, "amount": 650})

        found = lines(browser_of(asha).get("/activity"))

        assert found[:2] == [
            "You changed the category from Groceries to Entertainment and the amount from ₹500 to ₹650",
            "You added Groceries, ₹500",
        ]

    def test_names_who_shares_the_book(self, committed, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="editor")
        record(guest)

        assert "Guest Rao added Groceries, ₹500" in lines(browser_of(asha).get("/activity"))

    def test_folds_what_one_request_did(self, asha):
        bank_import(asha, hdfc_file(history((1, 5000), (2, -700))), name="march.csv")

        page = browser_of(asha).get("/activity")

        assert lines(page)[0].startswith("You imported march.csv")
        assert "added 3 transactions" in words(page)  # two rows, and what the account opened with
        assert "imported ROW 1, ₹50" in words(page)

    def test_says_the_time_of_the_books_own_zone(self, asha):
        record(asha)
        with acting_as(asha.actor):
            at = AuditLog.objects.filter(book_id=asha.book.pk).latest("created_at").created_at
        Api(asha).patch(f"books/{asha.book.pk}", {"time_zone": "America/New_York"})

        page = browser_of(asha).get("/activity", {"thing": "ledger_transaction"}).content.decode()

        assert f">{at.astimezone(ZoneInfo('America/New_York')):%H:%M}</time>" in page

    def test_narrows_by_person_thing_and_day(self, committed, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="editor")
        record(guest, description="Tea")
        record(asha, description="Coffee")
        browser = browser_of(asha)

        assert lines(browser.get("/activity", {"person": str(guest.id)})) == ["Guest Rao added Tea, ₹500"]
        assert lines(browser.get("/activity", {"thing": "ledger_transaction"})) == [
            "You added Coffee, ₹500",
            "Guest Rao added Tea, ₹500",
        ]
        nothing = browser.get("/activity", {"until": "2020-01-01"})
        assert lines(nothing) == []
        assert "Nothing found" in words(nothing)

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("person", "somebody", "not one of the available choices"),
            ("thing", "accounts_user", "not one of the available choices"),
            ("since", "yesterday", "Choose a day."),
            ("since", "0001-01-01", "Choose a day from"),
            ("until", "9999-12-31", "Choose a day from"),
        ],
    )
    def test_refuses_what_is_no_choice(self, asha, name, value, sentence):
        response = browser_of(asha).get("/activity", {name: value})

        assert response.status_code == 400
        assert sentence in html.unescape(response.content.decode())
        assert lines_of(response) == []

    def test_refuses_an_end_before_the_beginning(self, asha):
        response = browser_of(asha).get("/activity", {"since": "2026-11-02", "until": "2026-11-01"})

        assert response.status_code == 400
        assert "Choose the same day or a later one." in response.content.decode()

    def test_goes_on_to_older_pages_and_back(self, asha):
        for number in range(RUNS_MAX + 5):
            record_alone(asha, number)
        browser = browser_of(asha)

        first = browser.get("/activity", {"thing": "ledger_transaction"})
        older = browser.get(link(first, "next"))
        newer = browser.get(link(older, "prev"))

        assert len(lines(first)) == RUNS_MAX
        assert lines(first)[0] == f"You added Tea {RUNS_MAX + 4}, ₹500"
        assert lines(older) == [f"You added Tea {number}, ₹500" for number in range(4, -1, -1)]
        assert lines(newer) == lines(first)
        assert link(older, "next") is None
        assert link(newer, "prev") is None

    def test_gives_htmx_the_rows_alone(self, asha):
        response = browser_of(asha).get("/activity", headers={"HX-Request": "true"})

        assert response.content.decode().strip().startswith('<section class="card" id="rows"')

    def test_shows_a_member_nothing_of_what_is_hidden_from_them(self, committed, asha, admin_url):
        guest = guest_make(admin_url, book=asha.book, role="viewer")
        record(asha, description="Anniversary surprise")
        restrict(asha, guest, "Savings account", "hidden")

        page = browser_of(guest).get("/activity")

        assert lines(page) == []
        assert "Anniversary" not in words(page)
        assert "Savings account" not in words(page)

    def test_costs_the_same_number_of_queries_whatever_it_shows(self, asha, django_assert_max_num_queries):
        browser = browser_of(asha)
        for number in range(20):
            record_alone(asha, number)

        with django_assert_max_num_queries(13):  # six of the edge and the session, and seven
            browser.get("/activity")

    def test_escapes_what_people_wrote(self, asha):
        record(asha, description="<script>alert(1)</script>")

        page = browser_of(asha).get("/activity").content.decode()

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


class TestOwnActivity:
    def test_says_where_one_signed_in(self, asha):
        Api(asha)

        found = lines(browser_of(asha).get("/activity/you"))

        assert "You signed in from 203.0.113.9" in found
        assert found[-1] == "You signed up"

    def test_tells_of_a_sign_in_on_the_web(self, committed, asha):
        asha.user.set_password("mango lassi at noon")
        asha.user.save()
        browser = Client(headers={"User-Agent": "Firefox"}, REMOTE_ADDR="198.51.100.9")
        signed_in = browser.post("/login", {"email": asha.user.email, "password": "mango lassi at noon"})

        assert signed_in.status_code == 302, signed_in.content
        assert lines(browser.get("/activity/you"))[0] == "You signed in from 198.51.100.9"

    def test_tells_of_others_at_ones_account(self, committed, asha):
        with acting_as(Actor(user_id=None, kind="user", address="198.51.100.7")):
            event_record(
                action=AuditLog.Action.SIGN_IN_FAILED,
                resource_type="accounts_user",
                resource_id=asha.id,
                about_id=asha.id,
            )

        assert (
            lines(browser_of(asha).get("/activity/you"))[0] == "Somebody failed to sign in from 198.51.100.7"
        )

    def test_is_nobody_elses(self, committed, asha, bala, admin_url):
        Api(asha)
        share(asha, bala)

        assert all(line.startswith("You ") for line in lines(browser_of(bala).get("/activity/you")))


class TestTransactionActivity:
    def test_tells_of_one_transaction(self, asha):
        record(asha, description="Tea")
        recorded = record(asha, description="Coffee")
        Api(asha).patch(f"transactions/{recorded}", {"amount": 650})

        page = browser_of(asha).get(f"/transactions/{recorded}/activity")

        assert lines(page) == ["You changed the amount from ₹500 to ₹650", "You added Coffee, ₹500"]
        assert "₹650 on 20 November 2026" in words(page)

    def test_is_led_to_by_the_transactions_page(self, asha):
        recorded = record(asha)

        page = browser_of(asha).get(f"/transactions/{recorded}").content.decode()

        assert f'href="/transactions/{recorded}/activity"' in page

    def test_does_not_exist_for_a_stranger(self, asha, chitra):
        recorded = record(asha)

        assert browser_of(chitra).get(f"/transactions/{recorded}/activity").status_code == 404
