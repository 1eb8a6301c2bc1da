CREATE INDEX CONCURRENTLY ledger_transaction_text ON ledger_transaction
  USING gin (book_id, (description || ' ' || payee || ' ' || notes) gin_trgm_ops);
