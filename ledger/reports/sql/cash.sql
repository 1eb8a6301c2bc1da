-- The other legs of every transaction that moved one of the wanted accounts: where their money came from and went to.
-- A transaction has at most one leg on an account that holds money, or is a transfer between two: so no leg comes twice.
-- First the legs of the one transaction: without OFFSET a plan made without knowing better reads the index of all live legs.
  SELECT other.account_id, width_bucket(leg.date, %(cuts)s::date[]) AS n,
         sum(other.base_minor) AS base_minor, sum(other.amount_minor) AS amount_minor
    FROM wanted
   CROSS JOIN LATERAL (
{legs}
   ) leg
   CROSS JOIN LATERAL (
     SELECT x.account_id, sum(x.base_minor) AS base_minor, sum(x.amount_minor) AS amount_minor
       FROM (SELECT * FROM ledger_posting WHERE transaction_id = leg.transaction_id OFFSET 0) x
      WHERE x.book_id = %(book)s AND {counts}
        AND x.account_id NOT IN (SELECT id FROM wanted)
      GROUP BY 1
   ) other
   WHERE leg.date >= %(first)s
   GROUP BY 1, 2
