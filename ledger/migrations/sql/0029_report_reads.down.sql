DROP FUNCTION ledger_balances(uuid, date);
DROP FUNCTION ledger_balances_unveiled(uuid, date);
DROP VIEW ledger_posting_shown;
DROP VIEW ledger_posting_unveiled;
