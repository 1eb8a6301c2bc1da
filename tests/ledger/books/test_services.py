from __future__ import annotations

import datetime as dt
import re
import threading
from collections import Counter
from decimal import Decimal

import pytest
from django.db import IntegrityError, connections

from accounts.services import person_signup
from ledger.books.access import BookReadOnly
from ledger.books.models import Book
from ledger.books.services import (
    BooksTooMany,
    CurrencySettled,
    PeriodNotOver,
    PeriodOnlyCloses,
    TimeZoneUnknown,
    book_open,
    book_start,
    book_update,
    period_close,
)
from ledger.chart.models import Account
from ledger.chart.services import account_open
from ledger.journal.services import PeriodClosed
from rupaya.core.db import Actor, acting_as
from rupaya.core.errors import Invalid
from rupaya.core.ids import uuid7
from tests.accounts.phone import PASSWORD, actor, address_new, at_once
from tests.ledger.books.sharing import share
from tests.ledger.desk import TODAY, TOMORROW, record
from tests.support.cast import member_add
from tests.support.engines import ROOT


class TestBookOpen:
    def test_makes_a_book_of_the_actors_own(self, asha):
        with acting_as(asha.actor):
            made = book_open(name="  Our   home ")
            found = Book.objects.get(pk=made.pk)
            owners = list(found.members.values_list("user_id", "role"))

        assert (found.name, found.base_currency, found.time_zone) == ("Our home", "INR", "Asia/Kolkata")
        assert (found.fiscal_year_start_month, found.closed_until) == (4, None)
        assert owners == [(asha.id, "owner")]

    def test_refuses_where_nobody_acts(self, db):
        with (
            pytest.raises(IntegrityError, match="somebody to own it"),
            acting_as(Actor(user_id=None, kind="system")),
        ):
            book_open(name="x")

    @pytest.mark.parametrize(
        "wrong", [{"base_currency": "inr"}, {"base_currency": "RS"}, {"fiscal_year_start_month": 13}]
    )
    def test_refuses_what_no_book_is(self, asha, wrong):
        with pytest.raises(IntegrityError), acting_as(asha.actor):
            book_open(**({"name": "x"} | wrong))

    @pytest.mark.parametrize("name", ["", "x" * 81, "\u200d"])
    def test_refuses_a_name_that_is_none(self, asha, name):
        with acting_as(asha.actor):
            with pytest.raises(Invalid, match="1 to 80 characters"):
                book_open(name=name)

            assert Book.objects.count() == 1


class TestBookStart:
    def test_begins_with_the_chart_in_the_books_currency(self, asha):
        with acting_as(asha.actor):
            book = book_start(name="Shop", base_currency="USD", time_zone="Europe/London", month_start_day=25)
            found = Book.objects.get(pk=book.pk)
            currencies = set(book.accounts.values_list("currency", flat=True))

        assert (found.time_zone, found.month_start_day) == ("Europe/London", 25)
        assert currencies == {"USD"}

    def test_refuses_the_21st(self, asha):
        with acting_as(asha.actor):
            for _ in range(19):
                book_open(name="x")
            with pytest.raises(BooksTooMany):
                book_start(name="x")

            assert Book.objects.count() == 20

    def test_refuses_a_time_zone_that_the_database_lacks(self, asha):
        with acting_as(asha.actor), pytest.raises(TimeZoneUnknown):
            book_start(name="x", time_zone="Nowhere/Land")


class TestBookUpdate:
    def test_changes_what_is_named_and_nothing_else(self, asha):
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, name="Home", time_zone="Asia/Dubai", month_start_day=31)
            found = Book.objects.get(pk=asha.book.pk)

        assert (found.name, found.time_zone, found.month_start_day) == ("Home", "Asia/Dubai", 31)
        assert (found.fiscal_year_start_month, found.base_currency) == (4, "INR")

    @pytest.mark.parametrize("name", ["", "x" * 81, "\u200d"])
    def test_refuses_a_name_that_is_none(self, asha, name):
        with acting_as(asha.actor), pytest.raises(Invalid, match="1 to 80 characters"):
            book_update(book=asha.book, today=TODAY, name=name)

    def test_takes_the_accounts_along_into_another_currency(self, asha):
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, base_currency="USD")

            assert Book.objects.get(pk=asha.book.pk).base_currency == "USD"
            assert set(asha.book.accounts.values_list("currency", flat=True)) == {"USD"}

    def test_leaves_what_somebody_opened_as_it_was_opened(self, committed, asha):
        with acting_as(asha.actor):
            asha.book.accounts.filter(name="Cash").update(name="My purse")
            account_open(book=asha.book, name="Card", kind="credit_card", credit_limit=Decimal(100_000))
            account_open(book=asha.book, name="Tokyo", kind="bank", currency="JPY")
        for currency in ("KWD", "JPY", "INR", "USD"):
            with acting_as(asha.actor):
                book_update(book=asha.book, today=TODAY, base_currency=currency)

        with acting_as(asha.actor):
            found = {account.name: account for account in asha.book.accounts.all()}
        assert (found["Card"].currency, found["Card"].credit_limit_minor) == ("INR", 100_000_00)
        assert found["Tokyo"].currency == "JPY"
        assert {found[name].currency for name in ("My purse", "Groceries", "Opening balances")} == {"USD"}

    def test_keeps_the_currency_in_which_money_was_written(self, asha):
        record(asha)

        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, base_currency="INR")  # it is that already
            with pytest.raises(CurrencySettled):
                book_update(book=asha.book, today=TODAY, base_currency="USD")

    def test_waits_with_a_new_currency_for_those_who_are_posting(self, committed, asha):
        has_posted, may_commit = threading.Event(), threading.Event()

        def work(number):
            if number == 0:
                with acting_as(asha.actor):
                    record(asha)
                    has_posted.set()
                    may_commit.wait(5)
                return "posted"
            has_posted.wait(5)
            threading.Timer(0.2, may_commit.set).start()
            with pytest.raises(CurrencySettled), acting_as(asha.actor):
                book_update(book=asha.book, today=TODAY, base_currency="USD")
            return "refused"

        assert at_once(2, work) == ["posted", "refused"]

    @pytest.mark.parametrize("days", [0, 1, 36500])
    def test_closes_no_day_that_is_not_over(self, asha, days):
        with acting_as(asha.actor), pytest.raises(PeriodNotOver):
            book_update(book=asha.book, today=TODAY, closed_until=TODAY + dt.timedelta(days=days))

    def test_closes_yesterday(self, asha):
        yesterday = TODAY - dt.timedelta(days=1)
        with acting_as(asha.actor):
            book_update(book=asha.book, today=TODAY, closed_until=yesterday)

            assert Book.objects.get(pk=asha.book.pk).closed_until == yesterday

    @pytest.mark.parametrize(
        "change", [{"name": "x"}, {"base_currency": "USD"}, {"closed_until": dt.date(2026, 3, 31)}]
    )
    def test_refuses_an_editor(self, asha, bala, change):
        share(asha, bala)

        with acting_as(bala.actor), pytest.raises(BookReadOnly):
            book_update(book=Book.objects.get(pk=asha.book.pk), today=TODAY, **change)


