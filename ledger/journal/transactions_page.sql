-- A page of a book's transactions, newest first (or oldest first, reading backwards): id, date, icon, and body, which is
-- the transaction as the API gives it, in JSON. The page is cut first; only its rows fetch their legs.
-- The JSON is written as text: json_build_object asks the catalogue for each value's type anew, which was half of a page's
-- cost. What is no number, id, day or word of our own goes through to_json, which quotes it.
-- The book is a subquery's, so that a plan for it in particular does not look cheaper than the one that is kept.
SELECT t.id, t.date, legs.icon,
       concat(
         '{{"id":"', t.id, '","book_id":"', t.book_id, '","type":"', t.type, '","origin":"', t.origin, '","status":"', t.status,
         '","is_reconciled":', CASE WHEN t.is_reconciled THEN 'true' ELSE 'false' END,
         ',"amount":', coalesce(ledger_major(t.amount_minor, legs.currency)::text, 'null'), ',"amount_minor":', t.amount_minor,
         ',"currency":', coalesce('"' || legs.currency || '"', 'null'),
         ',"base_amount":', coalesce(ledger_major(legs.base_minor, %(base)s::text)::text, 'null'),
         ',"base_amount_minor":', coalesce(legs.base_minor::text, 'null'), ',"base_currency":"', %(base)s::text,
         '","description":', to_json(t.description), ',"payee":', to_json(t.payee), ',"notes":', to_json(t.notes),
         ',"tags":', CASE WHEN t.tags = '{{}}' THEN '[]' ELSE to_json(t.tags)::text END, ',"date":"', t.date,
         '","account_id":"', t.account_id, '","account":', coalesce(to_json(legs.account)::text, 'null'),
         CASE WHEN t.to_account_id IS NULL
           THEN ',"to_account_id":null,"to_account":null,"to_amount":null,"to_amount_minor":null,"to_currency":null,"rate":null'
           ELSE concat(
             ',"to_account_id":"', t.to_account_id, '","to_account":', coalesce(to_json(legs.to_account)::text, 'null'),
             ',"to_amount":', coalesce(ledger_major(legs.to_minor, legs.to_currency)::text, 'null'),
             ',"to_amount_minor":', coalesce(legs.to_minor::text, 'null'),
             ',"to_currency":', coalesce('"' || legs.to_currency || '"', 'null'),
             ',"rate":', coalesce(CASE WHEN legs.to_currency <> legs.currency THEN trim_scale(round(
                 ledger_major(legs.to_minor, legs.to_currency) / ledger_major(t.amount_minor, legs.currency), 8)) END::text, 'null'))
         END,
         ',"category_id":', coalesce(CASE WHEN legs.parts = 1 THEN '"' || legs.category_id || '"' END, 'null'),
         ',"category":', to_json(CASE
             WHEN t.origin = 'opening' THEN 'Opening balance' WHEN t.origin = 'adjustment' THEN 'Adjustment'
             WHEN t.type = 'transfer' THEN 'Transfer' WHEN legs.parts = 1 THEN legs.category ELSE 'Split in ' || legs.parts END),
         ',"splits":[', CASE WHEN legs.parts > 1 THEN legs.splits END,
         '],"external_id":', coalesce(to_json(t.external_id)::text, 'null'), ',"version":', t.version,
         ',"undo_token":"', t.change_id, '","created_at":"', ledger_instant(t.created_at),
         '","changed_at":"', ledger_instant(t.changed_at), '","changed_by":', coalesce('"' || t.changed_by || '"', 'null'),
         '}}') AS body
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
          string_agg(concat(
            '{{"category_id":"', p.account_id, '","category":', to_json(a.name),
            ',"amount":', ledger_major(abs(p.amount_minor), p.currency), ',"amount_minor":', abs(p.amount_minor),
            ',"currency":"', p.currency, '"}}'), ',' ORDER BY p.line) FILTER (WHERE a.type IN ('income', 'expense')) AS splits
     FROM ledger_posting p
     JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
    WHERE p.book_id = t.book_id AND p.transaction_id = t.id AND p.line BETWEEN t.first_line AND t.last_line
 ) legs
 ORDER BY {order}
