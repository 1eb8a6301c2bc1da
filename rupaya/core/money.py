"""Money: whole minor units with a currency, parsed as Decimal and never a float.

Money and shares of it are rounded here only, and each place names its mode.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import ClassVar, Final

from rupaya.core.errors import FieldError, Invalid

# Digits after the point, ISO 4217. A currency that is not listed is refused, not guessed.
CURRENCY_PLACES: Final[dict[str, int]] = {
    "INR": 2, "USD": 2, "EUR": 2, "GBP": 2, "AED": 2, "SGD": 2, "CAD": 2, "AUD": 2, "CHF": 2, "SAR": 2,
    "JPY": 0, "KWD": 3, "BHD": 3, "OMR": 3,
}  # fmt: skip
_SYMBOLS: Final[dict[str, str]] = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
DIGITS_MAX: Final = 15  # the most that a JSON number carries unharmed
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(\d{1,18}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_LAKH_GAP: Final = re.compile(r"(?<=\d)(?=(?:\d\d)+$)")
_THOUSAND_GAP: Final = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")


class AmountInvalid(Invalid):
    """Raised when a text or number is not an amount of the currency: a wrong field like any other.

    `field_code` is the field's own, wherever the amount was looked at: in a request's shape or by a service.
    """

    field_code: ClassVar[str] = "amount_invalid"

    def __init__(self, message: str, *, field: str = "amount") -> None:
        super().__init__(message, errors=[FieldError(field, self.field_code, message)])


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units (paise for INR) of one ISO 4217 currency."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        """Will add two amounts of one currency; raises ValueError for two."""
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Will subtract an amount of the same currency; raises ValueError for another."""
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        """Will turn the sign."""
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        """Will drop the sign."""
        return Money(abs(self.minor), self.currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units (rupees), with exactly the currency's places."""
        return Decimal(self.minor).scaleb(-CURRENCY_PLACES[self.currency])

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.minor


def money_parse(value: str | int | Decimal, *, currency: str, field: str = "amount") -> Money:
    """Will read an amount in major units: a plain number, without grouping or symbols.

    More decimals than the currency has, or more than 15 digits, are refused, never rounded.
    Raises AmountInvalid, naming `field`.
    """
    places = CURRENCY_PLACES.get(currency)
    if places is None:
        raise AmountInvalid(f"{currency} is not a currency that RUPAYA knows.", field=field)
    text = str(value).strip()
    if isinstance(value, bool) or not (_PLAIN_NUMBER.fullmatch(text) or isinstance(value, Decimal)):
        raise AmountInvalid("Write the amount as a plain number, for example 500 or 1234.50.", field=field)
    number = _decimal(text, field)
    if _places_of(number) > places:
        raise AmountInvalid(
            f"{currency} has {places} decimals; {text[:40]} has more. Amounts are never rounded.", field=field
        )
    minor = int(number.scaleb(places))
    if len(str(abs(minor))) > DIGITS_MAX:
        raise AmountInvalid(f"The amount has more than {DIGITS_MAX} digits.", field=field)
    return Money(minor, currency)


def _places_of(number: Decimal) -> int:
    """The decimals that matter, counted on the digits themselves: arithmetic would round the 29th away."""
    if not number:
        return 0
    parts = number.as_tuple()
    digits = "".join(map(str, parts.digits))
    return len(digits.rstrip("0")) - len(digits) - int(parts.exponent)  # finite, checked in _decimal


def _decimal(text: str, field: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise AmountInvalid("The amount is not a number.", field=field) from error
    # Checked before any arithmetic: 1E+999999 is a small text and a huge number.
    if not number.is_finite() or number.adjusted() > DIGITS_MAX:
        raise AmountInvalid(f"The amount has more than {DIGITS_MAX} digits.", field=field)
    return number


def allocate(money: Money, *, weights: Sequence[int]) -> list[Money]:
    """Will split money by whole-number weights so that the parts sum to the whole.

    What division leaves over goes, one minor unit each, to the first parts whose share is no whole number of them.
    Raises ValueError for no weights, a negative weight, or weights that sum to zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and sum to more than zero")
    sign = -1 if money.minor < 0 else 1
    parts = [abs(money.minor) * weight // total for weight in weights]
    left = abs(money.minor) - sum(parts)
    broken = [index for index, weight in enumerate(weights) if abs(money.minor) * weight % total]
    for index in broken[:left]:
        parts[index] += 1
    return [Money(sign * part, money.currency) for part in parts]


def percent(part: int, whole: int, *, places: int = 0) -> Decimal | None:
    """Will say how many percent of the whole, whatever its sign, a part is; None of nothing. Half to even."""
    if whole == 0:
        return None
    return (Decimal(part) * 100 / abs(whole)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def symbol_of(currency: str) -> str:
    """What stands before an amount: `₹`, or the currency's code."""
    return _SYMBOLS.get(currency, currency)


def money_format(
    money: Money, *, places: int | None = None, sign: bool = False, grouped_from: int = 4
) -> str:
    """Will write money for a person: `₹1,23,456.78`.

    places: decimals to show, rounding half to even; None shows them only where there are any.
    sign: a plus before positive amounts (the minus always shows).
    grouped_from: the number of whole digits from which groups are written, 4 or 5.
    Rupees group as lakh and crore, other currencies by thousands.
    """
    natural = CURRENCY_PLACES[money.currency]
    shown = natural if places is None else places
    quantized = abs(money.major).quantize(Decimal(1).scaleb(-shown), ROUND_HALF_EVEN)
    whole, _, decimals = f"{quantized:f}".partition(".")
    if places is None and not decimals.strip("0"):
        decimals = ""
    if len(whole) >= grouped_from:
        whole = _grouped(whole, lakh=money.currency == "INR")
    minus = money.minor < 0 and quantized != 0
    prefix = "-" if minus else "+" if sign and money.minor > 0 else ""
    symbol = _SYMBOLS.get(money.currency, f"{money.currency} ")
    return f"{prefix}{symbol}{whole}{'.' + decimals if decimals else ''}"


def money_short(money: Money) -> str:
    """Will write money for a chart's axis: `₹50k`, `₹1.86L`, `₹2.5Cr`; two decimals at most."""
    major = abs(money.major)
    steps = (("Cr", 7), ("L", 5), ("k", 3)) if money.currency == "INR" else (("M", 6), ("k", 3))
    unit, power = next(((unit, power) for unit, power in steps if major >= 10**power), ("", 0))
    figure = (major.scaleb(-power)).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    text = f"{figure:f}".rstrip("0").rstrip(".") if "." in f"{figure:f}" else f"{figure:f}"
    return f"{'-' if money.minor < 0 else ''}{_SYMBOLS.get(money.currency, money.currency + ' ')}{text}{unit}"


def _grouped(whole: str, *, lakh: bool) -> str:
    if not lakh:
        return _THOUSAND_GAP.sub(",", whole)
    head, tail = whole[:-3], whole[-3:]
    return f"{_LAKH_GAP.sub(',', head)},{tail}" if head else tail
