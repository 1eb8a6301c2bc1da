-- Moves as they were known at %(known_at)s: legs recorded by then and not yet retired. Those that still count come through
-- their own index, those that were retired since through theirs. Each bucket is summed by itself, from its days %(lows)s up
-- to and without %(highs)s: grouped together, millions of legs would be sorted on disk, because nobody expects so many.
SELECT wanted.id AS account_id, bucket.n, leg.base_minor, leg.amount_minor
  FROM wanted
 CROSS JOIN unnest(%(lows)s::date[], %(highs)s::date[], %(places)s::integer[]) AS bucket (low, high, n)
 CROSS JOIN LATERAL (
   SELECT sum(p.base_minor) AS base_minor, sum(p.amount_minor) AS amount_minor
     FROM ledger_posting_shown p
    WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.date >= bucket.low AND p.date < bucket.high
      AND p.retired_at IS NULL AND p.recorded_at <= %(known_at)s
    UNION ALL
   SELECT sum(p.base_minor), sum(p.amount_minor)
     FROM ledger_posting_shown p
    WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.date >= bucket.low AND p.date < bucket.high
      AND p.retired_at > %(known_at)s AND p.recorded_at <= %(known_at)s
 ) leg
 WHERE leg.base_minor IS NOT NULL
