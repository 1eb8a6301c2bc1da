-- Ids in the order of their making (RFC 9562, version 7), for rows that triggers write.
CREATE FUNCTION rupaya_uuid7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
              FROM 1 FOR 6),
      52, 1), 53, 1),
    'hex')::uuid
$$;

-- Who acts. After a transaction-local setting the value is '', not NULL, hence the nullif.
CREATE FUNCTION app_actor() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('app.current_user_id', true), '')::uuid $$;

-- The guard of append-only tables: argument 0 is the name that the refusal carries.
CREATE FUNCTION append_only_refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION '% on % is not allowed: it only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END
$$;

CREATE FUNCTION append_only(audited regclass, guard text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION append_only_refuse(%L)', guard, audited, guard);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM rupaya_user', audited);
END
$$;

-- What differs between two rows: {field: [before, after]}.
CREATE FUNCTION audit_changes(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(o.value, n.value)), '{}')
    FROM jsonb_each(before) o FULL JOIN jsonb_each(after) n USING (key)
   WHERE o.value IS DISTINCT FROM n.value
$$;

-- Writes one entry for each row that changed, for the whole statement at once. A change of hidden
-- columns alone writes none. Arguments: the column that holds the book ('' for none), and the hidden
-- columns, comma-separated. Runs as the owner, who alone may insert into the log; who acts comes from
-- the transaction's settings.
CREATE FUNCTION audit_record() RETURNS trigger
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

-- Makes a table audited. `book_column` is '' where rows belong to no book.
CREATE FUNCTION audit_table(audited regclass, book_column text, hidden text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%L, %L)', audited, book_column, hidden);
  EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%L, %L)', audited, book_column, hidden);
  EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%L, %L)', audited, book_column, hidden);
  -- Statement triggers see no rows of a TRUNCATE: it is refused, not recorded.
  EXECUTE format('CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION append_only_refuse(%L)', audited, 'truncate_refused');
  EXECUTE format('REVOKE TRUNCATE ON %s FROM rupaya_user', audited);
END
$$;

ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_entries ON audit_logs FOR SELECT USING (user_id = (SELECT app_actor()));
CREATE POLICY owner_writes ON audit_logs FOR INSERT TO rupaya_owner WITH CHECK (true);
CREATE POLICY owner_reads ON audit_logs FOR SELECT TO rupaya_owner USING (true);
REVOKE INSERT ON audit_logs FROM rupaya_user;
SELECT append_only('audit_logs', 'audit_logs_append_only');
