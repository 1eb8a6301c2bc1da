-- Nobody asked for these before; what was never in force must not come into force by an upgrade.
UPDATE flags_flag SET percent = NULL, staff = false WHERE percent IS NOT NULL OR staff;
DELETE FROM flags_flag_groups;

-- One change of flags at a time, and why. The lock comes before the newest number of flags_change is taken, so that
-- numbers become visible in their order: who has read one knows of all before it.
CREATE FUNCTION flags_change_begin(why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  LOCK TABLE flags_change IN SHARE ROW EXCLUSIVE MODE;
  PERFORM set_config('app.change_reason', why, true);
END
$$;

CREATE FUNCTION flags_change_lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  LOCK TABLE flags_change IN SHARE ROW EXCLUSIVE MODE;
  RETURN NULL;
END
$$;

-- Keeps what changed, why and by whom. Without a reason the row itself refuses (flags_change_has_reason).
CREATE FUNCTION flags_change_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  why text := coalesce(current_setting('app.change_reason', true), '');
  actor text := coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flags_change (flag_name, changes, reason, changed_by, actor_kind)
    SELECT n.name, jsonb_strip_nulls(to_jsonb(n)), why, app_actor(), actor FROM new_rows n ORDER BY n.id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO flags_change (flag_name, changes, reason, changed_by, actor_kind)
    SELECT o.name, jsonb_strip_nulls(to_jsonb(o)), why, app_actor(), actor FROM old_rows o ORDER BY o.id;
  ELSE
    INSERT INTO flags_change (flag_name, changes, reason, changed_by, actor_kind)
    SELECT name, change, why, app_actor(), actor
      FROM (SELECT n.id, n.name, audit_changes(to_jsonb(o) - 'modified', to_jsonb(n) - 'modified') AS change
              FROM old_rows o JOIN new_rows n USING (id)) AS changed
     WHERE change <> '{}' ORDER BY id;
  END IF;
  RETURN NULL;
END
$$;

-- The same for who is listed: one entry a flag and statement. Arguments: what is listed, and the column that names it.
-- Whoever goes needs no reason: it only turns the flag off for them.
CREATE FUNCTION flags_audience_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  why text := coalesce(current_setting('app.change_reason', true), '');
  actor text := coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO flags_change (flag_name, changes, reason, changed_by, actor_kind)
    SELECT f.name, jsonb_build_object(TG_ARGV[0], jsonb_build_object('added', jsonb_agg(to_jsonb(n) -> TG_ARGV[1] ORDER BY n.id))),
           why, app_actor(), actor
      FROM new_rows n JOIN flags_flag f ON f.id = n.flag_id GROUP BY f.id ORDER BY f.id;
  ELSE
    INSERT INTO flags_change (flag_name, changes, reason, changed_by, actor_kind)
    SELECT f.name, jsonb_build_object(TG_ARGV[0], jsonb_build_object('removed', jsonb_agg(to_jsonb(o) -> TG_ARGV[1] ORDER BY o.id))),
           coalesce(nullif(why, ''), 'Gone with the person or group.'), app_actor(), actor
      FROM old_rows o JOIN flags_flag f ON f.id = o.flag_id GROUP BY f.id ORDER BY f.id;
  END IF;
  RETURN NULL;
END
$$;

-- The rollout hangs on the name, and so does the code that asks: another name is another flag.
CREATE FUNCTION flags_name_stays() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'the name of a flag stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'flags_flag_name_stays';
END
$$;
CREATE TRIGGER name_stays BEFORE UPDATE ON flags_flag FOR EACH ROW
  WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION flags_name_stays();

CREATE TRIGGER change_lock BEFORE INSERT OR UPDATE OR DELETE ON flags_flag
  FOR EACH STATEMENT EXECUTE FUNCTION flags_change_lock();
CREATE TRIGGER change_insert AFTER INSERT ON flags_flag REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_change_record();
CREATE TRIGGER change_update AFTER UPDATE ON flags_flag REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_change_record();
CREATE TRIGGER change_delete AFTER DELETE ON flags_flag REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_change_record();

CREATE TRIGGER change_lock BEFORE INSERT OR DELETE ON flags_flag_users
  FOR EACH STATEMENT EXECUTE FUNCTION flags_change_lock();
CREATE TRIGGER change_insert AFTER INSERT ON flags_flag_users REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('users', 'user_id');
CREATE TRIGGER change_delete AFTER DELETE ON flags_flag_users REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('users', 'user_id');

CREATE TRIGGER change_lock BEFORE INSERT OR DELETE ON flags_flag_groups
  FOR EACH STATEMENT EXECUTE FUNCTION flags_change_lock();
CREATE TRIGGER change_insert AFTER INSERT ON flags_flag_groups REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('groups', 'group_id');
CREATE TRIGGER change_delete AFTER DELETE ON flags_flag_groups REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('groups', 'group_id');

REVOKE UPDATE ON flags_flag_users, flags_flag_groups FROM rupaya_user;

-- Only the triggers above write it. It is audited so that the audit log has the reason too.
SELECT append_only('flags_change', 'flags_change_append_only');
SELECT audit_table('flags_change', book_column => '', hidden => '');
REVOKE INSERT ON flags_change FROM rupaya_user;
REVOKE ALL ON SEQUENCE flags_change_id_seq FROM rupaya_user;
