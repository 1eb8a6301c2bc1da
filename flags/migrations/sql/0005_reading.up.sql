-- All that flags ask, in one statement and one snapshot: the number of the newest change; the flags, where that is not
-- the number `known`; and the person, null for nobody. A read that fails gives its SQLSTATE and nothing else, and the
-- transaction around it goes on; one that waits for a lock fails after a quarter of a second. PostgreSQL's clock counts,
-- which is the same for every process.
CREATE FUNCTION flags_read(
  person uuid, known bigint,
  OUT generation bigint, OUT definitions jsonb, OUT read_at timestamptz,
  OUT is_person boolean, OUT is_staff boolean, OUT group_ids bigint[], OUT flag_ids bigint[], OUT failure text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '250ms'
AS $$
BEGIN
  read_at := clock_timestamp();
  SELECT coalesce(max(c.id), 0) INTO generation FROM flags_change c;
  IF generation IS DISTINCT FROM known THEN
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'id', f.id, 'name', f.name, 'everyone', f.everyone, 'starts_at', f.starts_at, 'expires_at', f.expires_at,
             'staff', f.staff, 'buckets', (f.percent * 100)::integer,
             'group_ids', ARRAY(SELECT g.group_id FROM flags_flag_groups g WHERE g.flag_id = f.id))), '[]')
      INTO definitions FROM flags_flag f;
  END IF;
  IF person IS NOT NULL THEN
    SELECT true, u.is_staff,
           ARRAY(SELECT m.group_id FROM accounts_user_groups m WHERE m.user_id = u.id),
           ARRAY(SELECT l.flag_id FROM flags_flag_users l WHERE l.user_id = u.id)
      INTO is_person, is_staff, group_ids, flag_ids
      FROM accounts_user u WHERE u.id = person AND u.is_active;
  END IF;
EXCEPTION WHEN OTHERS THEN
  generation := NULL;
  definitions := NULL;
  is_person := NULL;
  failure := SQLSTATE;
END
$$;

-- The first flag, for nobody yet.
SELECT flags_change_begin('The first flag: off until somebody turns it on.');
INSERT INTO flags_flag (name, kind, owner, purpose, created, modified)
VALUES ('export_transactions', 'permission', 'ledger', 'Who may take their transactions out as a file.',
        statement_timestamp(), statement_timestamp())
ON CONFLICT (name) DO NOTHING;
