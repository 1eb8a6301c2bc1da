-- Who dumps reads every row of a table, and has no right to write one. A policy is asked of whom it is for alone: others'
-- plans stay as they are. `backup create` refuses where a table under row-level security has none. A table that has it is
-- left alone.
CREATE FUNCTION backup_reads(kept regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF to_regrole('rupaya_backup') IS NULL THEN
    RAISE EXCEPTION 'there is no role rupaya_backup: run deploy/postgres/init.sql again first'
      USING ERRCODE = 'undefined_object';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = kept AND polname = 'backup_reads') THEN
    EXECUTE format('CREATE POLICY backup_reads ON %s FOR SELECT TO rupaya_backup USING (true)', kept);
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION backup_reads(regclass) FROM rupaya_user;

SELECT backup_reads('accounts_session');
