-- What each account of some types has at the end of a day, in the book's currency (minor units, debit positive), by type,
-- name and id: account_id, type, kind, name, icon, institution, number_last4, currency, is_closed, base_minor. A closed one
-- with something left, or in another currency than the book's %(base)s, of which own_balances.sql knows what is left.
SELECT a.id AS account_id, a.type, a.kind, a.name, a.icon, a.institution, a.number_last4, a.currency,
       a.closed_at IS NOT NULL AS is_closed, coalesce(balance.base_minor, 0) AS base_minor
  FROM ledger_account a
  LEFT JOIN ledger_balances(%(book)s, %(today)s) balance ON balance.account_id = a.id
 WHERE a.book_id = %(book)s AND a.type = ANY(%(types)s::text[])
   AND (a.closed_at IS NULL OR balance.base_minor <> 0 OR a.currency <> %(base)s::text)
 ORDER BY a.type, a.name, a.id
