-- OFFSET 0 keeps the planner from writing the row's JSON into each of its three uses.
CREATE OR REPLACE FUNCTION audit_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  hidden text[] := string_to_array(TG_ARGV[1], ',');
  actor uuid := app_actor();
  kind text := coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown');
  address inet := nullif(current_setting('app.client_address', true), '')::inet;
  agent text := coalesce(current_setting('app.user_agent', true), '');
  request text := coalesce(current_setting('app.request_id', true), '');
  moment timestamptz := clock_timestamp();
  milliseconds bytea := substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3);
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                            changes, ip_address, user_agent, request_id, created_at)
    SELECT audit_entry_id(milliseconds), actor, kind, TG_OP, TG_TABLE_NAME, written ->> 'id', (written ->> TG_ARGV[0])::uuid,
           written - hidden, address, agent, request, moment
      FROM (SELECT jsonb_strip_nulls(to_jsonb(n)) AS written FROM new_rows n OFFSET 0) AS changed;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                            changes, ip_address, user_agent, request_id, created_at)
    SELECT audit_entry_id(milliseconds), actor, kind, TG_OP, TG_TABLE_NAME, gone ->> 'id', (gone ->> TG_ARGV[0])::uuid,
           gone - hidden, address, agent, request, moment
      FROM (SELECT jsonb_strip_nulls(to_jsonb(o)) AS gone FROM old_rows o OFFSET 0) AS changed;
  ELSE
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                            changes, ip_address, user_agent, request_id, created_at)
    SELECT audit_entry_id(milliseconds), actor, kind, TG_OP, TG_TABLE_NAME, after ->> 'id', (after ->> TG_ARGV[0])::uuid,
           change, address, agent, request, moment
      FROM (SELECT coalesce(to_jsonb(n), to_jsonb(o)) AS after, audit_changes(
                     coalesce(to_jsonb(o), '{}') - hidden, coalesce(to_jsonb(n), '{}') - hidden) AS change
              FROM old_rows o FULL JOIN new_rows n ON n.id = o.id) AS changed
     WHERE change <> '{}';
  END IF;
  RETURN NULL;
END
$$;
