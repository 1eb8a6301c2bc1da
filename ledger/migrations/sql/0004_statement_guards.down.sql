DROP TRIGGER ledger_statement_line_posted_delete ON ledger_statement_line;
DROP TRIGGER ledger_statement_line_posted_update ON ledger_statement_line;
DROP FUNCTION ledger_statement_line_guard();
DROP TRIGGER ledger_statement_posted_delete ON ledger_statement;
DROP TRIGGER ledger_statement_posted_update ON ledger_statement;
DROP FUNCTION ledger_statement_guard();
GRANT UPDATE ON ledger_statement, ledger_statement_line TO rupaya_user;
