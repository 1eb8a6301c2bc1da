"""What a bank's row means: amounts, dates, the running balance, fingerprints and narrations.

Pure functions over text and frozen dataclasses. Nothing here reads a file, a clock or a database.
Source: the exports that Indian banks hand to their customers.
"""

import datetime
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rupaya.core.money import DIGITS_MAX, Money, money_format
from rupaya.core.text import composed

AMOUNT_CHARACTERS_MAX: Final = 64
DECIMALS_MAX: Final = 2
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2100
YEAR_TWO_DIGITS_PIVOT: Final = 80
NARRATION_CHARACTERS_MAX: Final = 500
DESCRIPTION_CHARACTERS_MAX: Final = 200
QUOTE_CHARACTERS_MAX: Final = 40

FIX_DOWNLOAD_AGAIN: Final = (
    "Download the statement from the bank again and upload that file without editing it."
)

Channel = Literal[
    "upi", "imps", "neft", "rtgs", "nach", "emi", "atm", "pos",
    "cash", "cheque", "interest", "charge", "transfer", "other",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the bank wrote it.

    `line_no` counts the file's lines from 1. `narration` is folded and at most 500 characters;
    `reference` is the cheque number, reference or RRN, '' where there is none. `amount_minor` is in
    paise, positive when money came in; `balance_minor` is the bank's own balance after this row.
    """

    line_no: int
    date: datetime.date
    value_date: datetime.date | None
    narration: str
    reference: str
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong in one line of a file: two sentences fit for a customer, `why` and `fix`."""

    line_no: int
    field: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A bank's file, read. `lines` are oldest first and only to be trusted when `errors` is empty.

    `number_last4` is None where the file does not name the account. Balances are in paise.
    """

    layout: str
    bank: str
    currency: str
    number_last4: str | None
    opening_minor: int
    closing_minor: int
    lines: tuple[Line, ...]
    errors: tuple[LineError, ...]


@dataclass(frozen=True, slots=True)
class Narration:
    """What a narration says: texts are '' where it does not say; `description` has at most 200 characters."""

    channel: Channel
    payee: str
    reference: str
    description: str


class CellError(ValueError):
    """A cell that can't be read; `why` and `fix` are sentences fit for a customer."""

    def __init__(self, *, why: str, fix: str = FIX_DOWNLOAD_AGAIN) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


_JOINERS: Final = "\u200c\u200d"  # Indic scripts need them to spell, unlike other format characters


def text_fold(*, text: str, characters_max: int) -> str:
    """Will return `text` on one line: white space folded, control characters dropped, at most `characters_max`."""
    kept = (
        letter
        for letter in text
        if letter.isspace() or letter in _JOINERS or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
    )
    return " ".join("".join(kept).split())[:characters_max].rstrip()


def _quote(text: str) -> str:
    return f"“{text_fold(text=text, characters_max=QUOTE_CHARACTERS_MAX)}”"


_AMOUNT: Final = re.compile(
    r"""
    (?P<outer>[-+])? \s* (?:₹|Rs\.?|INR)? \s* (?P<inner>[-+])? \s*
    (?P<whole> \d+ | \d{1,3}(?:,\d{3})+ | \d{1,2}(?:,\d{2})*,\d{3} )?
    (?:\.(?P<decimals>\d+))?
    \s* (?P<side> \((?:Cr|Dr)\) | (?:Cr|Dr)\.? )?
    """,
    # ASCII, because digits of other scripts and full-width ones are not what a bank's export writes
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def amount_parse(*, text: str) -> int:
    """Will return the amount in paise; negative for a minus sign or `Dr`; 0 for a blank cell.

    Reads Indian and western grouping, `₹`, `Rs.`, `Rs`, `INR` before and `Cr`, `Dr`, `(Dr)` after.
    Raises CellError for everything else: exponents, underscores, more than two decimals (nothing is
    rounded), more than 15 digits with
    the paise, a sign together with Cr or Dr.
    """
    folded = " ".join(text.split())
    if not folded:
        return 0
    match = _AMOUNT.fullmatch(folded) if len(folded) <= AMOUNT_CHARACTERS_MAX else None
    if match is None or not (match["whole"] or match["decimals"]):
        raise CellError(why=f"{_quote(text)} is not an amount in rupees.")
    signs = [sign for sign in (match["outer"], match["inner"], match["side"]) if sign]
    if len(signs) > 1:
        raise CellError(why=f"{_quote(text)} says twice whether money came in or went out.")
    whole, decimals = (match["whole"] or "0").replace(",", ""), match["decimals"] or ""
    if len(decimals) > DECIMALS_MAX:
        raise CellError(why=f"{_quote(text)} has more than two decimals.")
    minor = int(whole) * 100 + int(decimals.ljust(DECIMALS_MAX, "0"))
    if len(str(minor)) > DIGITS_MAX:
        raise CellError(why=f"{_quote(text)} has more than {DIGITS_MAX} digits, paise included.")
    is_negative = bool(signs) and signs[0].strip("().").lower() in {"-", "dr"}
    return -minor if is_negative else minor


_DATE: Final = re.compile(
    r"""
    (?P<day>\d{1,2})
    (?: (?P<mark>[/-]) (?P<month>\d{1,2}|[A-Za-z]{3,9}) (?P=mark) | \ (?P<named>[A-Za-z]{3,9})\  )
    (?P<year>\d{4}|\d{2})
    (?:\ (?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?
    """,
    re.VERBOSE | re.ASCII,
)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH_NUMBERS: Final = {
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}


def date_parse(*, text: str) -> datetime.date:
    """Will return the date, always reading the day first; a time of day after it is dropped.

    Reads `dd/mm/yy`, `dd-mm-yyyy`, `dd-Mon-yy`, `1 Jul 2022`, `07 January 2026` and their mixtures; two
    digits of a year mean 2000 to 2079 and 1980 to 1999. Raises CellError for anything else, for days
    that do not exist and for years outside 1970 to 2100.
    """
    folded = " ".join(text.split())
    match = _DATE.fullmatch(folded)
    if match is None:
        why = f"{_quote(text)} is not a date written day, month, year." if folded else "The date is missing."
        raise CellError(why=why)
    month = (match["month"] or match["named"]).lower()
    year = int(match["year"])
    if len(match["year"]) == len("yy"):
        year += 1900 if year >= YEAR_TWO_DIGITS_PIVOT else 2000
    try:
        # 0 is no month, so an unknown month name is refused with the impossible days
        number = int(month) if month.isdigit() else _MONTH_NUMBERS.get(month, 0)
        found = datetime.date(year, number, int(match["day"]))
    except ValueError:
        raise CellError(
            why=f"{_quote(text)} is not a day of the calendar, read as day, month, year."
        ) from None
    if not YEAR_MIN <= found.year <= YEAR_MAX:
        raise CellError(why=f"{_quote(text)} is outside the years {YEAR_MIN} to {YEAR_MAX}.")
    return found


def _rupees(minor: int) -> str:
    return money_format(Money(minor, "INR"), places=DECIMALS_MAX)


def chain_check(*, lines: Sequence[Line], opening_minor: int) -> tuple[LineError, ...]:
    """Will return one error for each row whose balance is not the balance before it plus its amount.

    `lines` are oldest first and `opening_minor` is the balance before the first, in paise. After a
    break the bank's own balance is taken, so that one missing row is reported once.
    """
    errors = []
    running = opening_minor
    for line in lines:
        expected = running + line.amount_minor
        if line.balance_minor != expected:
            why = (
                f"The balance after this row should be {_rupees(expected)}, "
                f"but the file says {_rupees(line.balance_minor)}."
            )
            fix = f"A row before it is missing or was changed. {FIX_DOWNLOAD_AGAIN}"
            errors.append(LineError(line_no=line.line_no, field="balance", why=why, fix=fix))
        running = line.balance_minor
    return tuple(errors)


def fingerprints(*, lines: Sequence[Line]) -> tuple[str, ...]:
    """Will return one sha256 (64 hex digits) per line, in the order of `lines`.

    The same bank row has the same fingerprint in every download that contains its whole day: the line
    number, letter case, white space and zero padding do not count. Rows alike in everything else are
    told apart by being the first, second, … such row.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        narration = "".join(unicodedata.normalize("NFKC", line.narration).casefold().split())
        reference = "".join(line.reference.casefold().split()).lstrip("0")
        row = [line.date.isoformat(), line.amount_minor, line.balance_minor, narration, reference]
        key = json.dumps(row)
        seen[key] += 1
        found.append(hashlib.sha256(json.dumps([*row, seen[key]]).encode()).hexdigest())
    return tuple(found)


_IFSC = r"[A-Z]{4}0[A-Z0-9]{6}"
_UTR = r"(?=[A-Z0-9]*\d{6})[A-Z0-9]{12,22}"
_CODE = r"[A-Z]{0,10}\d[A-Z0-9]{0,30}"
_LEAD = r"(?:[A-Z -]*[- ])?"  # SBI opens with `TO TRANSFER-`, `BY TRANSFER-INB `, `WDL TFR `, …
_PATTERNS: Final[tuple[tuple[Channel, str], ...]] = (
    # HDFC: UPI-NAME-vpa@psp-IFSC-RRN-note. The name is cut at the first dash that can begin a VPA, since VPAs
    # with a dash (`paytm-123@ptys`) are far commoner than names with one.
    (
        "upi",
        rf"UPI-(?P<payee>.*?)-[\w.-]{{1,64}}@[\w.]+(?:-{_IFSC})?-(?P<reference>\d{{12}})(?:-(?P<note>.*))?",
    ),
    (
        "upi",
        rf"{_LEAD}UPI/(?:DR|CR)/(?P<reference>\d{{12}})/(?P<payee>[^/]*)(?:/[^/]*)?(?:/[^/]*)?(?:/(?P<note>.*))?",
    ),
    (
        "imps",
        r"IMPS-(?P<reference>\d{12})-(?P<payee>[^-]*)(?:-[A-Z]{4})?(?:-[X*]+\d*)?(?:-(?P<note>.*))?",
    ),
    ("imps", rf"{_LEAD}IMPS/P2[APM]/(?P<reference>\d{{12}})(?:/(?P<payee>[^/]*))?(?:/(?P<note>.*))?"),
    ("neft", rf"NEFT (?:CR|DR)-{_IFSC}-(?P<payee>[^-]+)(?:-.*?)?-(?P<reference>{_UTR})(?:-(?P<note>.*))?"),
    ("neft", rf"{_LEAD}NEFT\*{_IFSC}\*(?P<reference>[A-Z0-9]+)\*(?P<payee>.*)"),
    ("neft", rf"NEFT[-/](?P<reference>{_UTR})[-/](?P<payee>[^-/]+)(?:[-/].*)?"),
    ("rtgs", rf"RTGS (?:CR|DR)-{_IFSC}-(?P<payee>[^-]+)(?:-.*?)?-(?P<reference>{_UTR})(?:-(?P<note>.*))?"),
    ("rtgs", rf"{_LEAD}RTGS\*{_IFSC}\*(?P<reference>[A-Z0-9]+)\*(?P<payee>.*)"),
    ("rtgs", rf"RTGS[-/](?P<reference>{_UTR})[-/](?P<payee>[^-/]+)(?:[-/].*)?"),
    ("nach", rf"N?ACH [DC]- ?(?P<payee>.+?)-(?P<reference>{_CODE})"),
    ("nach", r"N?ACH [DC]- ?(?P<payee>.+)"),
    ("nach", rf"BULK POSTING-ACH ?[CD]r ?(?P<reference>{_CODE})? ?(?P<payee>.*)"),
    ("nach", r"(?:NACH|ECS)[-/ ]+(?P<payee>.*)"),
    ("emi", r"EMI (?P<reference>\d+)?.*"),
    ("atm", rf"(?:ATW|NWD|EAW)-(?:[\dX*]+-)?(?:{_CODE}-)?(?P<note>.*)"),
    ("atm", r"ATM WDL-(?:ATM CASH)? ?\d* ?(?P<note>.*)"),
    ("pos", r"POS [\dX*]+ (?P<payee>.*?)(?: POS DEBIT)?"),
    ("pos", r"(?:BY )?DEBIT CARD-(?:[A-Z]{3,6}P(?:G|OS) )?(?P<reference>\d{6,12})? ?(?P<payee>.*)"),
    ("charge", r".*\b[CISU]GST\b.*"),
    ("interest", r"(?:CREDIT INTEREST|INTEREST (?:CREDIT|PAID)|INT\.? ?PD)\b.*"),
    ("cheque", r"(?:CHQ (?:PAID|DEP)|CHEQUE (?:WDL|DEP)|(?:TO|BY) CLEARING)\b.*"),
    ("cash", r"CASH DEP.*"),
    ("transfer", r"(?:TO|BY) TRANSFER-(?P<note>.*)"),
)
_READERS: Final = tuple((channel, re.compile(pattern, re.IGNORECASE)) for channel, pattern in _PATTERNS)
_NOTES_EMPTY: Final = frozenset({"upi", "na", "no remarks"})
_MASKED: Final = re.compile(r"[X*]{2,}[X*\dA-Z]*|\d+", re.IGNORECASE)


def narration_read(*, narration: str) -> Narration:
    """Will return the channel, payee, reference and a description of a bank's narration; never raises.

    Knows the forms that HDFC, SBI and ICICI write. An unknown narration has the channel `other` and is
    its own description. Where a bank masks the other account instead of naming it, the payee is ''.
    """
    text = composed(text_fold(text=narration, characters_max=NARRATION_CHARACTERS_MAX))
    for channel, reader in _READERS:
        match = reader.fullmatch(text)
        if match:
            said = match.groupdict()
            payee, note = (_trim(said.get(name) or "") for name in ("payee", "note"))
            payee = "" if _MASKED.fullmatch(payee) else payee
            return Narration(
                channel=channel,
                payee=payee[:DESCRIPTION_CHARACTERS_MAX],
                reference=said.get("reference") or "",
                description=_describe(channel, payee, note, text),
            )
    return Narration(channel="other", payee="", reference="", description=_describe("other", "", "", text))


def _trim(text: str) -> str:
    return text.strip(" -*/:")


def _describe(channel: Channel, payee: str, note: str, text: str) -> str:
    if channel == "atm":
        payee = "ATM cash"
    said = [part for part in (payee, note) if part and part.casefold() not in _NOTES_EMPTY]
    return (": ".join(said) or _trim(text))[:DESCRIPTION_CHARACTERS_MAX]