class TestPeriodClose:
    def test_closes_forwards_only(self, asha):
        with acting_as(asha.actor):
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
            period_close(book=asha.book, until=dt.date(2026, 3, 31), today=TOMORROW)
            period_close(book=asha.book, until=dt.date(2026, 4, 30), today=TOMORROW)
            with pytest.raises(PeriodOnlyCloses, match="30 Apr 2026"):
                period_close(book=asha.book, until=dt.date(2026, 4, 29), today=TOMORROW)

            assert Book.objects.get(pk=asha.book.pk).closed_until == dt.date(2026, 4, 30)

    @pytest.mark.parametrize("days", [0, 1, 36500])
    def test_closes_no_day_that_is_not_over(self, asha, days):
        with acting_as(asha.actor), pytest.raises(PeriodNotOver):
            period_close(book=asha.book, until=TODAY + dt.timedelta(days=days), today=TODAY)

    def test_stays_closed_for_whoever_read_the_book_before(self, asha):
        with acting_as(asha.actor):
            stale = Book.objects.get(pk=asha.book.pk)
            period_close(book=asha.book, until=dt.date(2026, 4, 30), today=TOMORROW)
            with pytest.raises(PeriodOnlyCloses):
                period_close(book=stale, until=dt.date(2026, 3, 31), today=TOMORROW)

    def test_waits_for_those_who_are_posting(self, committed, asha):
        has_posted, may_commit = threading.Event(), threading.Event()
        order = []

        def poster():
            with acting_as(asha.actor):
                record(asha, on=TODAY)
                has_posted.set()
                may_commit.wait(5)
                order.append("posted")
            connections.close_all()

        def closer():
            has_posted.wait(5)
            with acting_as(asha.actor):
                threading.Timer(0.2, may_commit.set).start()
                period_close(book=asha.book, until=TODAY, today=TOMORROW)
                order.append("closed")
            connections.close_all()

        threads = [threading.Thread(target=work) for work in (poster, closer)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

        assert order == ["posted", "closed"]
        with pytest.raises(PeriodClosed):
            record(asha, on=TODAY)

    def test_refuses_an_editor(self, committed, asha, bala, admin_url):
        member_add(admin_url, book=asha.book, person=bala, role="editor")

        with acting_as(bala.actor), pytest.raises(BookReadOnly):
            period_close(book=Book.objects.get(pk=asha.book.pk), until=TODAY, today=TOMORROW)

        record(asha, on=TODAY)


def signed_up(full_name="Meena Iyer"):
    user_id = uuid7()
    with acting_as(actor(user_id)):
        return person_signup(user_id=user_id, email=address_new(), password=PASSWORD, full_name=full_name)


class TestSignup:
    def test_opens_a_household_with_a_chart(self, db):
        user = signed_up()

        with acting_as(actor(user.pk)):
            book = Book.objects.get(members__user_id=user.pk)
            accounts = list(Account.objects.filter(book=book))

        assert book.name == "Iyer household"
        assert {account.currency for account in accounts} == {"INR"}
        assert {account.type for account in accounts} == {"asset", "liability", "equity", "income", "expense"}
        names = Counter(account.name.casefold() for account in accounts)
        assert [name for name, count in names.items() if count > 1] == []
        purposes = Counter(account.purpose for account in accounts if account.purpose)
        assert purposes == Counter(Account.Purpose.values)

    def test_gives_every_account_an_icon_that_exists(self, db):
        user = signed_up()
        drawn = set(re.findall(r'<symbol[^>]* id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))

        with acting_as(actor(user.pk)):
            used = set(Account.objects.values_list("icon", flat=True))

        assert used
        assert used - drawn == set()
