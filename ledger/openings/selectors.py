"""Reading what accounts opened with."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from ledger.books.models import Book
from ledger.chart.models import Account
from ledger.journal.models import Transaction
from ledger.statements.models import Statement


def openings_of(*, book: Book, account: Account) -> list[UUID]:
    """The transactions, not void, that say what an account opened with, oldest first. One query."""
    found = Transaction.objects.filter(
        Q(account=account) | Q(to_account=account), book=book, origin="opening"
    )
    return list(found.exclude(status="void").order_by("date", "pk").values_list("pk", flat=True))


def is_kept_by_statements(*, book: Book, account: Account) -> bool:
    """Whether a bank's statement in the book says what the account opened with. One query."""
    return Statement.objects.filter(book=book, account=account, posted_at__isnull=False).exists()
