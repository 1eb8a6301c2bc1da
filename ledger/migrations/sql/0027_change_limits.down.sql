ALTER TABLE ledger_transaction
  DROP CONSTRAINT ledger_transaction_tags_said,
  DROP CONSTRAINT ledger_transaction_versions_few,
  ADD CONSTRAINT ledger_transaction_versions_few CHECK (version <= 1000) NOT VALID;
