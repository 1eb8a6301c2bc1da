-- What each account had before a window of months, and what each month of the window added, in the book's
-- currency (minor units, debit positive), up to and with a day. At most 13 rows an account:
--   account_id, type, kind, name, icon, institution, number_last4, currency, is_closed; month (NULL: all before); base_minor
-- Months come from the totals; what the day's own month has after the day is taken off, from the covering index, account by
-- account. MATERIALIZED keeps a plan made without statistics (a book just imported) from repeating either.
WITH account AS MATERIALIZED (
  SELECT * FROM ledger_account WHERE book_id = %(book)s
), moved AS MATERIALIZED (
  SELECT account_id, CASE WHEN month >= %(window)s THEN month END AS month, sum(base_minor) AS base_minor
    FROM ledger_month_total_shown
   WHERE book_id = %(book)s AND month <= %(month)s
   GROUP BY 1, 2
  UNION ALL
  SELECT account.id, %(month)s, -tail.base_minor
    FROM account
   CROSS JOIN LATERAL (
     SELECT sum(p.base_minor) AS base_minor
       FROM ledger_posting_shown p
      WHERE p.book_id = %(book)s AND p.account_id = account.id AND p.date > %(today)s AND p.date < %(next_month)s
        AND p.retired_at IS NULL
   ) tail
   WHERE tail.base_minor IS NOT NULL
)
SELECT a.id AS account_id, a.type, a.kind, a.name, a.icon, a.institution, a.number_last4, a.currency,
       a.closed_at IS NOT NULL AS is_closed, moved.month, moved.base_minor
  FROM account a
  LEFT JOIN moved ON moved.account_id = a.id
 ORDER BY a.type, a.name, a.id, moved.month NULLS FIRST
