-- The other legs of every transaction that moved one of the wanted accounts: where their money came from and went to.
-- A transaction has at most one leg on an account that holds money, or is a transfer between two: so no leg comes twice.
SELECT x.account_id, width_bucket(leg.date, %(cuts)s::date[]) AS n,
       sum(x.base_minor) AS base_minor, sum(x.amount_minor) AS amount_minor
  FROM wanted
 CROSS JOIN LATERAL (
{legs}
 ) leg
  JOIN ledger_posting x ON x.transaction_id = leg.transaction_id AND x.book_id = %(book)s AND {counts}
 WHERE leg.date >= %(first)s AND x.account_id NOT IN (SELECT id FROM wanted)
 GROUP BY 1, 2
