  SELECT t.id, t.account_id, t.type, t.amount_minor, t.payee, t.tags
    FROM ledger_transaction t
   WHERE t.book_id = %(book)s AND t.changed_at <= %(known_at)s
     AND t.date BETWEEN %(since)s AND %(until)s AND t.status <> 'void' AND t.type <> 'transfer'
   UNION ALL
  SELECT t.id, was.account_id, was.type, was.amount_minor, was.payee, was.tags
    FROM ledger_transaction t
   CROSS JOIN LATERAL (
     SELECT *
       FROM ledger_transaction_version v
      WHERE v.transaction_id = t.id AND v.book_id = %(book)s AND v.changed_at <= %(known_at)s
      ORDER BY v.version DESC
      LIMIT 1
   ) was
   WHERE t.book_id = %(book)s AND t.changed_at > %(known_at)s
     AND was.date BETWEEN %(since)s AND %(until)s AND was.status <> 'void' AND was.type <> 'transfer'
