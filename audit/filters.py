"""What is asked of the log."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

YEARS: Final = range(1970, 9001)  # that may be asked for: what time zones turn them into is a time as well
# Each narrows; a column and how it is compared.
_CONDITIONS: Final = {
    "book_id": "e.book_id = %(book_id)s",
    "action": "e.action = %(action)s",
    "resource_type": "e.resource_type = %(resource_type)s",
    "user_id": "e.user_id = %(user_id)s",
    "about_id": "e.about_id = %(about_id)s",
    "request_id": "e.request_id = %(request_id)s",
    "starts_at": "e.created_at >= %(starts_at)s",
    "ends_before": "e.created_at < %(ends_before)s",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What an entry must be: everything that is set. Instants in UTC, the end excluded.

    rows: (table, id) of the rows that entries are about; a resource's id alone means nothing.
    """

    book_id: UUID | None = None
    action: str = ""
    resource_type: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    user_id: UUID | None = None
    about_id: UUID | None = None
    request_id: str = ""
    starts_at: dt.datetime | None = None
    ends_before: dt.datetime | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether one index leads to what is asked for; else the reader's own doors are tried one after another."""
        return bool(self.book_id or self.rows or self.user_id or self.about_id or self.request_id)

    def conditions(self) -> tuple[str, dict[str, Any]]:
        """As SQL over the alias `e`, and its parameters."""
        asked = {name: getattr(self, name) for name in _CONDITIONS if getattr(self, name)}
        terms = [_CONDITIONS[name] for name in asked]
        if self.rows:
            terms.append(
                "(e.resource_type, e.resource_id) IN (SELECT * FROM unnest(%(tables)s::text[], %(ids)s::text[]))"
            )
            asked["tables"] = [table for table, _ in self.rows]
            asked["ids"] = [identity for _, identity in self.rows]
        return " AND ".join(terms) or "true", asked
