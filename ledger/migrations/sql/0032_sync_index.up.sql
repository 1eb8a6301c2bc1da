CREATE INDEX CONCURRENTLY IF NOT EXISTS ledger_transaction_changed ON ledger_transaction (book_id, changed_xid, id);
