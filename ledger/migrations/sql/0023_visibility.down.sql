DROP TRIGGER ledger_account_writable_update ON ledger_posting;
DROP TRIGGER ledger_account_writable_insert ON ledger_posting;
DROP TRIGGER ledger_account_writable_update ON ledger_transaction;
-- The function's branch for transactions stays unused until 0014's own way back drops it.

CREATE OR REPLACE VIEW ledger_transaction_searched AS
  SELECT id, book_id, date, type, origin, description, payee, notes, tags, status, is_reconciled, account_id, to_account_id,
         amount_minor, external_id, version, first_line, change_id, created_at, changed_at, changed_by
    FROM ledger_transaction
   WHERE book_id = ANY ((SELECT app_books('read'))::uuid[]);
DROP VIEW ledger_month_total_shown;
ALTER POLICY members_read ON ledger_month_total USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_posting USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_transaction_version USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_transaction USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_attachment USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
ALTER POLICY members_read ON ledger_account
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND id <> ALL ((SELECT app_accounts_hidden())::uuid[]));
