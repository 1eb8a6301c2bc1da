"""Who waits for whom in a book. Whoever also locks the chart or rows takes this first: no circles."""

from __future__ import annotations

from django.db import connection

from ledger.books.models import Book
from rupaya.core.db import assert_acting


def book_lock(*, book: Book) -> None:
    """Will hold the book alone until the end of the transaction: nobody else changes, posts or closes it meanwhile."""
    _lock("pg_advisory_xact_lock", book)


def book_hold(*, book: Book) -> None:
    """Will hold the book together with others who post, and keep out whoever wants it alone."""
    _lock("pg_advisory_xact_lock_shared", book)


def _lock(function: str, book: Book) -> None:
    assert_acting()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(ledger_period_lock(%s))", [book.pk])
