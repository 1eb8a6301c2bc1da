"""Importing statements: read into a draft, look, post in one go."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from ledger.books.access import ACCOUNT_GUARDS, whole_book_check
from ledger.books.locks import book_hold
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown, accounts_by_id
from ledger.journal.drafts import Draft
from ledger.journal.rules import Side
from ledger.journal.services import GUARDS
from ledger.statements import rules
from ledger.statements.models import Statement
from ledger.statements.parsers import statement_parse
from ledger.statements.reconcile import Plan, Plug
from ledger.statements.selectors import StatementNotFound, Unknown, lines_unknown, plan_for
from rupaya.core.db import assert_acting, constraint_name, constraints_now, explaining, whole
from rupaya.core.errors import Conflict, DomainError, FieldError, Invalid, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.money import Money, money_format

KEPT_BY_A_BANK: Final = frozenset({Account.Kind.BANK, Account.Kind.WALLET})
FILE_NAME_MAX: Final = 120  # characters
DRAFTS_MAX: Final = 50  # unposted statements a book
WORDLESS: Final = "Bank transaction"  # the description of a row whose narration is empty
LINES_A_STATEMENT: Final = 1_000  # rows of a file that one INSERT takes
_INSERT_SQL: Final = """
INSERT INTO ledger_statement_line (book_id, statement_id, account_id, position, line_no, date, value_date, narration,
                                   description, reference, amount_minor, balance_minor, fingerprint)
SELECT %(book)s, %(statement)s, %(account)s, %(position)s + line.nth, line.line_no, line.date, line.value_date,
       line.narration, line.description, line.reference, line.amount_minor, line.balance_minor, line.fingerprint
  FROM unnest(%(line_nos)s::int[], %(dates)s::date[], %(value_dates)s::date[], %(narrations)s::text[],
              %(descriptions)s::text[], %(references)s::text[], %(amounts)s::bigint[], %(balances)s::bigint[],
              %(fingerprints)s::text[])
       WITH ORDINALITY AS line (line_no, date, value_date, narration, description, reference, amount_minor,
                                balance_minor, fingerprint, nth)
"""
_POST_SQL: Final = (Path(__file__).parent / "post.sql").read_text()
_LINK_SQL: Final = """
UPDATE ledger_statement_line line SET transaction_id = made.transaction_id
  FROM unnest(%(line_nos)s::int[], %(ids)s::uuid[]) AS made (line_no, transaction_id)
 WHERE line.book_id = %(book)s AND line.statement_id = %(statement)s AND line.line_no = made.line_no
