-- The log in months, by the time of the entry in UTC. What no month is there for goes to audit_logs_default, so that no
-- write is ever lost for want of one.
ALTER TABLE audit_logs ADD COLUMN about_id uuid;
ALTER TABLE audit_logs ALTER COLUMN action TYPE varchar(30);
DROP POLICY book_entries ON audit_logs;
DROP POLICY own_entries ON audit_logs;
DROP POLICY owner_reads ON audit_logs;
DROP POLICY owner_writes ON audit_logs;
DROP TRIGGER audit_logs_append_only ON audit_logs;
ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_pkey;
ALTER INDEX audit_logs_user RENAME TO audit_logs_first_user;
ALTER INDEX audit_logs_book RENAME TO audit_logs_first_book;
ALTER INDEX audit_logs_resource RENAME TO audit_logs_first_resource;
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_first_pkey PRIMARY KEY USING INDEX audit_logs_month_key;
ALTER TABLE audit_logs RENAME TO audit_logs_first;

CREATE TABLE audit_logs (LIKE audit_logs_first INCLUDING DEFAULTS) PARTITION BY RANGE (created_at);
ALTER TABLE audit_logs ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id, created_at);
CREATE INDEX audit_logs_user ON audit_logs (user_id, created_at DESC);
CREATE INDEX audit_logs_book ON audit_logs (book_id, created_at DESC);
CREATE INDEX audit_logs_resource ON audit_logs (resource_type, resource_id, created_at DESC);
-- Few entries are about a person, so only those pay for it.
CREATE INDEX audit_logs_about ON audit_logs (about_id, created_at DESC) WHERE about_id IS NOT NULL;

-- A month is reached through the log alone: what guards the log would not be asked by who named the month itself.
CREATE FUNCTION audit_part_close(part regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  EXECUTE format('REVOKE ALL ON %s FROM rupaya_user', part);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO rupaya_owner USING (true)', part);
  PERFORM append_only(part, 'audit_logs_append_only');
END
$$;

CREATE TABLE audit_logs_default (LIKE audit_logs INCLUDING DEFAULTS);
SELECT audit_part_close('audit_logs_default');
ALTER TABLE audit_logs ATTACH PARTITION audit_logs_default DEFAULT;

-- Makes a month, empty; its name, or NULL where it is there. Attached and not made in place: so it waits for no writer
-- of another month.
CREATE FUNCTION audit_month_make(month date) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  first_day timestamp := date_trunc('month', month::timestamp);
  part text := to_char(first_day, '"audit_logs_"YYYY_MM');
BEGIN
  IF to_regclass(format('public.%I', part)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_logs INCLUDING DEFAULTS)', part);
  PERFORM audit_part_close(format('public.%I', part)::regclass);
  EXECUTE format('ALTER TABLE public.audit_logs ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', part,
                 first_day AT TIME ZONE 'UTC', (first_day + interval '1 month') AT TIME ZONE 'UTC');
  RETURN part;
END
$$;

-- Makes this month and the next ones where they are missing; the names of the new ones. What the worker may call. A month
-- whose entries went to audit_logs_default already can't be made before they are moved, which is not done here.
CREATE FUNCTION audit_months_make(ahead integer) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
  made text;
BEGIN
  IF ahead NOT BETWEEN 0 AND 12 THEN
    RAISE EXCEPTION 'at most 12 months are made ahead'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_months_few', TABLE = 'audit_logs';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('audit_months_make', 0));
  FOR step IN 0..ahead LOOP
    BEGIN
      made := audit_month_make((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step))::date);
    EXCEPTION WHEN check_violation THEN
      made := NULL;
    END;
    IF made IS NOT NULL THEN
      RETURN NEXT made;
    END IF;
  END LOOP;
END
$$;

