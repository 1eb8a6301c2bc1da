DROP FUNCTION audit_entry_id(bytea);

-- Writes one entry for each row that changed, for the whole statement at once. A change of hidden
-- columns alone writes none. Arguments: the column that holds the book ('' for none), and the hidden
-- columns, comma-separated. Runs as the owner, who alone may insert into the log; who acts comes from
-- the transaction's settings.
CREATE OR REPLACE FUNCTION audit_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  hidden text[] := string_to_array(TG_ARGV[1], ',');
  kind text := coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown');
  address inet := nullif(current_setting('app.client_address', true), '')::inet;
  agent text := coalesce(current_setting('app.user_agent', true), '');
  request text := coalesce(current_setting('app.request_id', true), '');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                        changes, ip_address, user_agent, request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), kind, TG_OP, TG_TABLE_NAME, after ->> 'id', (after ->> TG_ARGV[0])::uuid,
           change, address, agent, request, clock_timestamp()
      FROM (SELECT to_jsonb(n) AS after, audit_changes('{}', jsonb_strip_nulls(to_jsonb(n) - hidden)) AS change
              FROM new_rows n) AS changed
     WHERE change <> '{}';
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                        changes, ip_address, user_agent, request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), kind, TG_OP, TG_TABLE_NAME, before ->> 'id', (before ->> TG_ARGV[0])::uuid,
           change, address, agent, request, clock_timestamp()
      FROM (SELECT to_jsonb(o) AS before, audit_changes(jsonb_strip_nulls(to_jsonb(o) - hidden), '{}') AS change
              FROM old_rows o) AS changed
     WHERE change <> '{}';
  ELSE
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                        changes, ip_address, user_agent, request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), kind, TG_OP, TG_TABLE_NAME, after ->> 'id', (after ->> TG_ARGV[0])::uuid,
           change, address, agent, request, clock_timestamp()
      FROM (SELECT coalesce(to_jsonb(n), to_jsonb(o)) AS after, audit_changes(
                     coalesce(to_jsonb(o), '{}') - hidden, coalesce(to_jsonb(n), '{}') - hidden) AS change
              FROM old_rows o FULL JOIN new_rows n ON n.id = o.id) AS changed
     WHERE change <> '{}';
  END IF;
  RETURN NULL;
END
$$;
