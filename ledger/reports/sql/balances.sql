-- What each account that holds or owes money has at the end of a day, by type, name and id (minor units, debit positive):
--   account_id, type, kind, name, icon, institution, number_last4, currency; minor (of the account's currency), base_minor
--   (of the book's). A closed one only with something left.
-- An account in the book's currency %(base)s has the same in both; only another's own sum is read beside: the months before
-- %(month)s, that of the day, from their totals, and its days from the covering index.
SELECT *
  FROM (
    SELECT a.id AS account_id, a.type, a.kind, a.name, a.icon, a.institution, a.number_last4, a.currency, a.closed_at,
           coalesce(balance.base_minor, 0) AS base_minor,
           CASE WHEN a.currency = %(base)s::text THEN coalesce(balance.base_minor, 0) ELSE
             coalesce((
               SELECT sum(total.amount_minor)
                 FROM ledger_month_total_shown total
                WHERE total.book_id = %(book)s AND total.account_id = a.id AND total.month < %(month)s), 0)
             + coalesce((
               SELECT sum(p.amount_minor)
                 FROM ledger_posting_shown p
                WHERE p.book_id = %(book)s AND p.account_id = a.id AND p.retired_at IS NULL
                  AND p.date >= %(month)s AND p.date <= %(today)s), 0)
           END AS minor
      FROM ledger_account a
      LEFT JOIN ledger_balances(%(book)s, %(today)s) balance ON balance.account_id = a.id
     WHERE a.book_id = %(book)s AND a.type = ANY(%(types)s::text[])
  ) account
 WHERE closed_at IS NULL OR base_minor <> 0 OR minor <> 0
 ORDER BY type, name, account_id
