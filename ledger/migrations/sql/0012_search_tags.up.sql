CREATE INDEX CONCURRENTLY ledger_transaction_tagged ON ledger_transaction USING gin (book_id, tags) WHERE tags <> '{}';