-- For whoever watches: how many months beyond this one are there, and how many entries no month was there for (10,000 at
-- most are counted).
CREATE FUNCTION audit_months_state() RETURNS TABLE (ahead integer, outside integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT (SELECT count(*)::integer FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'public.audit_logs'::regclass
             AND c.relname > to_char(now() AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM') AND c.relname ~ '^audit_logs_\d{4}_\d\d$'),
         (SELECT count(*)::integer FROM (SELECT FROM audit_logs_default LIMIT 10000) AS lost)
$$;
REVOKE EXECUTE ON FUNCTION audit_part_close(regclass), audit_month_make(date) FROM rupaya_user;

DO $$
DECLARE
  first_day timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  part text := to_char(first_day, '"audit_logs_"YYYY_MM');
  suffix text;
BEGIN
  EXECUTE format('ALTER TABLE audit_logs_first RENAME TO %I', part);
  FOREACH suffix IN ARRAY ARRAY['pkey', 'user', 'book', 'resource'] LOOP
    EXECUTE format('ALTER INDEX audit_logs_first_%s RENAME TO %I', suffix, part || '_' || suffix);
  END LOOP;
  PERFORM audit_part_close(part::regclass);
  EXECUTE format('ALTER TABLE audit_logs ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', part,
                 (first_day + interval '1 month') AT TIME ZONE 'UTC');
END
$$;
SELECT audit_months_make(3);

-- Whether the actor is staff and may still act. The table is asked, not the claim.
CREATE FUNCTION app_is_operator() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM accounts_user WHERE id = app_actor() AND is_staff AND is_active)
$$;

-- A person sees what they did, what was done to them, and what was done in their books; in a book of which an account is
-- hidden from them only what they did themselves. Who asks names one of these columns, which is what the index is found by.
ALTER TABLE audit_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY own_entries ON audit_logs FOR SELECT USING (user_id = (SELECT app_actor()));
CREATE POLICY about_entries ON audit_logs FOR SELECT USING (about_id = (SELECT app_actor()));
CREATE POLICY book_entries ON audit_logs FOR SELECT
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND book_id <> ALL ((SELECT app_books_veiled())::uuid[]));
CREATE POLICY operators_read ON audit_logs FOR SELECT USING ((SELECT app_is_operator()));
CREATE POLICY owner_reads ON audit_logs FOR SELECT TO rupaya_owner USING (true);
CREATE POLICY owner_writes ON audit_logs FOR INSERT TO rupaya_owner WITH CHECK (true);
REVOKE INSERT ON audit_logs FROM rupaya_user;
SELECT append_only('audit_logs', 'audit_logs_append_only');

-- As before, and the third argument: the column that holds whom a row without a book is about ('' for none).
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
                            changes, ip_address, user_agent, request_id, created_at, about_id)
    SELECT audit_entry_id(milliseconds), actor, kind, TG_OP, TG_TABLE_NAME, written ->> 'id', (written ->> TG_ARGV[0])::uuid,
           written - hidden, address, agent, request, moment, (written ->> TG_ARGV[2])::uuid
      FROM (SELECT jsonb_strip_nulls(to_jsonb(n)) AS written FROM new_rows n OFFSET 0) AS changed;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                            changes, ip_address, user_agent, request_id, created_at, about_id)
    SELECT audit_entry_id(milliseconds), actor, kind, TG_OP, TG_TABLE_NAME, gone ->> 'id', (gone ->> TG_ARGV[0])::uuid,
           gone - hidden, address, agent, request, moment, (gone ->> TG_ARGV[2])::uuid
      FROM (SELECT jsonb_strip_nulls(to_jsonb(o)) AS gone FROM old_rows o OFFSET 0) AS changed;
  ELSE
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                            changes, ip_address, user_agent, request_id, created_at, about_id)
    SELECT audit_entry_id(milliseconds), actor, kind, TG_OP, TG_TABLE_NAME, after ->> 'id', (after ->> TG_ARGV[0])::uuid,
           change, address, agent, request, moment, (after ->> TG_ARGV[2])::uuid
      FROM (SELECT coalesce(to_jsonb(n), to_jsonb(o)) AS after, audit_changes(
                     coalesce(to_jsonb(o), '{}') - hidden, coalesce(to_jsonb(n), '{}') - hidden) AS change
              FROM old_rows o FULL JOIN new_rows n ON n.id = o.id) AS changed
     WHERE change <> '{}';
  END IF;
  RETURN NULL;
END
$$;

-- Makes a table audited, or audited otherwise than before. `book_column` is '' where rows belong to no book,
-- `about_column` where they are about nobody.
DROP FUNCTION audit_table(regclass, text, text);
CREATE FUNCTION audit_table(audited regclass, book_column text, hidden text, about_column text DEFAULT '') RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  arguments text := format('audit_record(%L, %L)', book_column, hidden);
BEGIN
  IF about_column <> '' THEN
    arguments := format('audit_record(%L, %L, %L)', book_column, hidden, about_column);
  END IF;
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION %s', audited, arguments);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION %s', audited, arguments);
  EXECUTE format('CREATE OR REPLACE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION %s', audited, arguments);
  -- Statement triggers see no rows of a TRUNCATE: it is refused, not recorded.
  EXECUTE format('CREATE OR REPLACE TRIGGER truncate_refuse BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION append_only_refuse(%L)', audited, 'truncate_refused');
  EXECUTE format('REVOKE TRUNCATE ON %s FROM rupaya_user', audited);
END
$$;
REVOKE EXECUTE ON FUNCTION audit_table(regclass, text, text, text) FROM PUBLIC, rupaya_user;

SELECT audit_table('accounts_user', book_column => '', hidden => 'password,last_login', about_column => 'id');
SELECT audit_table('accounts_session', book_column => '', hidden => 'refresh_hash,last_used_at,rotated_at,counter',
                   about_column => 'user_id');
SELECT audit_table('accounts_user_groups', book_column => '', hidden => '', about_column => 'user_id');
SELECT audit_table('accounts_user_user_permissions', book_column => '', hidden => '', about_column => 'user_id');
SELECT audit_table('flags_flag_users', book_column => '', hidden => '', about_column => 'user_id');
