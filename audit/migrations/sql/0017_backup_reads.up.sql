-- As before, and who dumps reads it all: a dump has the log by its months.
CREATE OR REPLACE FUNCTION audit_part_close(part regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  EXECUTE format('REVOKE ALL ON %s FROM rupaya_user', part);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO rupaya_owner USING (true)', part);
  PERFORM backup_reads(part);
  PERFORM append_only(part, 'audit_logs_append_only');
END
$$;
