-- Moves from the month totals; of a month that a cut divides, the days before the cut from the covering index, added
-- before the cut and taken off after it. %(months)s: the first day of each cut's month; %(parts)s: the cuts that divide
-- one, with their places %(places)s; %(since)s: the first month that is read. MATERIALIZED: each part is read once.
  WITH part AS MATERIALIZED (
    SELECT wanted.id AS account_id, cut.n, leg.base_minor, leg.amount_minor
      FROM wanted
     CROSS JOIN unnest(%(parts)s::date[], %(places)s::integer[]) AS cut (day, n)
     CROSS JOIN LATERAL (
       SELECT sum(p.base_minor) AS base_minor, sum(p.amount_minor) AS amount_minor
         FROM ledger_posting p
        WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.retired_at IS NULL
          AND p.date >= date_trunc('month', cut.day)::date AND p.date < cut.day
     ) leg
     WHERE leg.base_minor IS NOT NULL
  )
  SELECT account_id, width_bucket(month, %(months)s::date[]) AS n,
         sum(base_minor) AS base_minor, sum(amount_minor) AS amount_minor
    FROM ledger_month_total_shown
   WHERE book_id = %(book)s AND month >= %(since)s AND month < %(last_month)s
     AND account_id IN (SELECT id FROM wanted)
   GROUP BY 1, 2
   UNION ALL
  SELECT account_id, n, base_minor, amount_minor FROM part
   UNION ALL
  SELECT account_id, n + 1, -base_minor, -amount_minor FROM part WHERE n + 1 < cardinality(%(months)s::date[])
