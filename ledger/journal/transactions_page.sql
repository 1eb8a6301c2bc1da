-- A page of a book's transactions with their legs, newest first (or oldest first, reading backwards).
-- The page is cut first, along ledger_transaction_key; only its rows fetch their legs.
SELECT t.id, t.type, t.origin, t.date, t.description, t.created_at, legs.legs
  FROM (
    SELECT t.*
      FROM ledger_transaction t
     WHERE t.book_id = %(book)s
       {conditions}
     ORDER BY t.date {direction}, t.id {direction}
     LIMIT %(rows)s
  ) t
 CROSS JOIN LATERAL (
   SELECT jsonb_agg(jsonb_build_object(
            'account_id', a.id, 'name', a.name, 'type', a.type, 'icon', a.icon,
            'amount_minor', p.amount_minor, 'currency', p.currency) ORDER BY p.line) AS legs
     FROM ledger_posting p
     JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
    WHERE p.book_id = t.book_id AND p.transaction_id = t.id
 ) legs
 ORDER BY t.date {direction}, t.id {direction}
