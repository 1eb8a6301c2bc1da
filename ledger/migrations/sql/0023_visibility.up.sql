-- What happened on a hidden account does not exist for the member: neither the transaction nor its category legs.
-- Whoever sees all of a book pays an empty array for it; only in a veiled book is each row asked about. In a CASE, because the
-- planner takes an array that it does not know for ten values, expects no row to pass, and sorts a whole book for a page.
ALTER POLICY members_read ON ledger_transaction
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[])
         AND CASE WHEN (SELECT app_accounts_hidden()) = '{}' THEN true
              ELSE account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
                   AND (to_account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])) IS NOT FALSE END);
ALTER POLICY members_read ON ledger_transaction_version
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[])
         AND CASE WHEN (SELECT app_accounts_hidden()) = '{}' THEN true
              ELSE account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
                   AND (to_account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])) IS NOT FALSE END
         AND CASE WHEN book_id <> ALL ((SELECT app_books_veiled())::uuid[]) THEN true
              ELSE EXISTS (SELECT FROM ledger_transaction t
                            WHERE t.id = ledger_transaction_version.transaction_id
                              AND t.book_id = ledger_transaction_version.book_id) END);
-- Row-level security holds in the subqueries too: what they find is what the actor may see.
ALTER POLICY members_read ON ledger_posting
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[])
         AND CASE WHEN book_id <> ALL ((SELECT app_books_veiled())::uuid[]) THEN true
              ELSE EXISTS (SELECT FROM ledger_transaction t
                            WHERE t.id = ledger_posting.transaction_id AND t.book_id = ledger_posting.book_id
                              AND (ledger_posting.line >= t.first_line
                                   OR EXISTS (SELECT FROM ledger_transaction_version v
                                               WHERE v.transaction_id = t.id AND v.book_id = t.book_id
                                                 AND ledger_posting.line BETWEEN v.first_line AND v.last_line))) END);

-- A kept total counts what is hidden, so in a veiled book it is not shown; the view adds up what is.
ALTER POLICY members_read ON ledger_month_total
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[])
         AND CASE WHEN book_id <> ALL ((SELECT app_books_veiled())::uuid[]) THEN true ELSE false END);
-- For reports: the totals as the actor may know them. The second half is not begun where nothing is veiled.
CREATE VIEW ledger_month_total_shown WITH (security_invoker = true) AS
  SELECT book_id, account_id, month, amount_minor, base_minor FROM ledger_month_total
  UNION ALL
  SELECT book_id, account_id, date_trunc('month', date)::date, sum(amount_minor)::bigint, sum(base_minor)::bigint
    FROM ledger_posting
   WHERE retired_at IS NULL AND (SELECT app_books_veiled() <> '{}')
     AND book_id = ANY ((SELECT app_books_veiled())::uuid[])
   GROUP BY 1, 2, 3;
REVOKE ALL ON ledger_month_total_shown FROM rupaya_user;
GRANT SELECT ON ledger_month_total_shown TO rupaya_user;

-- The view for searching passes by the policies, so it says the same itself.
CREATE OR REPLACE VIEW ledger_transaction_searched AS
  SELECT id, book_id, date, type, origin, description, payee, notes, tags, status, is_reconciled, account_id, to_account_id,
         amount_minor, external_id, version, first_line, change_id, created_at, changed_at, changed_by
    FROM ledger_transaction
   WHERE book_id = ANY ((SELECT app_books('read'))::uuid[])
     AND CASE WHEN (SELECT app_accounts_hidden()) = '{}' THEN true
          ELSE account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
               AND (to_account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])) IS NOT FALSE END;

-- Nothing is written to a locked account, and nothing that is on it changes.
CREATE OR REPLACE FUNCTION ledger_account_writable() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  locked uuid[] := app_accounts_locked();
  is_locked boolean := false;
BEGIN
  IF locked = '{}' THEN
    RETURN NULL;
  ELSIF TG_TABLE_NAME = 'ledger_account' THEN
    is_locked := EXISTS (SELECT FROM touched WHERE id = ANY (locked));
  ELSIF TG_TABLE_NAME = 'ledger_transaction' THEN
    is_locked := EXISTS (SELECT FROM touched WHERE account_id = ANY (locked) OR to_account_id = ANY (locked));
  ELSE
    is_locked := EXISTS (SELECT FROM touched WHERE account_id = ANY (locked));
  END IF;
  IF is_locked THEN
    PERFORM ledger_refuse('ledger_account_writable', 'the account is one that the actor may only read');
  END IF;
  RETURN NULL;
END
$$;
-- A new header brings its postings in the same statement: they are asked.
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON ledger_transaction
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_insert AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON ledger_posting
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();

-- A receipt is seen by whoever sees its transaction.
ALTER POLICY members_read ON ledger_attachment
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[])
         AND EXISTS (SELECT FROM ledger_transaction t
                      WHERE t.id = ledger_attachment.transaction_id AND t.book_id = ledger_attachment.book_id));
ALTER POLICY members_read ON ledger_account
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[])
         AND CASE WHEN id <> ALL ((SELECT app_accounts_hidden())::uuid[]) THEN true ELSE false END);
