"""Importing statements: read into a draft, look, post in one go."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import QuerySet

from ledger.books.access import ACCOUNT_GUARDS, whole_book_check
from ledger.books.locks import book_hold, book_lock
from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.chart.selectors import AccountUnknown, accounts_by_id
from ledger.journal.drafts import Draft
from ledger.journal.rules import Side
from ledger.journal.services import transactions_write
from ledger.statements import rules
from ledger.statements.models import Statement
from ledger.statements.parsers import statement_parse
from ledger.statements.parsers.text import FILE_BYTES_MAX, filename_quote
from ledger.statements.reconcile import Plan, Plug
from ledger.statements.selectors import StatementNotFound, lines_unknown, plan_for
from rupaya.core.db import assert_acting, constraint_name, constraints_now, explaining, whole
from rupaya.core.errors import Conflict, DomainError, FieldError, Invalid, Rejected
from rupaya.core.ids import uuid7
from rupaya.core.money import Money, money_format
from rupaya.core.parsers import BodyTooLarge

KEPT_BY_A_BANK: Final = frozenset({Account.Kind.BANK, Account.Kind.WALLET})
FILE_NAME_MAX: Final = 120  # characters
DRAFTS_MAX: Final = 50  # unposted statements a book
WORDLESS: Final = "Bank transaction"  # the description of a row whose narration is empty


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

    Nothing reaches the journal. Raises BodyTooLarge, StatementUnreadable, StatementRefused (naming each wrong row),
    AccountTakesNoStatement or DraftsTooMany; nothing is kept then.
    """
    assert_acting()
    whole_book_check(
        book=book
    )  # what a hidden account did to this one would look like a difference to the bank
    if len(data) > FILE_BYTES_MAX:
        raise BodyTooLarge(
            f"{filename_quote(filename=file_name)} is larger than {FILE_BYTES_MAX // 1024 // 1024} MB, the most that a "
            "statement may have. Download a shorter period from the bank and upload the parts."
        )
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
        if (
            constraint_name(error) == "ledger_statement_account_in_book"
        ):  # its last draft was discarded just now
            raise AccountUnknown("account_id") from error
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
        account = accounts.filter(book=book, pk=statement.account_id).first()
        if account is None:  # it went with the draft
            raise StatementNotFound
        _draft_lock(book, statement)
        rows = lines_unknown(statement=statement)
        plan = plan_for(book=book, statement=statement, new_minor=sum(row["amount_minor"] for row in rows))
        _check_consent(statement, plan, adjust=adjust)
        _post(book, account, statement, rows, plan, now)
    statement.posted_at = now
    return Posted(
        new_count=len(rows),
        known_count=statement.lines_count - len(rows),
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
    book: Book,
    account: Account,
    statement: Statement,
    rows: list[dict[str, Any]],
    plan: Plan,
    now: dt.datetime,
) -> None:
    """In one statement: its guards then take the month totals' locks once, in order, and meet no other writer's."""
    defaults = accounts_by_id(
        book=book, ids=(), purposes=["uncategorised_income", "uncategorised_expense", "opening", "adjustment"]
    )
    drafts = [_line_draft(account, defaults, row) for row in rows]
    plugs = [_plug_draft(account, defaults, plug) for plug in plan.plugs]
    transactions_write(book=book, drafts=[*plugs, *drafts])
    with explaining(ACCOUNT_GUARDS | {"ledger_statement_line_posted_once": StatementPosted}):
        _lines_link(statement, rows, drafts)
        Statement.objects.filter(pk=statement.pk, book=book).update(posted_at=now)
        Account.objects.filter(pk=account.pk, book=book, institution="").update(institution=statement.bank)
        constraints_now()


def statement_discard(*, book: Book, statement: Statement) -> None:
    """Will delete a draft with its rows, and the account that an upload opened where nothing else refers to it.

    Locks the book, so nobody posts to the account meanwhile. Raises StatementPosted for one that is in the books.
    """
    book_lock(book=book)
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
    """One INSERT for all rows, from arrays: COPY can't write to a table under row-level security."""
    columns: list[list[Any]] = [
        [line.line_no for line in parsed.lines],
        list(range(1, len(parsed.lines) + 1)),
        [line.date for line in parsed.lines],
        [line.value_date for line in parsed.lines],
        [line.narration for line in parsed.lines],
        [rules.narration_read(narration=line.narration).description or WORDLESS for line in parsed.lines],
        [line.reference for line in parsed.lines],
        [line.amount_minor for line in parsed.lines],
        [line.balance_minor for line in parsed.lines],
        list(rules.fingerprints(lines=parsed.lines)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_statement_line (book_id, statement_id, account_id, line_no, position, date, value_date,
                   narration, description, reference, amount_minor, balance_minor, fingerprint)
            SELECT %s, %s, %s, line.*
              FROM unnest(%s::int[], %s::int[], %s::date[], %s::date[], %s::text[], %s::text[], %s::text[],
                          %s::bigint[], %s::bigint[], %s::text[]) AS line
            """,
            [statement.book_id, statement.pk, statement.account_id, *columns],
        )


def _line_draft(account: Account, defaults: dict[UUID | str, Account], row: dict[str, Any]) -> Draft:
    entry_type = "income" if row["amount_minor"] > 0 else "expense"
    amount = Money(abs(row["amount_minor"]), account.currency)
    category = _default(defaults, f"uncategorised_{entry_type}")
    own, other = (Side(place.pk, amount, amount.minor) for place in (account, category))
    return Draft(uuid7(), row["date"], entry_type, "statement", row["description"], own, [other])


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


def _lines_link(statement: Statement, rows: Sequence[dict[str, Any]], drafts: Sequence[Draft]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ledger_statement_line line SET transaction_id = made.transaction_id
              FROM unnest(%s::int[], %s::uuid[]) AS made (line_no, transaction_id)
             WHERE line.book_id = %s AND line.statement_id = %s AND line.line_no = made.line_no
            """,
            [
                [row["line_no"] for row in rows],
                [draft.id for draft in drafts],
                statement.book_id,
                statement.pk,
            ],
        )
