CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ledger_account_name_free
  ON ledger_account (book_id, type, lower(name), parent_id) NULLS NOT DISTINCT WHERE merged_into_id IS NULL;
