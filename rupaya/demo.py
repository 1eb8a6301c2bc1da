"""Two years of a household that could live next door: the Raos of Bengaluru. Invented, and the same every time."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rupaya.core.fiscal import months_after

MONTHS: Final = 24
BANK, SECOND_BANK, CARD, CASH = "HDFC savings", "SBI savings", "Credit card", "Cash"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to money, in whole rupees; names are accounts of the starter chart and the two banks."""

    on: dt.date
    type: str
    description: str
    rupees: int
    account: str
    other: str


@dataclass(frozen=True, slots=True)
class _Monthly:
    day: int
    type: str
    description: str
    rupees: tuple[int, int]
    account: str
    other: str
    months: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Often:
    times: tuple[int, int]
    descriptions: tuple[str, ...]
    rupees: tuple[int, int]
    account: str
    other: str


OPENING: Final = (
    (BANK, 3_42_180), (SECOND_BANK, 1_26_450), (CASH, 6_500), ("PPF and EPF", 11_85_000),
    ("Mutual funds and shares", 14_60_000), ("Fixed deposits", 5_00_000), ("Home loan", -24_80_000), (CARD, -18_240),
)  # fmt: skip

_MONTHLY: Final = (
    _Monthly(1, "income", "Salary, Zenith Software", (1_85_000, 1_85_000), BANK, "Salary"),
    _Monthly(3, "income", "Salary, St Mary’s School", (64_000, 64_000), SECOND_BANK, "Salary"),
    _Monthly(5, "transfer", "Home loan EMI, principal", (18_400, 18_400), BANK, "Home loan"),
    _Monthly(5, "expense", "Home loan EMI, interest", (22_850, 22_850), BANK, "Loan interest"),
    _Monthly(2, "expense", "Maintenance, Lakeview Apartments", (6_200, 6_200), BANK, "Rent and maintenance"),
    _Monthly(7, "transfer", "SIP, Parag Parikh Flexi Cap", (25_000, 25_000), BANK, "Mutual funds and shares"),
    _Monthly(8, "transfer", "PPF", (8_000, 8_000), BANK, "PPF and EPF"),
    _Monthly(9, "expense", "BESCOM electricity", (1_640, 3_480), BANK, "Electricity, water and gas"),
    _Monthly(11, "expense", "Indane gas", (905, 960), BANK, "Electricity, water and gas"),
    _Monthly(12, "expense", "Airtel broadband", (1_179, 1_179), CARD, "Mobile and internet"),
    _Monthly(14, "expense", "Jio mobile, two numbers", (698, 698), CARD, "Mobile and internet"),
    _Monthly(1, "expense", "Lakshmi, cook", (6_000, 6_000), CASH, "Household help"),
    _Monthly(4, "transfer", "ATM withdrawal", (6_500, 6_500), BANK, CASH),
    _Monthly(20, "transfer", "ATM withdrawal", (3_500, 3_500), SECOND_BANK, CASH),
    _Monthly(18, "transfer", "Credit card bill", (32_000, 46_000), BANK, CARD),
    _Monthly(10, "expense", "School fees, Aarav", (48_500, 48_500), BANK, "Education", (4, 7, 10, 1)),
    _Monthly(22, "expense", "Star Health insurance", (31_400, 31_400), BANK, "Insurance", (6,)),
    _Monthly(25, "expense", "LIC premium", (24_600, 24_600), SECOND_BANK, "Insurance", (3, 9)),
    _Monthly(28, "income", "Savings interest", (1_900, 3_300), BANK, "Interest", (3, 6, 9, 12)),
    _Monthly(15, "expense", "Advance tax", (14_500, 14_500), BANK, "Taxes", (3, 12)),
    _Monthly(21, "expense", "Diwali gifts and sweets", (14_000, 19_000), CARD, "Festivals and puja", (10,)),
    _Monthly(16, "expense", "Ganesha habba", (3_500, 5_200), CASH, "Festivals and puja", (9,)),
    _Monthly(17, "expense", "Flights to Goa", (38_000, 46_000), CARD, "Travel", (5, 12)),
    _Monthly(
        26,
        "income",
        "Freelance, Kaveri Textiles",
        (18_000, 34_000),
        SECOND_BANK,
        "Business and freelance",
        (2, 5, 8, 11),
    ),
)
_OFTEN: Final = (
    _Often(
        (6, 9),
        ("BigBasket", "Nandini dairy", "Reliance Fresh", "Vegetables, KR Market"),
        (240, 2_900),
        CARD,
        "Groceries",
    ),
    _Often((5, 8), ("Vegetables", "Fruit, street cart", "Milk and curd"), (60, 420), CASH, "Groceries"),
    _Often(
        (3, 6),
        ("MTR Tiffin Room", "Swiggy", "Zomato", "Corner House", "Vidyarthi Bhavan"),
        (180, 1_850),
        CARD,
        "Eating out",
    ),
    _Often((4, 7), ("Namma Metro recharge", "Ola", "Auto"), (60, 620), CASH, "Transport"),
    _Often((2, 3), ("Indian Oil", "HP petrol"), (1_500, 2_600), CARD, "Fuel"),
    _Often((0, 2), ("Apollo Pharmacy", "Dr Shenoy, consultation"), (240, 1_600), CARD, "Health and medicine"),
    _Often((0, 3), ("Amazon", "Myntra", "Decathlon"), (450, 5_200), CARD, "Shopping"),
    _Often((1, 2), ("PVR Cinemas", "Netflix", "BookMyShow"), (199, 1_400), CARD, "Entertainment"),
    _Often((0, 1), ("Temple", "Akshaya Patra"), (101, 1_100), CASH, "Gifts and donations"),
)


def household_events(*, today: dt.date) -> Iterator[Event]:
    """What happened in the two years up to and with `today`, in no particular order."""
    chance = random.Random(1947)  # noqa: S311  # a story, not a secret  # nosec B311
    for back in range(1 - MONTHS, 1):
        month = months_after(today, months=back)
        for event in _month(month, chance):
            if event.on <= today:
                yield event


def _month(month: dt.date, chance: random.Random) -> Iterator[Event]:
    for habit in _MONTHLY:
        rupees = chance.randint(*habit.rupees)
        if not habit.months or month.month in habit.months:
            yield Event(
                month.replace(day=habit.day),
                habit.type,
                habit.description,
                rupees,
                habit.account,
                habit.other,
            )
    for often in _OFTEN:
        for _ in range(chance.randint(*often.times)):
            on, what = month.replace(day=chance.randint(1, 28)), chance.choice(often.descriptions)
            yield Event(on, "expense", what, chance.randint(*often.rupees), often.account, often.other)
