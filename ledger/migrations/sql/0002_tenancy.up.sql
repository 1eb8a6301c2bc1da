-- The books that the actor may read, write or own. Written into policies as a scalar subquery it runs
-- once a query and is an index condition. It reads the member table, which is enabled but not forced:
-- the owner, as whom this function runs, is not bound there, else its own policy would recurse.
CREATE FUNCTION app_books(wanted text) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(book_id), '{}')
    FROM ledger_member
   WHERE user_id = app_actor()
     AND CASE wanted
           WHEN 'read' THEN true
           WHEN 'write' THEN role IN ('owner', 'editor')
           WHEN 'own' THEN role = 'owner'
         END
$$;

-- Row-level security of a table with a book: members read, owners and editors write. The schema's owner
-- reads everything, for verification and backups, and writes no more than the actor may.
CREATE FUNCTION tenant_table(tenant regclass, book_column text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant);
  EXECUTE format('CREATE POLICY members_read ON %s FOR SELECT '
                 'USING (%I = ANY ((SELECT app_books(''read''))::uuid[]))', tenant, book_column);
  EXECUTE format('CREATE POLICY writers_insert ON %s FOR INSERT '
                 'WITH CHECK (%I = ANY ((SELECT app_books(''write''))::uuid[]))', tenant, book_column);
  EXECUTE format('CREATE POLICY writers_update ON %s FOR UPDATE '
                 'USING (%I = ANY ((SELECT app_books(''write''))::uuid[])) '
                 'WITH CHECK (%I = ANY ((SELECT app_books(''write''))::uuid[]))', tenant, book_column, book_column);
  EXECUTE format('CREATE POLICY writers_delete ON %s FOR DELETE '
                 'USING (%I = ANY ((SELECT app_books(''write''))::uuid[]))', tenant, book_column);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO rupaya_owner USING (true)', tenant);
END
$$;

-- Books: members see them, owners change them, and nobody makes one but through ledger_book_open.
ALTER TABLE ledger_book ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_book FORCE ROW LEVEL SECURITY;
CREATE POLICY members_read ON ledger_book FOR SELECT USING (id = ANY ((SELECT app_books('read'))::uuid[]));
CREATE POLICY owners_update ON ledger_book FOR UPDATE
  USING (id = ANY ((SELECT app_books('own'))::uuid[]))
  WITH CHECK (id = ANY ((SELECT app_books('own'))::uuid[]));
CREATE POLICY owner_reads ON ledger_book FOR SELECT TO rupaya_owner USING (true);
CREATE POLICY owner_opens ON ledger_book FOR INSERT TO rupaya_owner WITH CHECK (true);
REVOKE INSERT, UPDATE, DELETE ON ledger_book FROM rupaya_user;
GRANT UPDATE (name, closed_until) ON ledger_book TO rupaya_user;

ALTER TABLE ledger_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY members_read ON ledger_member FOR SELECT USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));
REVOKE INSERT, UPDATE, DELETE ON ledger_member FROM rupaya_user;

-- The one way to a new book: it and its first owner, the actor, come together.
CREATE FUNCTION ledger_book_open(book uuid, member uuid, name text, currency text, zone text, fiscal_month integer)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF app_actor() IS NULL THEN
    RAISE EXCEPTION 'a book needs somebody to own it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_book_has_owner', TABLE = 'ledger_book';
  END IF;
  INSERT INTO ledger_book (id, name, base_currency, time_zone, fiscal_year_start_month)
  VALUES (book, name, currency, zone, fiscal_month);
  INSERT INTO ledger_member (id, book_id, user_id, role) VALUES (member, book, app_actor(), 'owner');
END
$$;

SELECT tenant_table('ledger_account', 'book_id');
-- What an account is and what it is kept in stays: postings were made on it.
REVOKE UPDATE ON ledger_account FROM rupaya_user;
GRANT UPDATE (parent_id, name, icon, institution, number_last4) ON ledger_account TO rupaya_user;
SELECT tenant_table('ledger_transaction', 'book_id');
SELECT tenant_table('ledger_posting', 'book_id');
SELECT tenant_table('ledger_month_total', 'book_id');
SELECT tenant_table('ledger_statement', 'book_id');
SELECT tenant_table('ledger_statement_line', 'book_id');

-- Who shares a book sees what was done in it.
CREATE POLICY book_entries ON audit_logs FOR SELECT USING (book_id = ANY ((SELECT app_books('read'))::uuid[]));

-- Foreign keys between tenant tables hold the book, so that nothing points into another one.
ALTER TABLE ledger_account
  ADD CONSTRAINT ledger_account_id_in_book UNIQUE (book_id, id),
  ADD CONSTRAINT ledger_account_parent_in_book FOREIGN KEY (book_id, parent_id) REFERENCES ledger_account (book_id, id);
ALTER TABLE ledger_posting
  ADD CONSTRAINT ledger_posting_transaction_in_book
    FOREIGN KEY (book_id, date, transaction_id) REFERENCES ledger_transaction (book_id, date, id),
  ADD CONSTRAINT ledger_posting_account_in_book
    FOREIGN KEY (book_id, account_id, currency) REFERENCES ledger_account (book_id, id, currency);
ALTER TABLE ledger_month_total
  ADD CONSTRAINT ledger_month_total_account_in_book
    FOREIGN KEY (book_id, account_id) REFERENCES ledger_account (book_id, id);
ALTER TABLE ledger_statement
  ADD CONSTRAINT ledger_statement_account_in_book
    FOREIGN KEY (book_id, account_id, currency) REFERENCES ledger_account (book_id, id, currency);
ALTER TABLE ledger_statement_line
  ADD CONSTRAINT ledger_statement_line_statement_in_book
    FOREIGN KEY (book_id, statement_id, account_id) REFERENCES ledger_statement (book_id, id, account_id) ON DELETE CASCADE;

SELECT audit_table('ledger_book', book_column => 'id', hidden => '');
SELECT audit_table('ledger_member', book_column => 'book_id', hidden => '');
SELECT audit_table('ledger_account', book_column => 'book_id', hidden => '');
SELECT audit_table('ledger_transaction', book_column => 'book_id', hidden => '');
SELECT audit_table('ledger_statement', book_column => 'book_id', hidden => '');
