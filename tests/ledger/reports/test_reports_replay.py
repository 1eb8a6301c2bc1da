"""Every figure of every report, for random books that changed: against plain addition, and what its filter lists."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal.search import filters_read
from ledger.journal.selectors import transaction_page
from ledger.reports import selectors
from ledger.reports.flows import CASH_KINDS
from ledger.reports.periods import BYS, Span
from ledger.reports.question import Question
from rupaya.core.db import acting_as
from rupaya.core.parameters import FilterInvalid
from tests.ledger.reports.replay import FIRST, LAST, Wish, plots, story_make

# The pool's own thread jitters the life of its connections with `random`, now and then while an example is drawn.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")
PROPERTY = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILTERS_CHECKED = 25  # of one report
SIGNS = {"asset": 1, "liability": -1, "equity": -1, "income": -1, "expense": 1}
ACTIVITIES = {
    "operating": {"income", "expense"},
    "investing": {"asset"},
    "financing": {"liability", "equity"},
}


@st.composite
def asked(draw):
    """(plot, question, which moment it is asked as of)."""
    plot = draw(plots())
    days = sorted(draw(st.tuples(st.dates(FIRST, LAST), st.dates(FIRST, LAST))))
    by = draw(st.sampled_from(["", *BYS[1:], *(["day"] if (days[1] - days[0]).days < 100 else [])]))
    question = Question(
        day=days[1], since=days[0], by=by, currency=draw(st.sampled_from(["book", "account"]))
    )
    return plot, question, draw(st.sampled_from([None, 0, -1]))


class Case:
    """A story with a question; answers by addition."""

    def __init__(self, drawn) -> None:
        plot, question, moment = drawn
        self.left = FILTERS_CHECKED
        self.story = story_make(plot)
        known_at = None if moment is None else self.story.moments[moment][0]
        self.question = replace(question, known_at=known_at)
        self.said = self.story.at(known_at)
        self.accounts = self.story.accounts
        self.named = {account.pk: account for account in self.accounts.values()}

    def read(self, report, **changes):
        with acting_as(self.story.person.actor):
            question = replace(self.question, **changes)
            return getattr(selectors, f"report_{report}")(book=self.story.person.book, question=question)

    def minor(self, ids, span, *, in_own=False, counts=lambda said: True):
        """What legs on the accounts sum to."""
        names = {self.named[one].name for one in ids}
        return sum(
            own if in_own else base
            for said in self.said
            if (span.starts_on or FIRST) <= said.wish.date < span.ends_before and counts(said)
            for name, own, base in said.legs
            if name in names
        )

    def below(self, identity):
        found, left = set(), [identity]
        while left:
            one = left.pop()
            found.add(one)
            left += [account.pk for account in self.named.values() if account.parent_id == one]
        return found

    def listed(self, query):
        """The ids of the transactions that a filter lists."""
        with acting_as(self.story.person.actor):
            book = self.story.person.book
            page = transaction_page(
                book=book, limit=200, filters=filters_read(book=book, query=query, today=LAST)
            )
        assert page.next is None
        return {row.id for row in page.rows}

    def check_filter(self, figure, ids, *, sign, in_own):
        """The legs of what the filter lists, on the figure's accounts, sum to the figure; of the first figures."""
        if self.question.known_at is not None:
            assert figure.filter is None
            return
        if figure.filter is None or self.left == 0:
            return
        self.left -= 1
        listed = self.listed(figure.filter)
        minor = self.minor(ids, Span(None, dt.date.max), in_own=in_own, counts=lambda said: said.id in listed)
        assert sign * minor == figure.money.minor, figure

    def check_section(self, section, *, among, columns, sign, currency, counts=lambda said: True):
        """Each line, that none is missing, and the sum."""
        in_own = self.question.currency == "account"
        among = {one for one in among if not in_own or self.named[one].currency == currency}
        moved = set()
        for row in section.rows:
            identity = row.head["account_id"]
            if identity is None:
                continue
            for name, ids in (("own", {identity} & among), ("total", self.below(identity) & among)):
                for figure, span in zip(row.figures[name], columns, strict=True):
                    assert figure.money.currency == currency
                    assert figure.money.minor == sign * self.minor(ids, span, in_own=in_own, counts=counts)
                    self.check_filter(figure, ids, sign=sign, in_own=in_own)
            moved.add(identity)
        missing = among - moved
        assert not any(
            self.minor({one}, span, in_own=in_own, counts=counts) for one in missing for span in columns
        )

    def ids_of(self, *types):
        return {account.pk for account in self.named.values() if account.type in types}


def columns_of(report, question):
    return [question.whole, *report.periods]


