-- Moves from the month totals; of a month that a cut divides, the days before the cut from the covering index, added
-- before the cut and taken off after it. %(months)s: the first day of each cut's month; %(parts)s: the cuts that divide
-- one, with their places %(places)s; %(since)s: the first month that is read.
SELECT account_id, width_bucket(month, %(months)s::date[]) AS n,
       sum(base_minor) AS base_minor, sum(amount_minor) AS amount_minor
  FROM ledger_month_total
 WHERE book_id = %(book)s AND month >= %(since)s AND month < %(last_month)s
   AND account_id IN (SELECT id FROM wanted)
 GROUP BY 1, 2
 UNION ALL
SELECT wanted.id, side.n, side.sign * part.base_minor, side.sign * part.amount_minor
  FROM wanted
 CROSS JOIN unnest(%(parts)s::date[], %(places)s::integer[]) AS cut (day, n)
 CROSS JOIN LATERAL (
   SELECT sum(p.base_minor) AS base_minor, sum(p.amount_minor) AS amount_minor
     FROM ledger_posting p
    WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.retired_at IS NULL
      AND p.date >= date_trunc('month', cut.day)::date AND p.date < cut.day
 ) part
 CROSS JOIN LATERAL (VALUES (cut.n, 1), (cut.n + 1, -1)) AS side (n, sign)
 WHERE part.base_minor IS NOT NULL AND side.n < cardinality(%(months)s::date[])
