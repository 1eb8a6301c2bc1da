CREATE UNIQUE INDEX CONCURRENTLY ledger_transaction_external_once
  ON ledger_transaction (book_id, external_account_id, external_id) WHERE external_id IS NOT NULL;