class TestReportBalances:
    @given(asked())
    @PROPERTY
    def test_agrees_with_plain_addition(self, db, drawn):
        case = Case(drawn)
        report = case.read("balances", since=None, by="")
        day = [Span(None, case.question.whole.ends_before)]

        for group in report.groups:
            case.check_section(
                group.sections["accounts"], among=case.ids_of("asset", "liability"), columns=day, sign=1,
                currency=group.currency,
            )  # fmt: skip
        assert [group.currency for group in report.groups] == (
            ["INR"] if case.question.currency == "book" else ["INR", "USD"]
        )


class TestReportTrialBalance:
    @given(asked())
    @PROPERTY
    def test_has_equal_sides_that_agree_with_plain_addition(self, db, drawn):
        case = Case(drawn)
        report = case.read("trial_balance", since=None, by="")
        day = Span(None, case.question.whole.ends_before)
        in_own = case.question.currency == "account"

        for group in report.groups:
            seen: Counter[UUID] = Counter()
            for row in group.sections["accounts"].rows:
                (debit,), (credit,) = row.figures["debit"], row.figures["credit"]
                assert min(debit.money.minor, credit.money.minor) == 0
                seen[row.head["account_id"]] = debit.money.minor - credit.money.minor
                case.check_filter(debit, {row.head["account_id"]}, sign=1, in_own=in_own)
                case.check_filter(credit, {row.head["account_id"]}, sign=-1, in_own=in_own)
            expected = {
                one: minor
                for one, account in case.named.items()
                if (not in_own or account.currency == group.currency)
                and (minor := case.minor({one}, day, in_own=in_own))
            }
            assert seen == expected
            (debits,), (credits_,) = (
                group.sections["accounts"].figures[side] for side in ("debit", "credit")
            )
            assert debits.money.minor - credits_.money.minor == sum(expected.values())
            assert in_own or debits.money == credits_.money


class TestReportBalanceSheet:
    @given(asked())
    @PROPERTY
    def test_balances_and_agrees_with_plain_addition(self, db, drawn):
        case = Case(drawn)
        report = case.read("balance_sheet", since=None, by="")
        day = Span(None, case.question.whole.ends_before)

        for group in report.groups:
            totals = {}
            for name, kind in (("assets", "asset"), ("liabilities", "liability"), ("equity", "equity")):
                section = group.sections[name]
                case.check_section(
                    section, among=case.ids_of(kind), columns=[day], sign=SIGNS[kind], currency=group.currency
                )
                totals[name] = section.figures["total"][0]
            if case.question.currency == "book":
                assert totals["assets"].money == totals["liabilities"].money + totals["equity"].money
                lines = {row.head["kind"]: row.figures["own"][0] for row in group.sections["equity"].rows}
                result = case.ids_of("income", "expense")
                april = dt.date(case.question.day.year - (case.question.day.month < 4), 4, 1)
                for figure, span in (
                    (lines["surplus_before"], Span(None, april)),
                    (lines["surplus_year"], Span(april, day.ends_before)),
                ):
                    assert figure.money.minor == -case.minor(result, span)
                    case.check_filter(figure, result, sign=-1, in_own=False)
                case.check_filter(totals["equity"], result | case.ids_of("equity"), sign=-1, in_own=False)


class TestReportIncomeStatement:
    @given(asked(), st.booleans())
    @PROPERTY
    def test_agrees_with_plain_addition(self, db, drawn, is_compared):
        case = Case(drawn)
        by = "" if is_compared else case.question.by
        report = case.read("income_statement", by=by, is_compared=is_compared)
        columns = [*columns_of(report, case.question), *([report.previous] if is_compared else [])]

        group = report.groups[0]
        for kind in ("income", "expense"):
            case.check_section(
                group.sections[kind],
                among=case.ids_of(kind),
                columns=columns,
                sign=SIGNS[kind],
                currency="INR",
            )
            for figure in group.sections[kind].figures["total"]:
                case.check_filter(figure, case.ids_of(kind), sign=SIGNS[kind], in_own=False)
        incomes, expenses = (group.sections[kind].figures["total"] for kind in ("income", "expense"))
        for income, expense, net in zip(incomes, expenses, group.figures["net"], strict=True):
            assert net.money == income.money - expense.money
            case.check_filter(net, case.ids_of("income", "expense"), sign=-1, in_own=False)


