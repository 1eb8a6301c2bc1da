"""The geometry of the charts: money in, places on a drawing out. Pure, and in Decimal as money is.

A chart of bars is drawn without a viewBox: along x everything is a percentage of the width, along y a
pixel, so that letters keep their size on a phone. The ring and the spark line scale as wholes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from rupaya.core.money import CURRENCY_PLACES, Money, money_format, money_short, percent

BARS_HEIGHT_PX: Final = 340
_BARS_TOP_PX: Final = 12
_BARS_FOOT_PX: Final = 28  # room for the months' names
_INTERVALS_MAX: Final = 5
_BAR_OF_SLOT: Final = Decimal("0.26")
_GAP_OF_SLOT: Final = Decimal("0.03")
_RING_GAP: Final = Decimal("0.9")  # of 100 along the ring
_RING_ARC_MIN: Final = Decimal("0.4")
_RING_START: Final = Decimal(25)  # a circle starts at three o'clock, a quarter later than a reader
_CENTRE_CHARACTERS_MAX: Final = 10
_SPARK_MARGIN: Final = 3
_CRORE: Final = 10**7
_LONG_LABEL_MINOR: Final = 1000 * _CRORE * 100
_TENTH: Final = Decimal("0.1")
_HUNDREDTH: Final = Decimal("0.01")


class Flow(Protocol):
    """One period's money in and out, as a report gives it."""

    @property
    def label(self) -> str:
        """The period's short name, `Jun`."""

    @property
    def income(self) -> Money:
        """What came in; negative only where more was taken back than came."""

    @property
    def expense(self) -> Money:
        """What was spent; negative only where refunds outweigh spending."""

    @property
    def net(self) -> Money:
        """Income less expense."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart and the label beside it; y in pixels from the top."""

    y: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: x in percent of the width, y and height in pixels."""

    x: Decimal
    y: Decimal
    height: Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """One period's two bars; slot and centre in percent of the width."""

    flow: Flow
    slot_x: Decimal
    centre_x: Decimal
    income: Bar
    expense: Bar


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart of bars: widths in percent, heights in pixels."""

    height: int
    plot_top: int
    plot_height: int
    label_y: int
    slot_width: Decimal
    bar_width: Decimal
    ticks: tuple[Tick, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """One arc of the ring; dash and offset go round a circle of circumference 100. No arc: dash is None."""

    name: str
    amount: Money
    percent: int
    colour: int
    dash: str | None
    offset: Decimal


@dataclass(frozen=True, slots=True)
class DonutChart:
    """A ring of slices and the words in its middle."""

    total: Money
    centre: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class SparkLine:
    """A line and the area below it, as SVG `points`."""

    width: int
    height: int
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class _Axis:
    low: int
    high: int
    step: int

    def y(self, minor: int) -> Decimal:
        plot = BARS_HEIGHT_PX - _BARS_TOP_PX - _BARS_FOOT_PX
        return (_BARS_TOP_PX + Decimal(plot * (self.high - minor)) / (self.high - self.low)).quantize(_TENTH)


def bar_chart(*, flows: Sequence[Flow]) -> BarChart | None:
    """Will place two bars for each period on one scale that includes zero; None where nothing moved."""
    amounts = [amount.minor for flow in flows for amount in (flow.income, flow.expense)]
    if not any(amounts):
        return None
    currency = flows[0].income.currency
    axis = _axis(low=min(0, *amounts), high=max(0, *amounts), unit=10 ** CURRENCY_PLACES[currency])
    slot = Decimal(100) / len(flows)
    levels = range(axis.low, axis.high + 1, axis.step)
    return BarChart(
        height=BARS_HEIGHT_PX,
        plot_top=_BARS_TOP_PX,
        plot_height=BARS_HEIGHT_PX - _BARS_TOP_PX - _BARS_FOOT_PX,
        label_y=BARS_HEIGHT_PX - 6,
        slot_width=slot.quantize(_HUNDREDTH),
        bar_width=(slot * _BAR_OF_SLOT).quantize(_HUNDREDTH),
        ticks=tuple(Tick(axis.y(level), _tick_label(Money(level, currency))) for level in levels),
        columns=tuple(_column(flow, axis=axis, slot=slot, index=index) for index, flow in enumerate(flows)),
    )


def donut_chart(*, spending: Sequence[tuple[str, Money]], total: Money) -> DonutChart | None:
    """Will share a ring among amounts by size, each with a colour from 1; None where nothing is given.

    Refunds may leave a category below zero: it keeps its line in the key and gets no arc.
    """
    if not spending:
        return None
    whole = sum(max(amount.minor, 0) for _, amount in spending)
    alone = sum(amount.minor > 0 for _, amount in spending) == 1
    slices = []
    done = Decimal(0)
    for colour, (name, amount) in enumerate(spending, start=1):
        share = Decimal(max(amount.minor, 0)) * 100 / whole if whole else Decimal(0)
        arc = (share if alone else max(share - _RING_GAP, _RING_ARC_MIN)).quantize(_HUNDREDTH)
        dash = f"{arc} {100 - arc}" if share else None
        offset = (_RING_START - done).quantize(_HUNDREDTH)
        percents = int(percent(max(amount.minor, 0), whole) or 0)
        slices.append(Slice(name, amount, percents, colour, dash, offset))
        done += share
    written = money_format(total, places=0)
    centre = written if len(written) <= _CENTRE_CHARACTERS_MAX else money_short(total)
    return DonutChart(total=total, centre=centre, slices=tuple(slices))


def spark_line(*, series: Sequence[Money], width: int = 320, height: int = 64) -> SparkLine | None:
    """Will draw the course of an amount, lowest at the foot; None where there is nothing to draw.

    A single value, or one that never changed, is a level line in the middle.
    """
    if not series:
        return None
    minors = [money.minor for money in series] if len(series) > 1 else [series[0].minor] * 2
    low, high = min(minors), max(minors)
    span = height - 2 * _SPARK_MARGIN
    points = []
    for index, minor in enumerate(minors):
        x = Decimal(index * width) / (len(minors) - 1)
        fall = Decimal((high - minor) * span) / (high - low) if high > low else Decimal(span) / 2
        points.append(f"{x.quantize(_TENTH)},{(_SPARK_MARGIN + fall).quantize(_TENTH)}")
    line = " ".join(points)
    return SparkLine(width=width, height=height, line=line, area=f"0,{height} {line} {width},{height}")


def _axis(*, low: int, high: int, unit: int) -> _Axis:
    """Ends on whole steps of 1, 2 or 5 times a power of ten units, with at most a handful of intervals."""
    power = unit
    while True:
        for step in (power, 2 * power, 5 * power):
            ends = _Axis(low=low // step * step, high=-(-high // step) * step, step=step)
            if ends.high - ends.low <= step * _INTERVALS_MAX:
                return ends
        power *= 10


def _column(flow: Flow, *, axis: _Axis, slot: Decimal, index: int) -> Column:
    slot_x = slot * index
    centre = slot_x + slot / 2
    gap = slot * _GAP_OF_SLOT / 2
    return Column(
        flow=flow,
        slot_x=slot_x.quantize(_HUNDREDTH),
        centre_x=centre.quantize(_HUNDREDTH),
        income=_bar(flow.income.minor, x=centre - gap - slot * _BAR_OF_SLOT, axis=axis),
        expense=_bar(flow.expense.minor, x=centre + gap, axis=axis),
    )


def _bar(minor: int, *, x: Decimal, axis: _Axis) -> Bar:
    zero, end = axis.y(0), axis.y(minor)
    # A rupee beside a crore still shows: less than a pixel would read as nothing.
    height = max(abs(zero - end), Decimal(1)) if minor else Decimal(0)
    top = zero - height if minor > 0 else zero
    return Bar(x=x.quantize(_HUNDREDTH), y=top, height=height)


def _tick_label(money: Money) -> str:
    """`₹50k`, `₹2.5L`, `₹12Cr`; from a thousand crore on crores are counted the same way, `₹20k Cr`."""
    if not money.minor:
        return "0"
    if abs(money.minor) < _LONG_LABEL_MINOR:
        return money_short(money)
    return f"{money_short(Money(money.minor // _CRORE, money.currency))} Cr"
