DROP INDEX CONCURRENTLY IF EXISTS ledger_account_name_once;
