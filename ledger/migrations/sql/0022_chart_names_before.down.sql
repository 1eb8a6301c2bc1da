CREATE UNIQUE INDEX CONCURRENTLY ledger_account_name_once
  ON ledger_account (book_id, type, lower(name), parent_id) NULLS NOT DISTINCT;
