"""Banks' files as a test needs them: rows in, the bytes a customer would download out."""

from collections.abc import Sequence
from datetime import date

from ledger.statements.rules import Line

HDFC_HEADING = (
    "  Date     ,Narration         ,Value Dat,Debit Amount       ,Credit Amount      ,"
    "Chq/Ref Number   ,Closing Balance"
)
SBI_HEADING = "Txn Date\tValue Date\tDescription\tRef No./Cheque No.\t        Debit\tCredit\tBalance\t"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def line(
    line_no: int = 1,
    *,
    amount: int = -10000,
    balance: int = 90000,
    on: date = date(2026, 4, 1),
    narration: str = "UPI-MEENA TIFFIN SERVICE",
    reference: str = "",
) -> Line:
    return Line(
        line_no=line_no,
        date=on,
        value_date=on,
        narration=narration,
        reference=reference,
        amount_minor=amount,
        balance_minor=balance,
    )


def chained(*amounts: int, opening: int = 100000, on: date = date(2026, 4, 1)) -> tuple[Line, ...]:
    """Lines whose running balance is right."""
    lines = []
    for line_no, amount in enumerate(amounts, start=1):
        opening += amount
        lines.append(line(line_no, amount=amount, balance=opening, on=on, narration=f"ROW {line_no}"))
    return tuple(lines)


def plain(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def lakh(minor: int) -> str:
    head, tail = plain(minor).lstrip("-")[:-6], plain(minor).lstrip("-")[-6:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ("-" if minor < 0 else "") + ",".join([*groups, tail])


def hdfc_row(row: Line) -> str:
    on, value_on = (f"{day:%d/%m/%y}" for day in (row.date, row.value_date or row.date))
    debit, credit = plain(max(-row.amount_minor, 0)), plain(max(row.amount_minor, 0))
    return (
        f" {on}  ,{row.narration:<18},{value_on} ,{debit:>14}     ,{credit:>14}     ,"
        f"{row.reference.rjust(16, '0') if row.reference else '':<18},{plain(row.balance_minor):>13}  "
    )


def hdfc_file(rows: Sequence[Line | str], *, end: str = "\n", encoding: str = "utf-8") -> bytes:
    """Rows as Line, or as the text of a line that a test wants to be wrong."""
    texts = [row if isinstance(row, str) else hdfc_row(row) for row in rows]
    return (end.join(["", HDFC_HEADING, *texts]) + end).encode(encoding)


def sbi_day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def sbi_row(row: Line) -> str:
    debit = lakh(-row.amount_minor) if row.amount_minor < 0 else " "
    credit = lakh(row.amount_minor) if row.amount_minor > 0 else " "
    days = [sbi_day(row.date), sbi_day(row.value_date or row.date)]
    return "\t".join(
        [*days, f"   {row.narration}", row.reference or " ", debit, credit, lakh(row.balance_minor), ""]
    )


def sbi_file(
    rows: Sequence[Line | str],
    *,
    balance_on: str = "",
    number: str = "_00000030001234567",
    end: str = "\r\n",
    encoding: str = "utf-8",
) -> bytes:
    above = [f"Account Name            :\tMrs. ANJALI PILLAI{end}Account Number          :\t{number}"]
    above += [f"Branch                  :\tMARINE DRIVE KOCHI{end}{balance_on}", ""]
    texts = [row if isinstance(row, str) else sbi_row(row) for row in rows]
    foot = ["", "**This is a computer generated statement and does not require a signature", ""]
    return end.join([*above, SBI_HEADING, *texts, *foot]).encode(encoding)
