DROP FUNCTION ledger_instant(timestamptz);
DROP FUNCTION ledger_major(bigint, text);
DROP VIEW ledger_transaction_searched;
DROP EXTENSION btree_gin;
DROP EXTENSION pg_trgm;
