-- Moves as they were known at %(known_at)s: legs recorded by then and not yet retired. Those that still count come
-- through their own index, those that were retired since through theirs.
SELECT wanted.id AS account_id, leg.n, leg.base_minor, leg.amount_minor
  FROM wanted
 CROSS JOIN LATERAL (
   SELECT width_bucket(known.date, %(cuts)s::date[]) AS n,
          sum(known.base_minor) AS base_minor, sum(known.amount_minor) AS amount_minor
     FROM (
{legs}
     ) known
    GROUP BY 1
 ) leg
