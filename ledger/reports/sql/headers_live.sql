  SELECT t.id, t.account_id, t.type, t.amount_minor, t.payee, t.tags
    FROM ledger_transaction t
   WHERE t.book_id = %(book)s AND t.date BETWEEN %(since)s AND %(until)s AND t.status <> 'void' AND t.type <> 'transfer'
