"""Who may take transactions along, and that they did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from audit.events import Action, event_record
from flags.registry import EXPORT_TRANSACTIONS
from flags.selectors import flag_is_on
from ledger.books.models import Book
from rupaya.core.db import assert_acting
from rupaya.core.errors import Forbidden


class FeatureUnavailable(Forbidden):
    """Raised when the flag of a feature is off for the person."""

    code = "feature_unavailable"
    title = "Feature not available"

    def __init__(self) -> None:
        super().__init__(self.title)


def export_allow(*, user: Any) -> None:
    """Will let pass for whom the flag is on; raises FeatureUnavailable. As many queries as the flag takes."""
    assert_acting()
    if not flag_is_on(name=EXPORT_TRANSACTIONS, user=user):
        raise FeatureUnavailable


def export_record(*, book: Book, ending: str, filters: Iterable[str]) -> None:
    """Will record in the audit log that the book was taken along, before a byte of it leaves. One query.

    ending: the format. filters: the names of those that narrowed it; what they were set to is not told.
    """
    event_record(
        action=Action.EXPORTED,
        resource_type="ledger_book",
        resource_id=book.pk,
        book_id=book.pk,
        changes={"format": ending, "filters": sorted(filters)},
    )
