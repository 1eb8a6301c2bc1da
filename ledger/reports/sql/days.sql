-- Moves from the covering index, account by account, from %(since)s on; the months before %(whole_until)s from the totals.
SELECT account_id, 0 AS n, sum(base_minor) AS base_minor, sum(amount_minor) AS amount_minor
  FROM ledger_month_total_shown
 WHERE book_id = %(book)s AND month < %(whole_until)s AND account_id IN (SELECT id FROM wanted)
 GROUP BY 1
 UNION ALL
SELECT wanted.id, leg.n, leg.base_minor, leg.amount_minor
  FROM wanted
 CROSS JOIN LATERAL (
   SELECT width_bucket(p.date, %(cuts)s::date[]) AS n,
          sum(p.base_minor) AS base_minor, sum(p.amount_minor) AS amount_minor
     FROM ledger_posting_shown p
    WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.retired_at IS NULL
      AND p.date >= %(since)s AND p.date < %(last)s
    GROUP BY 1
 ) leg
