-- Reads the tables once, while others go on writing.
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_type;
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_origin;
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_status;
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_transfer_has_target;
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_external_whole;
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_tags_few;
ALTER TABLE ledger_month_total VALIDATE CONSTRAINT ledger_month_total_in_range;
