ALTER TABLE ledger_transaction ALTER COLUMN account_id DROP NOT NULL;
ALTER TABLE ledger_transaction ALTER COLUMN amount_minor DROP NOT NULL;
ALTER TABLE ledger_transaction ALTER COLUMN change_id DROP NOT NULL;
