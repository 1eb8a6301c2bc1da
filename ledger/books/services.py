"""Opening and closing books."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection
from django.db.models import Q

from ledger.books.access import BookReadOnly
from ledger.books.models import Book
from rupaya.core.db import assert_acting, constraints_now
from rupaya.core.errors import Rejected
from rupaya.core.ids import uuid7

NAME_MAX: Final = 80  # characters


class PeriodOnlyCloses(Rejected):
    """Raised when a closing date would move back."""

    code = "period_only_closes"
    title = "A closed period stays closed"


def book_open(
    *, name: str, currency: str = "INR", time_zone: str = "Asia/Kolkata", fiscal_month: int = 4
) -> Book:
    """Will open a book owned by the actor. India's defaults: rupees, IST, a year from April.

    The database makes the book and its first owner together; IntegrityError where nobody acts.
    """
    assert_acting()
    book = Book(
        id=uuid7(),
        name=name[:NAME_MAX],
        base_currency=currency,
        time_zone=time_zone,
        fiscal_year_start_month=fiscal_month,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_book_open(%s, %s, %s, %s, %s, %s)",
            [book.id, uuid7(), book.name, currency, time_zone, fiscal_month],
        )
    return book


def period_close(*, book: Book, until: dt.date) -> None:
    """Will close the book up to and with a date: nothing is posted there from then on.

    Waits for whoever is posting. Raises PeriodOnlyCloses for an earlier date than the present one,
    BookReadOnly for whoever is not an owner.
    """
    assert_acting()
    # The database compares: the book in hand may be older than somebody else's closing.
    is_forwards = Q(closed_until=None) | Q(closed_until__lte=until)
    if not Book.objects.filter(is_forwards, pk=book.pk).update(closed_until=until):
        book.refresh_from_db(fields=["closed_until"])
        if book.closed_until is None or book.closed_until <= until:
            raise BookReadOnly
        raise PeriodOnlyCloses(f"The book is closed until {book.closed_until:%d %b %Y} already.")
    book.closed_until = until
    constraints_now()


def book_name_for(*, full_name: str) -> str:
    """What a person's first book is called."""
    surname = full_name.strip().rpartition(" ")[2] or "My"
    return f"{surname[:60]} household"
