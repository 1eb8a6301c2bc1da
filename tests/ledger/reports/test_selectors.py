from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.journal.drafts import Entry
from ledger.journal.services import transaction_post
from ledger.reports.selectors import balances_at, overview_at
from rupaya.core.db import acting_as
from rupaya.core.money import Money
from tests.ledger.amendments.asking import account_make
from tests.ledger.books.sharing import restrict, share
from tests.ledger.desk import NOW, record
from tests.support.cast import person_make

TODAY = dt.date(2026, 11, 20)
ACCOUNTS = ("Cash", "Savings account", "Credit card")
CATEGORIES = {
    "expense": ("Groceries", "Fuel", "Travel", "Shopping", "Insurance", "Taxes", "Education", "Children"),
    "income": ("Salary", "Interest"),
}


def month_of(day, start_day=1):
    """The calendar month in which the household's month of a day begins."""
    starts_on = min(start_day, calendar.monthrange(day.year, day.month)[1])
    return months_back(day.year * 12 + day.month - 1, 0 if day.day >= starts_on else 1)


def months_back(number, count):
    return ((number - count) // 12, (number - count) % 12 + 1)


def months_to(day, start_day):
    year, month = month_of(day, start_day)
    return [months_back(year * 12 + month - 1, count) for count in range(11, -1, -1)]


DOLLARS = st.tuples(st.integers(1, 10**6), st.integers(1, 10**8))  # cents, and their worth in paise


def begins_on(person, start_day):
    """The person, whose household's month starts on that day."""
    with acting_as(person.actor):
        Book.objects.filter(pk=person.book.pk).update(month_start_day=start_day)
    person.book.month_start_day = start_day
    return person


@st.composite
def entries(draw):
    """(type, account, the other account or category, paise, day), some before the window and some to come."""
    kind = draw(st.sampled_from(["income", "expense", "expense", "transfer"]))
    account = draw(st.sampled_from(ACCOUNTS))
    others = CATEGORIES.get(kind) or tuple(name for name in ACCOUNTS if name != account)
    on = draw(st.dates(TODAY - dt.timedelta(days=420), TODAY + dt.timedelta(days=40)))
    return kind, account, draw(st.sampled_from(others)), draw(st.integers(1, 10**7)), on


def modelled(found, months, start_day):
    """The same figures by plain addition."""
    past = [entry for entry in found if entry[4] <= TODAY]
    moved: Counter[tuple[str, tuple[int, int]]] = Counter()
    flows: Counter[tuple[str, tuple[int, int]]] = Counter()
    spent: Counter[str] = Counter()
    for kind, account, other, minor, on in past:
        month = month_of(on, start_day)
        if kind == "transfer":
            moved[account, month] -= minor
            moved[other, month] += minor
            continue
        moved[account, month] += minor if kind == "income" else -minor
        flows[kind, month] += minor
        if kind == "expense" and month == months[-1]:
            spent[other] += minor
    worth = [sum(minor for (_, at), minor in moved.items() if at <= month) for month in months]
    balances = {
        name: sum(minor for (account, _), minor in moved.items() if account == name) for name in ACCOUNTS
    }
    return worth, balances, flows, spent


class TestOverviewAt:
    @given(st.lists(entries(), max_size=14), st.sampled_from([1, 7, 20, 21, 28, 31]))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_agrees_with_plain_addition_by_the_households_months(self, db, found, start_day):
        person = begins_on(person_make("Asha"), start_day)
        ids = {
            name: person.account(name).pk
            for name in (*ACCOUNTS, *CATEGORIES["expense"], *CATEGORIES["income"])
        }
        for kind, account, other, minor, on in found:
            key = "to_account_id" if kind == "transfer" else "category_id"
            record(person, kind, minor=minor, on=on, **{"account_id": ids[account], key: ids[other]})

        with acting_as(person.actor):
            seen = overview_at(book=person.book, today=TODAY)

        months = months_to(TODAY, start_day)
        worth, balances, flows, spent = modelled(found, months, start_day)
        now, last = months[-1], months[-2]
        assert [money.minor for money in seen.net_worth_series] == worth
        assert (seen.net_worth.minor, seen.net_worth_change.minor) == (worth[-1], worth[-1] - worth[-2])
        assert (seen.income.minor, seen.spent.minor) == (flows["income", now], flows["expense", now])
        assert seen.saved.minor == flows["income", now] - flows["expense", now]
        assert [
            (month_of(flow.starts_on), flow.income.minor, flow.expense.minor) for flow in seen.cash_flow
        ] == [(month, flows["income", month], flows["expense", month]) for month in months[-6:]]
        assert all(flow.net == flow.income - flow.expense for flow in seen.cash_flow)
        assert {
            account.name: account.balance.minor for account in seen.accounts if account.name in ACCOUNTS
        } == balances
        assert seen.has_any >= any(month_of(entry[4], start_day) <= now for entry in found)
        assert seen.has_any <= any(month_of(entry[4]) <= month_of(seen.month.until) for entry in found)
        self.check_spending(seen, spent)
        self.check_percents(seen, flows["income", now], flows["expense", now], flows["expense", last])

    def check_spending(self, seen, spent):
        shown = [(part.category, part.amount.minor) for part in seen.spending]
        ranked = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
        if len(ranked) > 6:
            ranked = [*ranked[:5], ("Other", sum(minor for _, minor in ranked[5:]))]
        assert shown == ranked
        assert seen.spending_total.minor == sum(spent.values())
        assert not shown or abs(sum(part.percent for part in seen.spending) - 100) <= 1

    def check_percents(self, seen, income, spent, spent_before):
        assert (seen.saved_percent is None) == (income == 0)
        assert income == 0 or abs(seen.saved_percent * income - (income - spent) * 100) <= income
        assert (seen.spent_vs_last_month_percent is None) == (spent_before == 0)
        assert spent_before == 0 or (
            abs(seen.spent_vs_last_month_percent * spent_before - (spent - spent_before) * 100)
            <= spent_before
        )

    def test_begins_the_month_where_the_household_does(self, asha):
        """Salary comes on the 25th; what went out on the 24th was still the last one's."""
        begins_on(asha, 25)
        record(asha, minor=30000, on=dt.date(2026, 10, 24))
        record(asha, minor=15000, on=dt.date(2026, 10, 25))
        record(asha, minor=45000, on=dt.date(2026, 11, 20))

        with acting_as(asha.actor):
            seen = overview_at(book=asha.book, today=TODAY)

        assert (seen.spent.minor, seen.spent_vs_last_month_percent) == (60000, 100)
        assert (seen.month.starts_on, seen.month.until) == (dt.date(2026, 10, 25), dt.date(2026, 11, 24))
        assert (seen.is_calendar_month, seen.last_month_label) == (False, "the month before")
        assert [(flow.label, flow.expense.minor) for flow in seen.cash_flow[-2:]] == [
            ("Sep", 30000),
            ("Oct", 60000),
        ]

    def test_is_empty_for_an_empty_book(self, asha):
        with acting_as(asha.actor):
            seen = overview_at(book=asha.book, today=TODAY)

        assert not seen.has_any
        assert (seen.net_worth, seen.spending) == (Money(0, "INR"), ())
        assert (seen.net_worth_change_percent, seen.saved_percent, seen.spent_vs_last_month_percent) == (
            None,
            None,
            None,
        )
        assert len(seen.net_worth_series) == 12

    def test_sees_the_present_day_and_not_the_next(self, asha):
        record(asha, "income", minor=100, on=TODAY)
        record(asha, "income", minor=1000, on=TODAY + dt.timedelta(days=1))
        record(asha, "income", minor=10000, on=dt.date(2026, 12, 1))

        with acting_as(asha.actor):
            assert overview_at(book=asha.book, today=TODAY).net_worth.minor == 100
            assert overview_at(book=asha.book, today=dt.date(2026, 11, 30)).net_worth.minor == 1100
            assert overview_at(book=asha.book, today=dt.date(2026, 12, 31)).net_worth.minor == 11100

    def test_works_on_the_first_day_of_a_year(self, asha):
        record(asha, "income", minor=100, on=dt.date(2026, 12, 31))

        with acting_as(asha.actor):
            seen = overview_at(book=asha.book, today=dt.date(2027, 1, 1))

        assert (seen.net_worth.minor, seen.income.minor, seen.last_month_label) == (100, 0, "December")
        assert [flow.label for flow in seen.cash_flow] == ["Aug", "Sep", "Oct", "Nov", "Dec", "Jan"]

    def test_counts_what_is_owed_against_what_is_owned(self, asha):
        record(asha, minor=30000, account_id=asha.account("Credit card").pk)
        record(asha, "income", minor=50000)

        with acting_as(asha.actor):
            seen = overview_at(book=asha.book, today=TODAY)

        assert seen.net_worth.minor == 20000
        assert {a.name: a.balance.minor for a in seen.accounts if a.balance.minor} == {
            "Cash": 50000,
            "Credit card": -30000,
        }

    def test_is_one_query(self, asha, django_assert_num_queries):
        record(asha)

        with acting_as(asha.actor), django_assert_num_queries(1):
            overview_at(book=asha.book, today=TODAY)


class TestBalancesAt:
    def test_is_one_query_for_a_day_in_the_past(self, asha, django_assert_num_queries):
        record(asha, "income", minor=100, on=dt.date(2024, 1, 31))
        record(asha, "income", minor=1000, on=dt.date(2024, 2, 29))

        with acting_as(asha.actor), django_assert_num_queries(1):
            balances = balances_at(book=asha.book, today=dt.date(2024, 2, 28))

        assert {one.name: one.balance.minor for one in balances if one.balance.minor} == {"Cash": 100}
        assert {one.type for one in balances} == {"asset", "liability"}

    @given(
        st.lists(entries(), max_size=14),
        st.dates(TODAY - dt.timedelta(days=80), TODAY + dt.timedelta(days=50)),
    )
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_agrees_with_plain_addition_on_any_day(self, db, found, on):
        person = person_make("Asha")
        asked: Counter[str] = Counter()
        for kind, account, other, minor, day in found:
            key = "to_account_id" if kind == "transfer" else "category_id"
            places = {"account_id": person.account(account).pk, key: person.account(other).pk}
            record(person, kind, minor=minor, on=day, **places)
            counted = minor if day <= on else 0
            asked[account] += counted if kind == "income" else -counted
            asked[other] += -counted if kind == "income" else counted

        with acting_as(person.actor):
            seen = balances_at(book=person.book, today=on)

        assert {one.name: one.balance.minor for one in seen if one.balance.minor} == {
            name: minor for name, minor in asked.items() if minor and name in ACCOUNTS
        }
        assert all(one.base == one.balance and not one.is_foreign for one in seen)

    @given(
        st.lists(st.tuples(DOLLARS, st.dates(TODAY - dt.timedelta(days=80), TODAY)), max_size=8),
        st.dates(TODAY - dt.timedelta(days=90), TODAY),
    )
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_gives_an_account_in_its_own_currency_with_its_worth_beside(self, db, found, on):
        person = person_make("Asha")
        dollars = UUID(account_make(person, "USD", "Dollars"))
        for (cents, paise), day in found:
            worth = Money(paise, "INR")
            entry = Entry(
                "income", day, "Fee", [(None, Money(cents, "USD"))], account_id=dollars, base_amount=worth
            )
            with acting_as(person.actor):
                transaction_post(book=person.book, entry=entry)

        with acting_as(person.actor):
            seen = {one.name: one for one in balances_at(book=person.book, today=on)}["Dollars"]
            shown = {one.name: one for one in overview_at(book=person.book, today=on).accounts}["Dollars"]

        counted = [amounts for amounts, day in found if day <= on]
        assert seen.balance == shown.balance == Money(sum(cents for cents, _ in counted), "USD")
        assert seen.base == shown.base == Money(sum(paise for _, paise in counted), "INR")
        assert seen.is_foreign

    def test_leaves_out_a_closed_account_with_nothing_on_it(self, asha):
        savings = asha.account("Savings account").pk
        record(asha, minor=100, account_id=savings, on=TODAY - dt.timedelta(days=9))
        record(asha, "income", minor=100, account_id=savings, on=TODAY)
        with acting_as(asha.actor):
            Account.objects.filter(book=asha.book, pk=savings).update(closed_at=NOW)

            now, before = (
                {one.name for one in balances_at(book=asha.book, today=TODAY - dt.timedelta(days=days))}
                for days in (0, 1)
            )

        assert "Savings account" not in now
        assert "Savings account" in before

    def test_adds_up_what_a_member_sees_of_a_veiled_book(self, asha, bala):
        """Kept totals count what is hidden from the member."""
        share(asha, bala)
        restrict(asha, bala, "Savings account", "hidden")
        record(asha, minor=300, account_id=asha.account("Cash").pk)
        record(asha, "transfer", minor=50, account_id=asha.account("Savings account").pk,
               to_account_id=asha.account("Cash").pk)  # fmt: skip

        with acting_as(bala.actor):
            seen = balances_at(book=asha.book, today=TODAY)

        assert {one.name: one.balance.minor for one in seen if one.balance.minor} == {"Cash": -300}
        assert "Savings account" not in {one.name for one in seen}

    def test_shows_nothing_of_a_strangers_book(self, asha, chitra):
        record(asha)

        with acting_as(chitra.actor):
            assert balances_at(book=asha.book, today=TODAY) == ()
