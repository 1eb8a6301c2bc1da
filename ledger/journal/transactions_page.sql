-- A page of a book's transactions, newest first (or oldest first, reading backwards): id, date, icon, and body, which is
-- the transaction as the API gives it, in JSON. The page is cut first; only its rows fetch their legs.
-- The book is a subquery's, so that a plan for it in particular does not look cheaper than the one that is kept.
SELECT t.id, t.date, legs.icon,
       json_build_object(
         'id', t.id, 'book_id', t.book_id, 'type', t.type, 'origin', t.origin, 'status', t.status,
         'is_reconciled', t.is_reconciled,
         'amount', ledger_major(t.amount_minor, legs.currency), 'amount_minor', t.amount_minor, 'currency', legs.currency,
         'base_amount', ledger_major(legs.base_minor, %(base)s::text), 'base_amount_minor', legs.base_minor, 'base_currency', %(base)s::text,
         'description', t.description, 'payee', t.payee, 'notes', t.notes, 'tags', t.tags, 'date', t.date,
         'account_id', t.account_id, 'account', legs.account,
         'to_account_id', t.to_account_id, 'to_account', legs.to_account,
         'to_amount', ledger_major(legs.to_minor, legs.to_currency), 'to_amount_minor', legs.to_minor,
         'to_currency', legs.to_currency,
         'rate', CASE WHEN legs.to_currency <> legs.currency THEN
                   trim_scale(round(ledger_major(legs.to_minor, legs.to_currency) / ledger_major(t.amount_minor, legs.currency), 8)) END,
         'category_id', CASE WHEN legs.parts = 1 THEN legs.category_id END,
         'category', CASE WHEN t.origin = 'opening' THEN 'Opening balance' WHEN t.origin = 'adjustment' THEN 'Adjustment'
                          WHEN t.type = 'transfer' THEN 'Transfer' WHEN legs.parts = 1 THEN legs.category
                          ELSE 'Split in ' || legs.parts END,
         'splits', CASE WHEN legs.parts > 1 THEN legs.splits ELSE '[]' END,
         'external_id', t.external_id, 'version', t.version, 'undo_token', t.change_id,
         'created_at', ledger_instant(t.created_at), 'changed_at', ledger_instant(t.changed_at),
         'changed_by', t.changed_by)::text AS body
  FROM (
    SELECT t.*
      FROM {source} t
     WHERE t.book_id = (SELECT %(book)s::uuid)
       {conditions}
     ORDER BY {order}
     LIMIT {rows}
  ) t
 CROSS JOIN LATERAL (
   SELECT min(a.name) FILTER (WHERE p.account_id = t.account_id) AS account,
          min(p.currency) FILTER (WHERE p.account_id = t.account_id) AS currency,
          abs(min(p.base_minor) FILTER (WHERE p.account_id = t.account_id)) AS base_minor,
          min(a.name) FILTER (WHERE p.account_id = t.to_account_id) AS to_account,
          min(p.currency) FILTER (WHERE p.account_id = t.to_account_id) AS to_currency,
          min(p.amount_minor) FILTER (WHERE p.account_id = t.to_account_id) AS to_minor,
          count(*) FILTER (WHERE a.type IN ('income', 'expense')) AS parts,
          min(a.name) FILTER (WHERE a.type IN ('income', 'expense')) AS category,
          (array_agg(p.account_id) FILTER (WHERE a.type IN ('income', 'expense')))[1] AS category_id,
          (array_agg(a.icon ORDER BY p.line) FILTER (WHERE p.account_id <> t.account_id))[1] AS icon,
          json_agg(json_build_object(
            'category_id', p.account_id, 'category', a.name,
            'amount', ledger_major(abs(p.amount_minor), p.currency), 'amount_minor', abs(p.amount_minor),
            'currency', p.currency) ORDER BY p.line) FILTER (WHERE a.type IN ('income', 'expense')) AS splits
     FROM ledger_posting p
     JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
    WHERE p.book_id = t.book_id AND p.transaction_id = t.id AND p.line BETWEEN t.first_line AND t.last_line
 ) legs
 ORDER BY {order}
