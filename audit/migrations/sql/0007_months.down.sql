-- All entries come back into one table, with every name it had. `action` stays as long as it is now: some entries need it.
DROP TRIGGER audit_insert ON accounts_user;
DROP TRIGGER audit_update ON accounts_user;
DROP TRIGGER audit_delete ON accounts_user;
DROP TRIGGER truncate_refuse ON accounts_user;
DROP TRIGGER audit_insert ON accounts_session;
DROP TRIGGER audit_update ON accounts_session;
DROP TRIGGER audit_delete ON accounts_session;
DROP TRIGGER truncate_refuse ON accounts_session;
DROP TRIGGER audit_insert ON accounts_user_groups;
DROP TRIGGER audit_update ON accounts_user_groups;
DROP TRIGGER audit_delete ON accounts_user_groups;
DROP TRIGGER truncate_refuse ON accounts_user_groups;
DROP TRIGGER audit_insert ON accounts_user_user_permissions;
DROP TRIGGER audit_update ON accounts_user_user_permissions;
DROP TRIGGER audit_delete ON accounts_user_user_permissions;
DROP TRIGGER truncate_refuse ON accounts_user_user_permissions;
DROP TRIGGER audit_insert ON flags_flag_users;
DROP TRIGGER audit_update ON flags_flag_users;
DROP TRIGGER audit_delete ON flags_flag_users;
DROP TRIGGER truncate_refuse ON flags_flag_users;
DROP FUNCTION audit_table(regclass, text, text, text);
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

SELECT audit_table('accounts_user', book_column => '', hidden => 'password,last_login');
SELECT audit_table('accounts_session', book_column => '', hidden => 'refresh_hash,last_used_at,rotated_at,counter');
SELECT audit_table('accounts_user_groups', book_column => '', hidden => '');
SELECT audit_table('accounts_user_user_permissions', book_column => '', hidden => '');
SELECT audit_table('flags_flag_users', book_column => '', hidden => '');

CREATE TABLE audit_logs_whole (LIKE audit_logs INCLUDING DEFAULTS);
INSERT INTO audit_logs_whole SELECT * FROM audit_logs;
ALTER TABLE audit_logs_whole DROP COLUMN about_id;
DROP TABLE audit_logs;
DROP FUNCTION app_is_operator();
DROP FUNCTION audit_months_state();
DROP FUNCTION audit_months_make(integer);
DROP FUNCTION audit_month_make(date);
DROP FUNCTION audit_part_close(regclass);

ALTER TABLE audit_logs_whole RENAME TO audit_logs;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);
CREATE INDEX audit_logs_user ON audit_logs (user_id, created_at DESC);
CREATE INDEX audit_logs_book ON audit_logs (book_id, created_at DESC);
CREATE INDEX audit_logs_resource ON audit_logs (resource_type, resource_id, created_at DESC);
CREATE UNIQUE INDEX audit_logs_month_key ON audit_logs (id, created_at);
ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_entries ON audit_logs FOR SELECT USING (user_id = (SELECT app_actor()));
CREATE POLICY owner_writes ON audit_logs FOR INSERT TO rupaya_owner WITH CHECK (true);
CREATE POLICY owner_reads ON audit_logs FOR SELECT TO rupaya_owner USING (true);
CREATE POLICY book_entries ON audit_logs FOR SELECT
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND book_id <> ALL ((SELECT app_books_veiled())::uuid[]));
REVOKE INSERT ON audit_logs FROM rupaya_user;
SELECT append_only('audit_logs', 'audit_logs_append_only');