class TestReportNetWorth:
    @given(asked())
    @PROPERTY
    def test_agrees_with_plain_addition_and_with_the_income_statement(self, db, drawn):
        case = Case(drawn)
        report = case.read("net_worth")
        statement = case.read("income_statement", currency="book").groups[0]
        columns = columns_of(report, case.question)
        equity = case.ids_of("equity")

        for group in report.groups:
            in_own = case.question.currency == "account"
            for index, span in enumerate(columns):
                figures = {name: series[index] for name, series in group.figures.items()}
                for name, kinds, sign, at in (
                    ("assets", ["asset"], 1, span.at_end), ("liabilities", ["liability"], -1, span.at_end),
                    ("net_worth", ["asset", "liability"], 1, span.at_end), ("change", ["asset", "liability"], 1, span),
                ):  # fmt: skip
                    ids = {
                        one
                        for one in case.ids_of(*kinds)
                        if not in_own or case.named[one].currency == group.currency
                    }
                    assert figures[name].money.minor == sign * case.minor(ids, at, in_own=in_own)
                    case.check_filter(figures[name], ids, sign=sign, in_own=in_own)
                if not in_own:
                    assert (
                        figures["net_worth"].money == figures["assets"].money - figures["liabilities"].money
                    )
                    earned = statement.figures["net"][index].money.minor
                    assert figures["change"].money.minor == earned - case.minor(equity, span)


class TestReportCashFlow:
    @given(asked(), st.sampled_from([None, "Credit card", "Savings account"]))
    @PROPERTY
    def test_reconciles_and_agrees_with_plain_addition(self, db, drawn, only):
        case = Case(drawn)
        ids = (case.accounts[only].pk,) if only else None
        report = case.read("cash_flow", currency="book", account_ids=ids)
        case.question = replace(case.question, currency="book")
        columns = columns_of(report, case.question)
        roots = ids or [one for one, account in case.named.items() if account.kind in CASH_KINDS]
        cash = set().union(*(case.below(one) for one in roots))
        names = {case.named[one].name for one in cash}

        (group,) = report.groups
        for index, span in enumerate(columns):
            opening, change, closing = (
                group.figures[name][index].money.minor for name in ("opening", "change", "closing")
            )
            flows = sum(section.figures["total"][index].money.minor for section in group.sections.values())
            assert opening + flows == closing
            assert change == flows == case.minor(cash, span)
            assert closing == case.minor(cash, span.at_end)
        for activity, kinds in ACTIVITIES.items():
            case.check_section(
                group.sections[activity], among=case.ids_of(*kinds) - cash, columns=columns, sign=-1, currency="INR",
                counts=lambda said: any(name in names for name, _, _ in said.legs),
            )  # fmt: skip


class TestReportCategoryTrend:
    @given(asked(), st.sampled_from([None, "Groceries", "Vegetables"]))
    @PROPERTY
    def test_agrees_with_plain_addition(self, db, drawn, only):
        case = Case(drawn)
        ids = (case.accounts[only].pk,) if only else None
        report = case.read(
            "category_trend", by=case.question.by or "month", category_ids=ids, types=("expense",)
        )
        among = case.below(ids[0]) if ids else case.ids_of("expense")

        group = report.groups[0]
        assert list(group.sections) == ["expense"]
        columns = columns_of(report, case.question)
        case.check_section(group.sections["expense"], among=among, columns=columns, sign=1, currency="INR")
        for figure, span in zip(group.sections["expense"].figures["total"], columns, strict=True):
            assert figure.money.minor == case.minor(among, span)
            case.check_filter(figure, among, sign=1, in_own=False)


