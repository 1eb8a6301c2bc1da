-- The actor in a scalar subquery is read once; beside the column, the setting was read again for each row that was looked at.
CREATE OR REPLACE FUNCTION app_books(wanted text) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT ARRAY(
    SELECT book_id FROM ledger_member
     WHERE user_id = (SELECT app_actor())
       AND CASE wanted
             WHEN 'read' THEN true
             WHEN 'write' THEN role IN ('owner', 'editor')
             WHEN 'own' THEN role = 'owner'
           END)
$$;
CREATE OR REPLACE FUNCTION app_accounts_hidden() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(account_id), '{}')
    FROM ledger_account_visibility WHERE user_id = (SELECT app_actor()) AND visibility = 'hidden'
$$;
CREATE OR REPLACE FUNCTION app_accounts_locked() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(account_id), '{}') FROM ledger_account_visibility WHERE user_id = (SELECT app_actor())
$$;
CREATE OR REPLACE FUNCTION app_books_veiled() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(DISTINCT book_id), '{}')
    FROM ledger_account_visibility WHERE user_id = (SELECT app_actor()) AND visibility = 'hidden'
$$;
