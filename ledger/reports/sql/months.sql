-- Moves from the month totals; of a month that a cut divides, the days between the cut and the nearer end of the month from
-- the covering index: %(months)s is each cut's nearest first of a month. Where that is before the cut, the days count before
-- the cut and not after it; where it is after, the other way round. %(parts)s: the cuts that divide a month, with their
-- places %(places)s; %(since)s: the first month that is read. MATERIALIZED: each part is read once.
  WITH part AS MATERIALIZED (
    SELECT wanted.id AS account_id, cut.n, cut.sign * leg.base_minor AS base_minor, cut.sign * leg.amount_minor AS amount_minor
      FROM wanted
     CROSS JOIN (
       SELECT day, n, nearest, CASE WHEN nearest < day THEN 1 ELSE -1 END AS sign
         FROM unnest(%(parts)s::date[], %(places)s::integer[], %(nearest)s::date[]) AS divided (day, n, nearest)) cut
     CROSS JOIN LATERAL (
       SELECT sum(p.base_minor) AS base_minor, sum(p.amount_minor) AS amount_minor
         FROM ledger_posting_shown p
        WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.retired_at IS NULL
          AND p.date >= least(cut.nearest, cut.day) AND p.date < greatest(cut.nearest, cut.day)
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
