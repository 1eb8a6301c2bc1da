"""What templates say about money, names and charts. Thin: the rules are in rupaya.core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from rupaya.core.charts import BarChart, DonutChart, Flow, SparkLine, bar_chart, donut_chart, spark_line
from rupaya.core.money import Money, money_format, money_short

register = template.Library()


class Spending(Protocol):
    """What one category took, as a report gives it."""

    @property
    def category(self) -> str:
        """The category's name."""

    @property
    def amount(self) -> Money:
        """What it took in the period."""


@register.filter
def signed(money: Money) -> str:
    """`+₹1000`, `-₹12,345.50`: the sign always, groups from five digits, paise only where there are any."""
    return money_format(money, sign=True, grouped_from=5)


@register.filter
def unsigned(money: Money) -> str:
    """`₹1000`: `signed` without the sign, for a transfer, which is neither gain nor loss."""
    return money_format(abs(money), grouped_from=5)


@register.filter(name="money")
def money_exact(money: Money) -> str:
    """`₹1,23,456.78`: exact, paise only where there are any."""
    return money_format(money)


@register.filter
def money_whole(money: Money) -> str:
    """`₹1,23,457`: rounded to whole rupees."""
    return money_format(money, places=0)


@register.filter
def short(money: Money) -> str:
    """`₹1.86L`: for where there is little room."""
    return money_short(money)


@register.filter
def initials(name: str) -> str:
    """`AR` for Asha Rao: the first letters of the first and last names, or `?` where there is no name."""
    words = [word for word in name.split() if word[0].isalnum()]
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper() or "?"


@register.filter
def words(code: str) -> str:
    """`Credit card` for `credit_card`: a code of one word or more as a label."""
    return code.replace("_", " ").capitalize()


@register.simple_tag
def icon(name: str, css_class: str = "icon") -> SafeString:
    """Will draw a symbol of static/icons.svg, hidden from screen readers: the words beside it speak."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        css_class,
        static("icons.svg"),
        name,
    )


@register.inclusion_tag("components/charts/bars.html")
def bars(flows: Sequence[Flow], uid: str = "bars") -> dict[str, BarChart | str | None]:
    """Will draw money in and out side by side for each period, with the figures as a table below.

    uid: an id that no other chart of the page has.
    """
    return {"chart": bar_chart(flows=flows), "uid": uid}


@register.inclusion_tag("components/charts/donut.html")
def donut(
    spending: Sequence[Spending], total: Money, uid: str = "donut"
) -> dict[str, DonutChart | str | None]:
    """Will draw spending as a ring with its total in the middle and a key that holds the figures."""
    items = [(item.category, item.amount) for item in spending]
    return {"chart": donut_chart(spending=items, total=total), "uid": uid}


@register.inclusion_tag("components/charts/spark.html")
def spark(series: Sequence[Money]) -> dict[str, SparkLine | None]:
    """Will draw the course of an amount as a decoration: the figure beside it is what speaks."""
    return {"chart": spark_line(series=series)}


@register.filter
def marked(text: str) -> SafeString:
    """A sentence of the API's reference, with what stands in backticks as code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if index % 2 else part,) for index, part in parts)
    )
