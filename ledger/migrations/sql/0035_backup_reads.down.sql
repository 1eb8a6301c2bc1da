CREATE OR REPLACE FUNCTION tenant_table(tenant regclass, book_column text) RETURNS void
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
