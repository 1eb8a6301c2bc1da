-- Income and expense by a word of the header (payee or tag): name, currency, rank, transactions, income_minor, expense_minor
-- (income and expense positive). The %(rows)s largest of each currency, and one row more for the rest.
WITH header AS (
{headers}
), worth AS (
  SELECT {name} AS name, {currency} AS currency, h.type, value.minor
    FROM header h
    JOIN ledger_account a ON a.book_id = %(book)s AND a.id = h.account_id
   CROSS JOIN LATERAL ({value}) AS value (minor)
         {names}
   WHERE value.minor IS NOT NULL {conditions}
), party AS (
  SELECT min(name) AS name, currency, count(*) AS transactions,
         coalesce(sum(minor) FILTER (WHERE type = 'income'), 0) AS income_minor,
         coalesce(sum(minor) FILTER (WHERE type = 'expense'), 0) AS expense_minor
    FROM worth
   GROUP BY lower(name), currency
), ranked AS (
  SELECT *, least(row_number() OVER (PARTITION BY currency ORDER BY abs(income_minor) + abs(expense_minor) DESC, lower(name)),
                  %(rows)s + 1) AS rank
    FROM party
)
SELECT min(name) AS name, currency, rank, sum(transactions) AS transactions,
       sum(income_minor) AS income_minor, sum(expense_minor) AS expense_minor
  FROM ranked
 GROUP BY currency, rank
 ORDER BY currency, rank
