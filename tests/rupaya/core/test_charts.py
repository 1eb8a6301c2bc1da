from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rupaya.core.charts import bar_chart, donut_chart, spark_line
from rupaya.core.money import Money


def rupees(amount):
    return Money(amount * 100, "INR")


@dataclass(frozen=True)
class Month:
    label: str
    income: Money
    expense: Money

    @property
    def net(self):
        return self.income - self.expense


def months(*pairs):
    return [
        Month(f"M{index}", rupees(income), rupees(expense)) for index, (income, expense) in enumerate(pairs)
    ]


def drawn(chart):
    assert chart is not None
    return chart


class TestBarChart:
    def test_is_none_without_months(self):
        assert bar_chart(flows=[]) is None

    def test_is_none_where_nothing_moved(self):
        assert bar_chart(flows=months((0, 0), (0, 0))) is None

    def test_puts_round_steps_above_the_highest_bar(self):
        chart = drawn(bar_chart(flows=months((185000, 122000), (210000, 171000))))

        assert [tick.label for tick in chart.ticks] == ["0", "₹50k", "₹1L", "₹1.5L", "₹2L", "₹2.5L"]

    def test_lets_bars_stand_on_zero_in_proportion(self):
        chart = drawn(bar_chart(flows=months((200, 100))))

        (column,) = chart.columns
        zero = chart.ticks[0].y
        assert column.income.y + column.income.height == zero
        assert column.expense.y + column.expense.height == zero
        assert column.income.height == 2 * column.expense.height

    def test_gives_a_single_month_the_whole_width(self):
        chart = drawn(bar_chart(flows=months((200, 100))))

        assert chart.slot_width == 100
        assert chart.columns[0].centre_x == 50

    def test_hangs_a_month_of_refunds_below_zero(self):
        chart = drawn(bar_chart(flows=months((1000, 400), (500, -300))))

        zero = next(tick.y for tick in chart.ticks if tick.label == "0")
        assert chart.columns[1].expense.y == zero
        assert chart.ticks[0].label == "-₹500"

    def test_shows_a_rupee_beside_a_crore(self):
        chart = drawn(bar_chart(flows=months((10_000_000, 1))))

        assert chart.columns[0].expense.height == 1

    def test_draws_nothing_for_nothing(self):
        chart = drawn(bar_chart(flows=months((10, 0))))

        assert chart.columns[0].expense.height == 0

    @given(
        st.lists(
            st.tuples(st.integers(-(10**13), 10**13), st.integers(-(10**13), 10**13)), min_size=1, max_size=24
        )
    )
    def test_stays_on_the_drawing(self, pairs):
        chart = bar_chart(flows=months(*pairs))

        if chart is None:
            assert not any(amount for pair in pairs for amount in pair)
            return
        foot = chart.plot_top + chart.plot_height
        assert 2 <= len(chart.ticks) <= 6
        for column in chart.columns:
            for bar in (column.income, column.expense):
                assert chart.plot_top - 1 <= bar.y <= bar.y + bar.height <= foot + 1
                assert 0 <= bar.x <= bar.x + chart.bar_width <= Decimal("100.01")


class TestDonutChart:
    def test_is_none_without_spending(self):
        assert donut_chart(spending=[], total=rupees(0)) is None

    def test_shares_the_ring_by_amount(self):
        chart = drawn(donut_chart(spending=[("Rent", rupees(300)), ("Food", rupees(100))], total=rupees(400)))

        assert [(slice_.percent, slice_.dash, slice_.offset) for slice_ in chart.slices] == [
            (75, "74.10 25.90", Decimal(25)),
            (25, "24.10 75.90", Decimal(-50)),
        ]
        assert [slice_.colour for slice_ in chart.slices] == [1, 2]

    def test_closes_the_ring_for_one_category(self):
        chart = drawn(donut_chart(spending=[("Rent", rupees(300))], total=rupees(300)))

        assert chart.slices[0].dash == "100.00 0.00"

    def test_keeps_a_refund_in_the_key_without_an_arc(self):
        chart = drawn(
            donut_chart(spending=[("Rent", rupees(300)), ("Shoes", rupees(-100))], total=rupees(200))
        )

        assert chart.slices[0].dash == "100.00 0.00"
        assert chart.slices[1].dash is None
        assert chart.slices[1].percent == 0

    def test_draws_no_arc_where_all_is_zero(self):
        chart = drawn(donut_chart(spending=[("Rent", rupees(0))], total=rupees(0)))

        assert chart.slices[0].dash is None
        assert chart.centre == "₹0"

    def test_shows_a_rupee_beside_a_crore(self):
        spending = [("Rent", rupees(10_000_000)), ("Tea", rupees(1))]

        chart = drawn(donut_chart(spending=spending, total=rupees(10_000_001)))

        assert chart.slices[1].dash == "0.40 99.60"

    def test_shortens_a_total_that_does_not_fit_the_middle(self):
        chart = drawn(donut_chart(spending=[("Rent", rupees(123_456_789))], total=rupees(123_456_789)))

        assert chart.centre == "₹12.35Cr"


class TestSparkLine:
    def test_is_none_without_values(self):
        assert spark_line(series=[]) is None

    def test_draws_one_value_as_a_level_line(self):
        assert drawn(spark_line(series=[rupees(5)], width=100, height=40)).line == "0.0,20.0 100.0,20.0"

    def test_draws_values_that_never_change_as_a_level_line(self):
        chart = drawn(spark_line(series=[rupees(0)] * 3, width=100, height=40))

        assert chart.line == "0.0,20.0 50.0,20.0 100.0,20.0"

    def test_falls_with_a_net_worth_below_zero(self):
        chart = drawn(spark_line(series=[rupees(-1), rupees(-5), rupees(-9)], width=100, height=40))

        assert chart.line == "0.0,3.0 50.0,20.0 100.0,37.0"

    def test_closes_the_area_along_the_foot(self):
        chart = drawn(spark_line(series=[rupees(1), rupees(2)], width=100, height=40))

        assert chart.area == f"0,40 {chart.line} 100,40"

    def test_bears_huge_amounts(self):
        chart = drawn(
            spark_line(series=[Money(-(10**15), "INR"), Money(10**15, "INR")], width=100, height=40)
        )

        assert chart.line == "0.0,37.0 100.0,3.0"
