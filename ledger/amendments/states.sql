-- Whole states of transactions, as they stand or as a version was, with the legs of that state in their order.
-- Their source is headers with version, first_line, last_line. Amounts in minor units, debit positive.
SELECT t.id, t.version, t.change_id, t.date, t.type, t.description, t.payee, t.notes, t.tags, t.status, t.is_reconciled,
       t.account_id, t.to_account_id, t.amount_minor, t.origin,
       (SELECT jsonb_agg(jsonb_build_object(
                 'account_id', p.account_id, 'amount_minor', p.amount_minor, 'currency', p.currency,
                 'base_minor', p.base_minor) ORDER BY p.line)
          FROM ledger_posting p
         WHERE p.book_id = t.book_id AND p.transaction_id = t.id AND p.line BETWEEN t.first_line AND t.last_line) AS legs
  FROM {source} t
 WHERE t.book_id = %(book)s AND {condition}
 ORDER BY t.id
