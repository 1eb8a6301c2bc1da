from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from ledger.statements.reconcile import Plan, Plug, PluggedDay, Standing, plan_of

APRIL_1 = dt.date(2026, 4, 1)
APRIL_30 = dt.date(2026, 4, 30)
MARCH_31 = dt.date(2026, 3, 31)
MAY_9 = dt.date(2026, 5, 9)
AMOUNTS = st.integers(-(10**12), 10**12)


def planned(*, opening=0, closing=0, new=0, **standing):
    known = {"before_minor": 0, "at_end_minor": 0, "first_posted_on": None} | standing
    return plan_of(
        statement_opening_minor=opening,
        statement_closing_minor=closing,
        first_on=APRIL_1,
        last_on=APRIL_30,
        new_minor=new,
        standing=Standing(**known),
    )


class TestPlanOf:
    def test_opens_an_account_that_nothing_is_known_of(self):
        plan = planned(opening=5000, closing=7000, new=2000)

        assert plan == Plan((Plug(MARCH_31, 5000, "opening", needs_consent=False),), 7000)
        assert plan.difference_minor == 0

    def test_needs_nothing_where_a_statement_follows_the_last(self):
        plan = planned(
            opening=5000,
            closing=7000,
            new=2000,
            before_minor=5000,
            at_end_minor=5000,
            first_posted_on=MARCH_31,
        )

        assert plan == Plan((), 7000)

    def test_asks_for_consent_where_months_are_missing(self):
        plan = planned(
            opening=5000,
            closing=7000,
            new=2000,
            before_minor=4000,
            at_end_minor=4000,
            first_posted_on=MARCH_31,
        )

        assert plan.plugs == (Plug(MARCH_31, 1000, "adjustment", needs_consent=True),)
        assert (plan.difference_minor, plan.balance_after_minor) == (1000, 6000)

    def test_asks_for_consent_where_an_entry_made_by_hand_is_in_the_period(self):
        plan = planned(opening=5000, closing=4500, new=-500, at_end_minor=-500, first_posted_on=APRIL_1)

        assert plan.plugs == (
            Plug(MARCH_31, 5000, "opening", needs_consent=False),
            Plug(APRIL_30, 500, "adjustment", needs_consent=True),
        )
        assert (plan.difference_minor, plan.balance_after_minor) == (500, 4000)

    def test_asks_for_consent_to_the_hand_made_entry_though_an_opening_plug_is_in_the_period(self):
        plug_on = dt.date(2026, 4, 10)

        plan = planned(
            opening=0, closing=6000, new=5000, at_end_minor=5000 + 1000 - 300, first_posted_on=plug_on,
            plugged=[PluggedDay(plug_on, -5000)],
        )  # fmt: skip

        assert plan.plugs == (
            Plug(plug_on, -5000, "opening", needs_consent=False),
            Plug(APRIL_30, 300, "adjustment", needs_consent=True),
        )

    def test_settles_each_plug_within_the_period_on_its_own_day(self):
        first, second = dt.date(2026, 4, 9), dt.date(2026, 4, 19)

        plan = planned(
            opening=0, closing=900, new=400, at_end_minor=900, first_posted_on=first,
            plugged=[PluggedDay(first, -300), PluggedDay(second, -400)],
        )  # fmt: skip

        assert plan.plugs == (
            Plug(first, -300, "opening", needs_consent=False),
            Plug(second, -100, "opening", needs_consent=False),
        )

    def test_leaves_what_later_statements_proved(self):
        plan = planned(opening=100, closing=600, new=500, first_posted_on=MAY_9, next_on=MAY_9)

        assert plan.plugs == (
            Plug(MARCH_31, 100, "opening", needs_consent=False),
            Plug(MAY_9, -600, "opening", needs_consent=False),
        )

    @given(
        AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS,
        st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
        st.lists(AMOUNTS, max_size=3), st.booleans(),
    )  # fmt: skip
    def test_makes_the_account_stand_at_the_banks_balances(
        self, opening, closing, new, before, at_end, first_posted_on, lacking, has_later
    ):
        days = [PluggedDay(APRIL_1 + dt.timedelta(days=at), minor) for at, minor in enumerate(lacking)]

        plan = planned(
            opening=opening, closing=closing, new=new, before_minor=before, at_end_minor=at_end,
            first_posted_on=first_posted_on, plugged=days, next_on=MAY_9 if has_later else None,
        )  # fmt: skip

        def plugged(until):
            return sum(plug.amount_minor for plug in plan.plugs if plug.on <= until)

        assert before + plugged(MARCH_31) == opening
        assert all(plugged(day.on) - plugged(MARCH_31) == day.lacking_minor for day in days)
        assert at_end + new + plugged(APRIL_30) == closing
        assert not has_later or new + plugged(MAY_9) == 0
        assert plan.balance_after_minor == closing - plan.difference_minor
        assert all(plug.amount_minor for plug in plan.plugs)
