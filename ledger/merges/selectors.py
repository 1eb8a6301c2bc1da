"""What stands in the way of a merge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.books.models import Book
from ledger.chart.models import Account
from rupaya.core.db import rows_as_dicts

_OBSTACLES_SQL: Final = """
SELECT EXISTS (SELECT FROM ledger_statement s
                WHERE s.book_id = %(book)s AND s.account_id = %(source)s) AS has_statements,
       (SELECT count(*) FROM (SELECT DISTINCT p.transaction_id FROM ledger_posting p
                               WHERE p.book_id = %(book)s AND p.account_id = %(source)s AND p.retired_at IS NULL
                               LIMIT %(most)s + 1) following) AS following_count,
       count(*) FILTER (WHERE t.is_reconciled) AS reconciled_count,
       count(*) FILTER (WHERE %(target)s IN (t.account_id, t.to_account_id)) AS between_count
  FROM ledger_transaction t
 WHERE t.book_id = %(book)s AND %(source)s IN (t.account_id, t.to_account_id)
   AND t.id IN (SELECT transaction_id FROM ledger_posting
                 WHERE book_id = %(book)s AND account_id = %(source)s AND retired_at IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What an account has that can't follow into another one. Counts of transactions that are not void.

    following_count: all that would follow, counted up to one more than may. A category has none of the others: what
    the bank confirmed is the money's account, and a transfer has no category.
    """

    has_statements: bool
    following_count: int
    reconciled_count: int
    between_count: int


def obstacles_of(*, book: Book, source: Account, target: Account, most: int) -> Obstacles:
    """What stands in the way of merging one account into another; `most` transactions may follow. One query."""
    parameters = {"book": book.pk, "source": source.pk, "target": target.pk, "most": most}
    (row,) = rows_as_dicts(_OBSTACLES_SQL, parameters)
    return Obstacles(**row)
