-- SET NOT NULL reads the whole table under a lock that stops everybody, unless a valid check says so already.
ALTER TABLE ledger_transaction
  ADD CONSTRAINT ledger_transaction_is_complete
  CHECK (account_id IS NOT NULL AND amount_minor IS NOT NULL AND change_id IS NOT NULL) NOT VALID;
ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_is_complete;
ALTER TABLE ledger_transaction ALTER COLUMN account_id SET NOT NULL;
ALTER TABLE ledger_transaction ALTER COLUMN amount_minor SET NOT NULL;
ALTER TABLE ledger_transaction ALTER COLUMN change_id SET NOT NULL;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_is_complete;