class TestReportParties:
    @pytest.mark.parametrize("report", ["payees", "tags"])
    @given(asked(), st.sampled_from([None, "account", "category"]))
    @PROPERTY
    def test_agree_with_plain_addition(self, db, report, drawn, narrowed):
        case = Case(drawn)
        choices: dict[str | None, dict[str, Any]] = {
            None: {}, "account": {"account_ids": (case.accounts["Savings account"].pk,)},
            "category": {"category_ids": (case.accounts["Groceries"].pk,), "currency": "book"},
        }  # fmt: skip
        narrow = choices[narrowed]
        answer = case.read(report, by="", rows_max=2, **narrow)
        in_own = narrow.get("currency", case.question.currency) == "account"
        expected = self.expected(case, report, narrow, in_own=in_own)

        for group in answer.groups:
            parties = expected.pop(group.currency, {})
            rows = group.sections[report].rows
            assert len(rows) == min(2, len(parties))
            for row in rows:
                minors = {kind: row.figures[kind][0].money.minor for kind in ("income", "expense")}
                assert minors == parties.pop(row.head["name"].lower())
            assert all(
                group.sections[report].figures[f"rest_{kind}"][0].money.minor
                == sum(minors[kind] for minors in parties.values())
                for kind in ("income", "expense")
            )
            self.check_filters(case, rows, narrow)
        assert expected == {}

    def expected(self, case, report, narrow, *, in_own):
        """currency → party → kind → minor."""
        accounts = case.below(narrow["account_ids"][0]) if "account_ids" in narrow else None
        categories = case.below(narrow["category_ids"][0]) if "category_ids" in narrow else None
        found: dict[str, Any] = defaultdict(lambda: defaultdict(lambda: {"income": 0, "expense": 0}))
        for said in case.said:
            wish, span = said.wish, case.question.whole
            own = case.accounts[wish.own[0]]
            if not said.legs or wish.type == "transfer" or not span.starts_on <= wish.date < span.ends_before:
                continue
            if accounts is not None and own.pk not in accounts:
                continue
            minor = wish.own[1] if in_own else wish.own[2]
            if categories is not None:
                legs = [base for name, _, base in wish.others if case.accounts[name].pk in categories]
                if not legs:
                    continue
                minor = sum(legs)
            names = [wish.payee or "No payee"] if report == "payees" else list(wish.tags) or ["No tag"]
            for name in names:
                found[own.currency if in_own else "INR"][name.lower()][wish.type] += minor
        return found

    def check_filters(self, case, rows, narrow):
        categories = (
            case.below(narrow["category_ids"][0])
            if "category_ids" in narrow
            else case.ids_of("income", "expense")
        )
        for row in rows:
            for kind in ("income", "expense"):
                (figure,) = row.figures[kind]
                if figure.filter is None:
                    assert (
                        case.question.known_at
                        or row.head["name"].startswith("No ")
                        or case.question.currency == "account"
                    )
                elif figure.money.currency == "INR" and case.question.currency == "book":
                    case.check_filter(figure, categories & case.ids_of(kind), sign=SIGNS[kind], in_own=False)


def story_of(*changes):
    """Groceries for 100 rupees and 1 dollar (84 rupees), of which the first becomes each of the changes in turn."""
    rupees = Wish(
        "expense", FIRST, ("Cash", 10000, 10000), (("Groceries", 10000, 10000),), "BigBasket", ("goa",)
    )
    dollars = Wish(
        "expense", FIRST, ("Dollars", 100, 8400), (("Groceries", 8400, 8400),), "BigBasket", ("goa",)
    )
    return story_make(([rupees, dollars], [(0, replace(rupees, **change)) for change in changes]))


class TestParties:
    @pytest.mark.parametrize("report", ["payees", "tags"])
    def test_are_those_of_the_version_that_was_known(self, db, report):
        story = story_of(
            {"payee": "Metro", "tags": ("tax",)}, {"payee": "Reliance", "tags": ("school",)}, {"payee": "x"}
        )

        seen = []
        for moment, _ in story.moments:
            question = Question(day=LAST, since=FIRST, known_at=moment)
            with acting_as(story.person.actor):
                answer = getattr(selectors, f"report_{report}")(book=story.person.book, question=question)
            seen.append({row.head["name"] for row in answer.groups[0].sections[report].rows})

        assert (
            seen
            == {
                "payees": [
                    {"BigBasket"},
                    {"Metro", "BigBasket"},
                    {"Reliance", "BigBasket"},
                    {"x", "BigBasket"},
                ],
                "tags": [{"goa"}, {"tax", "goa"}, {"school", "goa"}, {"goa"}],
            }[report]
        )

    def test_of_several_currencies_have_no_filter(self, db):
        story = story_of()

        with acting_as(story.person.actor):
            one, several = (
                selectors.report_payees(
                    book=story.person.book, question=Question(day=LAST, since=FIRST, currency=currency)
                )
                for currency in ("book", "account")
            )

        assert [group.currency for group in several.groups] == ["INR", "USD"]
        (inr,), (usd,) = (group.sections["payees"].rows[0].figures["expense"] for group in several.groups)
        assert (inr.money.minor, inr.filter, usd.money.minor, usd.filter) == (10000, None, 100, None)
        (whole,) = one.groups[0].sections["payees"].rows[0].figures["expense"]
        assert whole.money.minor == 18400
        assert whole.filter == {
            "payee": "BigBasket", "type": "expense", "since": FIRST.isoformat(), "until": LAST.isoformat(),
        }  # fmt: skip

    def test_refuse_categories_in_another_currency_than_the_books(self, db):
        story = story_of()
        question = Question(
            day=LAST, since=FIRST, currency="account", category_ids=(story.accounts["Fuel"].pk,)
        )

        with acting_as(story.person.actor), pytest.raises(FilterInvalid) as refusal:
            selectors.report_tags(book=story.person.book, question=question)

        assert refusal.value.errors[0].field == "currency"
