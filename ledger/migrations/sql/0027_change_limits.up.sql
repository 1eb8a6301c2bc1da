-- The last versions are for what must stay possible: to make a transaction void, and to restore it. A live one has at most
-- 1,100, so one is always left to make it void. Each tag says something: NULL would be neither found nor shown.
ALTER TABLE ledger_transaction
  DROP CONSTRAINT ledger_transaction_versions_few,
  ADD CONSTRAINT ledger_transaction_versions_few
    CHECK (version <= 1100 OR (version = 1101 AND status = 'void')) NOT VALID,
  ADD CONSTRAINT ledger_transaction_tags_said
    CHECK (CASE WHEN coalesce(array_ndims(tags), 1) = 1
                THEN array_position(tags, NULL) IS NULL AND array_position(tags, '') IS NULL
                ELSE false END) NOT VALID;
