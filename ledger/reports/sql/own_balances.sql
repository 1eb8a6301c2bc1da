-- What some accounts have at the end of a day, each in its own currency (minor units, debit positive): account_id, minor; no
-- row where nothing moved. The months before %(month)s, that of the day, from their totals, its days from the covering index.
SELECT account_id, sum(amount_minor) AS minor
  FROM (SELECT account_id, amount_minor
          FROM ledger_month_total_shown
         WHERE book_id = %(book)s AND account_id = ANY(%(ids)s::uuid[]) AND month < %(month)s
        UNION ALL
        SELECT account_id, amount_minor
          FROM ledger_posting_shown
         WHERE book_id = %(book)s AND account_id = ANY(%(ids)s::uuid[]) AND retired_at IS NULL
           AND date >= %(month)s AND date <= %(today)s) moved
 GROUP BY account_id
