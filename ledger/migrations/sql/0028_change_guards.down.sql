DROP TRIGGER ledger_statement_discarded ON ledger_statement;
DROP FUNCTION ledger_statement_discarded();
DROP TRIGGER ledger_posting_one_currency ON ledger_posting;
DROP FUNCTION ledger_posting_currency_guard();
DROP TRIGGER ledger_transaction_versions_update ON ledger_transaction;
DROP FUNCTION ledger_transaction_versions_guard();
DROP TRIGGER ledger_transaction_one_change_update ON ledger_transaction;
DROP TRIGGER ledger_transaction_one_change_insert ON ledger_transaction;
DROP FUNCTION ledger_change_once_guard();