"""


class StatementRefused(Rejected):
    """Raised when rows of a file are wrong: nothing of it is kept, and each wrong row is named."""

    code = "statement_refused"
    title = "The file has rows that can't be right"

    def __init__(self, line_errors: Sequence[rules.LineError]) -> None:
        self.line_errors = tuple(line_errors)
        first = self.line_errors[0]
        where = f"Line {first.line_no}: " if first.line_no else ""
        super().__init__(
            f"{where}{first.why} {first.fix}".strip(),
            errors=[
                FieldError(
                    f"lines.{error.line_no}.{error.field}", "statement_line_wrong", f"{error.why} {error.fix}"
                )
                for error in self.line_errors
            ],
        )


class AccountTakesNoStatement(Invalid):
    """Raised for an account that a bank's savings statement can't belong to."""

    code = "account_takes_no_statement"
    title = "This account can't take that statement"

    def __init__(self, message: str) -> None:
        super().__init__(message, errors=[FieldError("account_id", self.code, message)])


class DraftsTooMany(Rejected):
    """Raised when too many files wait to be confirmed."""

    code = "drafts_too_many"
    title = "Too many statements wait to be confirmed"


class StatementPosted(Conflict):
    """Raised when the statement, or a row of it, was posted meanwhile."""

    code = "statement_posted"
    title = "This statement is in the books already"


class BalanceDiffers(Rejected):
    """Raised when the account would not end at the bank's closing balance."""

    code = "balance_differs"
    title = "The account would not agree with the bank"

    def __init__(self, *, closing: Money, balance_after: Money, difference: Money) -> None:
        self.difference = difference
        super().__init__(
            f"The account would end at {money_format(balance_after)} and the bank says {money_format(closing)}: "
            f"{money_format(difference)} is missing. Entries made by hand, or a statement that was left out, are the "
            "usual reasons. Confirm with “adjust” to record the difference as an adjustment."
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """What posting did: new transactions, the plugs among them, and the account's balance at the last day."""

    new_count: int
    known_count: int
    plugs: tuple[Plug, ...]
    balance: Money


def statement_draft(*, book: Book, account: Account, data: bytes, file_name: str) -> Statement:
    """Will read a file into a draft; the same file for the same account is the same statement again.

    Nothing reaches the journal. Raises StatementUnreadable, StatementRefused (naming each wrong row),
    AccountTakesNoStatement or DraftsTooMany; nothing is kept then.
    """
    assert_acting()
    whole_book_check(
        book=book
    )  # what a hidden account did to this one would look like a difference to the bank
    parsed = statement_parse(data=data, filename=file_name)
    if parsed.errors:
        raise StatementRefused(parsed.errors)
    digest = hashlib.sha256(data).hexdigest()
    _check_account(book, account, parsed, digest)
    known = _known(account, digest).first()
    if known:
        return known
    if Statement.objects.filter(book=book, posted_at=None).count() >= DRAFTS_MAX:
        raise DraftsTooMany(f"{DRAFTS_MAX} files wait to be confirmed; confirm or discard some first.")
    statement = Statement(
        book=book,
        account=account,
        layout=parsed.layout,
        bank=parsed.bank,
        file_name=_file_name(file_name),
        file_sha256=digest,
        currency=parsed.currency,
        first_on=min(line.date for line in parsed.lines),
        last_on=max(line.date for line in parsed.lines),
        opening_minor=parsed.opening_minor,
        closing_minor=parsed.closing_minor,
        lines_count=len(parsed.lines),
    )
    try:
        with explaining(ACCOUNT_GUARDS):
            statement.save(force_insert=True)
    except IntegrityError as error:  # the same file came twice at once: both get the one draft
        if constraint_name(error) != "ledger_statement_file_once":
            raise
        return _known(account, digest).get()
    _lines_insert(statement, parsed)
    constraints_now()
    return statement


def statement_post(*, book: Book, statement: Statement, now: dt.datetime, adjust: bool = False) -> Posted:
    """Will post a draft's unknown rows and whatever makes the account end at the bank's closing balance.

    All or nothing, also for a caller that catches the refusal. Locks the account's row, so two imports into it
    follow each other, and the statement's, so nobody discards it meanwhile. Raises StatementNotFound,
    StatementPosted, PeriodClosed, or BalanceDiffers where a difference needs the person's consent (`adjust`).
    """
    assert_acting()
    whole_book_check(book=book)
    with whole():
        book_hold(book=book)  # before the row: whoever merges accounts or closes one takes them in this order
        accounts = Account.objects.select_for_update(of=("self",), no_key=True)
        account = accounts.get(book=book, pk=statement.account_id)
        _draft_lock(book, statement)
        unknown = lines_unknown(statement=statement)
        plan = plan_for(book=book, statement=statement, new_minor=unknown.in_minor - unknown.out_minor)
        _check_consent(statement, plan, adjust=adjust)
        _post(book, account, statement, unknown, plan, now)
    statement.posted_at = now
    return Posted(
        new_count=len(unknown.line_nos),
        known_count=statement.lines_count - len(unknown.line_nos),
        plugs=plan.plugs,
        balance=Money(statement.closing_minor, statement.currency),
    )


def _draft_lock(book: Book, statement: Statement) -> None:
    locked = Statement.objects.select_for_update(of=("self",)).filter(book=book, pk=statement.pk).first()
    if locked is None:
        raise StatementNotFound
    if locked.posted_at is not None:
        raise StatementPosted(f"{statement.file_name} was posted on {locked.posted_at:%d %b %Y}.")


def _check_consent(statement: Statement, plan: Plan, *, adjust: bool) -> None:
    if plan.difference_minor and not adjust:
        raise BalanceDiffers(
            closing=Money(statement.closing_minor, statement.currency),
            balance_after=Money(plan.balance_after_minor, statement.currency),
            difference=Money(plan.difference_minor, statement.currency),
        )


def _post(
    book: Book, account: Account, statement: Statement, unknown: Unknown, plan: Plan, now: dt.datetime
) -> None:
    """In one statement: its guards then take the month totals' locks once, in order, and meet no other writer's."""
    defaults = accounts_by_id(
        book=book, ids=(), purposes=["uncategorised_income", "uncategorised_expense", "opening", "adjustment"]
    )
    plugs = [_plug_draft(account, defaults, plug).as_json() for plug in plan.plugs]
    own: dict[str, Any] = {
        "book": book.pk,
        "statement": statement.pk,
        "line_nos": unknown.line_nos,
        "ids": [uuid7() for _ in unknown.line_nos],
    }
    categories = {
        "income": _default(defaults, "uncategorised_income").pk if unknown.in_minor else None,
        "expense": _default(defaults, "uncategorised_expense").pk if unknown.out_minor else None,
    }
    with explaining(GUARDS, is_last=True), connection.cursor() as cursor:
        cursor.execute(
            _POST_SQL,
            {**own, **categories, "currency": account.currency, "plugs": orjson.dumps(plugs).decode()},
        )
        constraints_now()
    with explaining(ACCOUNT_GUARDS | {"ledger_statement_line_posted_once": StatementPosted}):
        with connection.cursor() as cursor:
            cursor.execute(_LINK_SQL, own)
        Statement.objects.filter(pk=statement.pk, book=book).update(posted_at=now)
        Account.objects.filter(pk=account.pk, book=book, institution="").update(institution=statement.bank)
        constraints_now()


def statement_discard(*, book: Book, statement: Statement) -> None:
    """Will delete a draft with its rows; raises StatementPosted for one that is in the books."""
    assert_acting()
    refusals: dict[str, type[DomainError]] = ACCOUNT_GUARDS | {
        "ledger_statement_posted_stays": StatementPosted,
        "ledger_statement_line_posted_stays": StatementPosted,
    }
    with explaining(refusals), connection.cursor() as cursor:
        # The rows go with it by the foreign key's own rule; the ORM would first load every one of them.
        cursor.execute("DELETE FROM ledger_statement WHERE book_id = %s AND id = %s", [book.pk, statement.pk])
        constraints_now()


def _known(account: Account, digest: str) -> QuerySet[Statement]:
    found = Statement.objects.filter(book=account.book_id, account=account, file_sha256=digest)
    return found.select_related("account").order_by("pk")


def _check_account(book: Book, account: Account, parsed: rules.Statement, digest: str) -> None:
    if account.kind not in KEPT_BY_A_BANK:
        raise AccountTakesNoStatement(f"“{account.name}” is not an account that a bank keeps for you.")
    if account.closed_at is not None:
        raise AccountTakesNoStatement(f"“{account.name}” is closed; reopen it first.")
    if account.currency != book.base_currency:
        raise AccountTakesNoStatement(
            f"“{account.name}” is kept in {account.currency} and the book in {book.base_currency}; "
            "a statement says no rate between them."
        )
    if account.currency != parsed.currency:
        raise AccountTakesNoStatement(
            f"“{account.name}” is kept in {account.currency}, the file in {parsed.currency}."
        )
    posted = Statement.objects.filter(book=account.book_id, posted_at__isnull=False)
    elsewhere = posted.filter(file_sha256=digest).exclude(account=account).select_related("account").first()
    if elsewhere:
        raise AccountTakesNoStatement(
            f"This file is in “{elsewhere.account.name}” already; twice, it would count twice."
        )
    banks = posted.filter(account=account)
    other = banks.exclude(bank=parsed.bank).order_by("pk").first()
    if other:
        raise AccountTakesNoStatement(
            f"“{account.name}” has statements of {other.bank}; this file is from {parsed.bank}. "
            "Choose that bank's account, or a new one."
        )
    number = parsed.number_last4
    if number and account.number_last4 and account.number_last4 != number:
        raise AccountTakesNoStatement(
            f"The file is for an account ending in {number}; “{account.name}” ends in {account.number_last4}."
        )


def _file_name(name: str) -> str:
    printable = "".join(
        character for character in name.replace("\\", "/").rpartition("/")[2] if character.isprintable()
    )
    return printable[:FILE_NAME_MAX] or "statement"


def _lines_insert(statement: Statement, parsed: rules.Statement) -> None:
    """A thousand rows an INSERT, from arrays: COPY can't write to a table under row-level security."""
    own: dict[str, Any] = {
        "book": statement.book_id,
        "statement": statement.pk,
        "account": statement.account_id,
    }
    rows = zip(parsed.lines, rules.fingerprints(lines=parsed.lines), strict=True)
    position = 0
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, LINES_A_STATEMENT)):
            lines = [line for line, _ in chunk]
            columns = {
                "line_nos": [line.line_no for line in lines],
                "position": position,
                "dates": [line.date for line in lines],
                "value_dates": [line.value_date for line in lines],
                "narrations": [line.narration for line in lines],
                "descriptions": [
                    rules.narration_read(narration=line.narration).description or WORDLESS for line in lines
                ],
                "references": [line.reference for line in lines],
                "amounts": [line.amount_minor for line in lines],
                "balances": [line.balance_minor for line in lines],
                "fingerprints": [fingerprint for _, fingerprint in chunk],
            }
            cursor.execute(_INSERT_SQL, own | columns)
            position += len(chunk)


def _plug_draft(account: Account, defaults: dict[UUID | str, Account], plug: Plug) -> Draft:
    other = _default(defaults, plug.origin)
    amount = Money(abs(plug.amount_minor), account.currency)
    source, target = (other, account) if plug.amount_minor > 0 else (account, other)
    own, reached = (Side(place.pk, amount, amount.minor) for place in (source, target))
    what = "Opening balance" if plug.origin == "opening" else "Balance adjustment"
    return Draft(uuid7(), plug.on, "transfer", plug.origin, f"{what}, {account.name}", own, [reached])


def _default(defaults: dict[UUID | str, Account], purpose: str) -> Account:
    try:
        return defaults[purpose]
    except KeyError as error:
        raise AccountUnknown(purpose) from error
