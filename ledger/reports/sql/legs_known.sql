   SELECT p.transaction_id, p.date, p.base_minor, p.amount_minor
     FROM ledger_posting p
    WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.date >= %(since)s AND p.date < %(last)s
      AND p.retired_at IS NULL AND p.recorded_at <= %(known_at)s
    UNION ALL
   SELECT p.transaction_id, p.date, p.base_minor, p.amount_minor
     FROM ledger_posting p
    WHERE p.book_id = %(book)s AND p.account_id = wanted.id AND p.date >= %(since)s AND p.date < %(last)s
      AND p.retired_at > %(known_at)s AND p.recorded_at <= %(known_at)s
