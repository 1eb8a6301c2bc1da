DROP INDEX CONCURRENTLY IF EXISTS ledger_transaction_changed;
