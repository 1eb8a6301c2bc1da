DROP POLICY owner_repairs ON ledger_month_total;
DROP FUNCTION ledger_totals_repair(uuid);
DROP FUNCTION ledger_totals_wrong(uuid);
