-- What moved each account of a book between some days, the cuts (%(cuts)s, ascending). Rows, by type, name and id:
--   account_id, parent_id, type, kind, name, icon, currency, is_closed; n, base_minor, amount_minor (minor units of the
--   book's and of the account's currency, debit positive; all three NULL for an account that did not move)
-- Bucket n holds the days with n cuts at or before them: 0 is what was before the first cut. Add a bucket's rows up.
-- `wanted` are the accounts whose moves are read: some and everything below them.
WITH RECURSIVE account AS MATERIALIZED (
  SELECT * FROM ledger_account WHERE book_id = %(book)s
), wanted AS (
  SELECT id FROM account WHERE {wanted}
   UNION
  SELECT account.id FROM account JOIN wanted ON account.parent_id = wanted.id
), moved AS MATERIALIZED (
{source}
)
SELECT a.id AS account_id, a.parent_id, a.type, a.kind, a.name, a.icon, a.currency, a.closed_at IS NOT NULL AS is_closed,
       moved.n, moved.base_minor, moved.amount_minor
  FROM account a
  LEFT JOIN moved ON moved.account_id = a.id
 ORDER BY a.type, a.name, a.id
