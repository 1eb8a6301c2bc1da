-- Written by tests/architecture/test_sql_objects.py: do not edit, refresh.

-- Functions

CREATE OR REPLACE FUNCTION public.accounts_login_attempt_clear(bucket_like text)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  WITH cleared AS (DELETE FROM accounts_login_attempt AS kept WHERE kept.bucket LIKE bucket_like RETURNING 1)
  SELECT count(*) FROM cleared
$function$;
CREATE OR REPLACE FUNCTION public.accounts_login_attempt_count(counted text, most integer, period_s integer)
 RETURNS TABLE(is_counted boolean, attempts integer, left_s integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM accounts_login_attempt AS old
   USING (SELECT bucket FROM accounts_login_attempt
           WHERE ends_at <= now() AND bucket <> counted ORDER BY ends_at LIMIT 10 FOR UPDATE SKIP LOCKED) AS over
   WHERE old.bucket = over.bucket;
  RETURN QUERY
    INSERT INTO accounts_login_attempt AS kept (bucket, attempts, ends_at)
    VALUES (counted, 1, clock_timestamp() + make_interval(secs => period_s))
    ON CONFLICT (bucket) DO UPDATE
       SET attempts = CASE WHEN kept.ends_at <= clock_timestamp() THEN 1 ELSE kept.attempts + 1 END,
           ends_at = CASE WHEN kept.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE kept.ends_at END
     WHERE kept.ends_at <= clock_timestamp() OR kept.attempts < most
    RETURNING true, kept.attempts, greatest(1, ceil(extract(epoch FROM kept.ends_at - clock_timestamp())))::integer;
  IF NOT FOUND THEN
    RETURN QUERY
      SELECT false, kept.attempts, greatest(1, ceil(extract(epoch FROM kept.ends_at - clock_timestamp())))::integer
        FROM accounts_login_attempt AS kept WHERE kept.bucket = counted;
  END IF;
  IF NOT FOUND THEN  -- support has cleared it between the two
    RETURN QUERY SELECT false, most, 1;
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.accounts_login_attempt_give_back(counted text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  UPDATE accounts_login_attempt SET attempts = attempts - 1 WHERE bucket = counted AND attempts > 0
$function$;
CREATE OR REPLACE FUNCTION public.accounts_login_attempts(bucket_like text)
 RETURNS TABLE(bucket text, attempts integer, left_s integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT kept.bucket, kept.attempts, greatest(1, ceil(extract(epoch FROM kept.ends_at - now())))::integer
    FROM accounts_login_attempt AS kept
   WHERE kept.bucket LIKE bucket_like AND kept.ends_at > now() AND kept.attempts > 0
   ORDER BY kept.bucket
$function$;
CREATE OR REPLACE FUNCTION public.accounts_session_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF OLD.revoked_at IS NOT NULL
     AND (NEW.revoked_at, NEW.revoked_reason) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_reason) THEN
    RAISE EXCEPTION 'session % is revoked and stays so', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'accounts_session_stays_revoked', TABLE = 'accounts_session';
  END IF;
  IF (NEW.id, NEW.user_id, NEW.created_at, NEW.expires_at)
     IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.created_at, OLD.expires_at) THEN
    RAISE EXCEPTION 'whose session % is, and from when to when, never changes', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'accounts_session_stays_whose', TABLE = 'accounts_session';
  END IF;
  IF NEW.counter < OLD.counter THEN
    RAISE EXCEPTION 'the counter of session % never falls', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'accounts_session_counter_grows', TABLE = 'accounts_session';
  END IF;
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.accounts_session_is_alive(session uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  RETURN EXISTS (
    SELECT FROM accounts_session AS s
      JOIN accounts_user AS u ON u.id = s.user_id
     WHERE s.id = session
       AND s.user_id = (SELECT app_actor())
       AND s.revoked_at IS NULL
       AND s.expires_at > now()
       AND u.is_active);
END
$function$;
CREATE OR REPLACE FUNCTION public.accounts_user_rights_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF pg_has_role(current_user, 'rupaya_owner', 'USAGE') THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.is_staff, NEW.is_superuser) = (OLD.is_staff, OLD.is_superuser) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'staff rights come from the owner of the schema'
    USING ERRCODE = '23514', CONSTRAINT = 'accounts_user_rights_from_owner', TABLE = 'accounts_user';
END
$function$;
CREATE OR REPLACE FUNCTION public.app_accounts_hidden()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT coalesce(array_agg(account_id), '{}')
    FROM ledger_account_visibility WHERE user_id = (SELECT app_actor()) AND visibility = 'hidden'
$function$;
CREATE OR REPLACE FUNCTION public.app_accounts_locked()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT coalesce(array_agg(account_id), '{}') FROM ledger_account_visibility WHERE user_id = (SELECT app_actor())
$function$;
CREATE OR REPLACE FUNCTION public.app_actor()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT nullif(current_setting('app.current_user_id', true), '')::uuid $function$;
CREATE OR REPLACE FUNCTION public.app_books(wanted text)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT ARRAY(
    SELECT book_id FROM ledger_member
     WHERE user_id = (SELECT app_actor())
       AND CASE wanted
             WHEN 'read' THEN true
             WHEN 'write' THEN role IN ('owner', 'editor')
             WHEN 'own' THEN role = 'owner'
           END)
$function$;
CREATE OR REPLACE FUNCTION public.app_books_veiled()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT coalesce(array_agg(DISTINCT book_id), '{}')
    FROM ledger_account_visibility WHERE user_id = (SELECT app_actor()) AND visibility = 'hidden'
$function$;
CREATE OR REPLACE FUNCTION public.app_is_operator()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT EXISTS (SELECT FROM accounts_user WHERE id = app_actor() AND is_staff AND is_active)
$function$;
CREATE OR REPLACE FUNCTION public.append_only(audited regclass, guard text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION append_only_refuse(%L)', guard, audited, guard);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM rupaya_user', audited);
END
$function$;
CREATE OR REPLACE FUNCTION public.append_only_refuse()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_ARGV[0] = 'audit_logs_append_only' AND current_setting('app.audit_erasing', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% on % is not allowed: it only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_changes(before jsonb, after jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(o.value, n.value)), '{}')
    FROM jsonb_each(before) o FULL JOIN jsonb_each(after) n USING (key)
   WHERE o.value IS DISTINCT FROM n.value
$function$;
CREATE OR REPLACE FUNCTION public.audit_entry_id(milliseconds bytea)
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
AS $function$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING milliseconds FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$function$;
CREATE OR REPLACE FUNCTION public.audit_erase(subjects uuid[])
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  many bigint;
  nobody uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  PERFORM set_config('app.audit_erasing', 'on', true);
  UPDATE audit_logs entry
     SET changes = CASE WHEN found.is_about THEN '{}' ELSE entry.changes END,
         ip_address = CASE WHEN found.is_by THEN NULL ELSE entry.ip_address END,
         user_agent = CASE WHEN found.is_by THEN '' ELSE entry.user_agent END
    FROM (SELECT e.id, e.created_at, audit_subject(e.book_id, e.about_id, e.user_id) = ANY (subjects) AS is_about,
                 coalesce(e.user_id, nobody) = ANY (subjects) AS is_by
            FROM audit_logs e JOIN audit_leaf leaf ON leaf.entry_id = e.id
           WHERE e.book_id = ANY (subjects) OR e.user_id = ANY (subjects)
              OR (e.book_id IS NULL AND audit_subject(e.book_id, e.about_id, e.user_id) = ANY (subjects))) found
   WHERE entry.id = found.id AND entry.created_at = found.created_at
     AND ((found.is_about AND entry.changes <> '{}')
          OR (found.is_by AND (entry.ip_address IS NOT NULL OR entry.user_agent <> '')));
  GET DIAGNOSTICS many = ROW_COUNT;
  PERFORM set_config('app.audit_erasing', '', true);
  RETURN many;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_event(event text, resource_kind text, resource text, book uuid, about uuid, details jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  actor uuid := app_actor();
  kind text := coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown');
  moment timestamptz := clock_timestamp();
  own_book uuid := CASE WHEN book IS NULL THEN NULL
                        WHEN book = ANY (app_books('read')) OR app_is_operator() THEN book END;
  refused integer;
  is_known boolean;
BEGIN
  IF (event = ANY (audit_event_actions())) IS NOT TRUE THEN
    RAISE EXCEPTION '% is no event', event
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_known', TABLE = 'audit_logs';
  ELSIF about <> actor AND NOT app_is_operator()
        OR actor IS NULL AND about IS NOT NULL AND event <> 'SIGN_IN_FAILED' THEN
    RAISE EXCEPTION 'an event of one person is not about another'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_about_whom', TABLE = 'audit_logs';
  ELSIF (resource_kind ~ '^[a-z_]{1,63}$' AND length(resource) <= 120
         AND jsonb_typeof(details) = 'object' AND octet_length(details::text) <= 4000) IS NOT TRUE THEN
    RAISE EXCEPTION 'an event is small: its resource is named, and its details are an object of at most 4000 bytes'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_event_small', TABLE = 'audit_logs';
  END IF;
  IF event = 'REFUSED' THEN
    FOR is_alone IN 0..1 LOOP
      SELECT count(*), bool_or(l.resource_type = resource_kind AND l.resource_id = resource AND l.changes = details)
        INTO refused, is_known
        FROM audit_logs AS l
       WHERE l.user_id = actor AND l.created_at > moment - interval '1 minute' AND l.action = event
         AND l.book_id IS NOT DISTINCT FROM own_book;
      IF is_known OR refused >= 20 THEN
        RETURN false;
      ELSIF is_alone = 0 THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('audit_event refused ' || actor, 0));
        moment := clock_timestamp();
      END IF;
    END LOOP;
  END IF;
  INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, ip_address,
                          user_agent, request_id, created_at, about_id)
  VALUES (audit_entry_id(substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3)), actor, kind, event,
          resource_kind, resource, own_book, details, nullif(current_setting('app.client_address', true), '')::inet,
          coalesce(current_setting('app.user_agent', true), ''), coalesce(current_setting('app.request_id', true), ''),
          moment, about);
  RETURN true;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_event_actions()
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  SELECT ARRAY['SIGN_UP', 'SIGN_IN', 'SIGN_IN_FAILED', 'SIGN_OUT', 'REFRESH_REPLAYED', 'PASSWORD_CHANGED', 'TOKEN_USED',
               'REFUSED', 'EXPORTED', 'PERSON_READ', 'STAFF_ACTED']
$function$;
CREATE OR REPLACE FUNCTION public.audit_key_once()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.key IS NOT NULL THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    IF OLD.key IS NOT NULL AND NEW.key IS NULL AND NEW.id = OLD.id AND OLD.id <> '00000000-0000-0000-0000-000000000000' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a key is made, and destroyed once; its row stays, and so does the key of nobody'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_key_once', TABLE = TG_TABLE_NAME;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_leaf_follows()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  first bigint;
  last bigint;
  many bigint;
BEGIN
  SELECT min(position), max(position), count(*) INTO first, last, many FROM new_rows;
  IF many > 0 AND (last - first + 1 <> many
                   OR first <> coalesce((SELECT position + 1 FROM audit_leaf WHERE position < first ORDER BY position DESC LIMIT 1), 0)
                   OR EXISTS (SELECT FROM audit_leaf WHERE position > last)) THEN
    RAISE EXCEPTION 'leaves follow one another'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_leaf_follows', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_logs_erased_only()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  payload text[] := ARRAY['changes', 'ip_address', 'user_agent'];
  is_erased boolean;
BEGIN
  is_erased := to_jsonb(NEW) - payload = to_jsonb(OLD) - payload
    AND EXISTS (SELECT FROM audit_leaf WHERE entry_id = OLD.id AND entry_created_at = OLD.created_at)
    AND (NEW.changes = OLD.changes
         OR (NEW.changes = '{}' AND EXISTS (SELECT FROM audit_key
                                         WHERE id = audit_subject(OLD.book_id, OLD.about_id, OLD.user_id) AND key IS NULL)))
    AND ((NEW.ip_address IS NOT DISTINCT FROM OLD.ip_address AND NEW.user_agent = OLD.user_agent)
         OR (NEW.ip_address IS NULL AND NEW.user_agent = ''
             AND EXISTS (SELECT FROM audit_key WHERE id = coalesce(OLD.user_id, '00000000-0000-0000-0000-000000000000')
                                                 AND key IS NULL)));
  IF is_erased IS NOT TRUE THEN
    RAISE EXCEPTION 'an entry is never changed; what a destroyed key encrypted is blanked once it is sealed'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_logs_erased_only', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_month_make(month date)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.audit_months_make(ahead integer)
 RETURNS SETOF text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET lock_timeout TO '2s'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.audit_months_state()
 RETURNS TABLE(ahead integer, outside integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT (SELECT count(*)::integer FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'public.audit_logs'::regclass
             AND c.relname > to_char(now() AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM') AND c.relname ~ '^audit_logs_\d{4}_\d\d$'),
         (SELECT count(*)::integer FROM (SELECT FROM audit_logs_default LIMIT 10000) AS lost)
$function$;
CREATE OR REPLACE FUNCTION public.audit_part_close(part regclass)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  EXECUTE format('REVOKE ALL ON %s FROM rupaya_user', part);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', part);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', part);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO rupaya_owner USING (true)', part);
  PERFORM backup_reads(part);
  PERFORM append_only(part, 'audit_logs_append_only');
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_person(person uuid, OUT is_known boolean, OUT is_active boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  SELECT account.is_active INTO is_active FROM accounts_user account WHERE account.id = person;
  is_known := FOUND OR EXISTS (SELECT FROM audit_logs WHERE resource_type = 'accounts_user' AND resource_id = person::text);
  is_active := coalesce(is_active, false);
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.audit_seal_follows()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  before audit_seal;
BEGIN
  SELECT * INTO before FROM audit_seal ORDER BY number DESC LIMIT 1;
  IF NEW.number <> coalesce(before.number, 0) + 1 OR NEW.size <= coalesce(before.size, 0)
     OR NEW.previous IS DISTINCT FROM before.head_hash OR NEW.head_hash <> sha256(convert_to(NEW.head, 'UTF8'))
     OR NEW.size <> (SELECT max(position) + 1 FROM audit_leaf) THEN
    RAISE EXCEPTION 'a seal follows the one before it, over all leaves'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_seal_follows', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_seal_lag(OUT unsealed_s double precision, OUT unanchored_s double precision)
 RETURNS record
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  seen pg_snapshot := (SELECT snapshot::pg_snapshot FROM audit_seal WHERE is_complete ORDER BY number DESC LIMIT 1);
  oldest timestamptz;
BEGIN
  IF seen IS NULL THEN
    SELECT created_at INTO oldest FROM audit_logs ORDER BY id LIMIT 1;
  ELSE
    SELECT min(created_at) INTO oldest FROM audit_logs entry
     WHERE written_in >= pg_snapshot_xmin(seen)::text::bigint
       AND NOT pg_visible_in_snapshot(written_in::text::xid8, seen)
       AND NOT EXISTS (SELECT FROM audit_leaf WHERE entry_id = entry.id);
  END IF;
  unsealed_s := coalesce(greatest(extract(epoch FROM now() - oldest), 0), 0);
  unanchored_s := (SELECT coalesce(greatest(extract(epoch FROM now() - min(sealed_at)), 0), 0) FROM audit_seal
                    WHERE number > coalesce((SELECT max(seal_id) FROM audit_anchor), 0));
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_subject(book_id uuid, about_id uuid, user_id uuid)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT coalesce(book_id, about_id, user_id, '00000000-0000-0000-0000-000000000000'::uuid) $function$;
CREATE OR REPLACE FUNCTION public.audit_table(audited regclass, book_column text, hidden text, about_column text DEFAULT ''::text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.backup_reads(kept regclass)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF to_regrole('rupaya_backup') IS NULL THEN
    RAISE EXCEPTION 'there is no role rupaya_backup: run deploy/postgres/init.sql again first'
      USING ERRCODE = 'undefined_object';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = kept AND polname = 'backup_reads') THEN
    EXECUTE format('CREATE POLICY backup_reads ON %s FOR SELECT TO rupaya_backup USING (true)', kept);
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.flags_audience_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.flags_change_begin(why text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  LOCK TABLE flags_change IN SHARE ROW EXCLUSIVE MODE;
  PERFORM set_config('app.change_reason', why, true);
END
$function$;
CREATE OR REPLACE FUNCTION public.flags_change_lock()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  LOCK TABLE flags_change IN SHARE ROW EXCLUSIVE MODE;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.flags_change_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.flags_name_stays()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RAISE EXCEPTION 'the name of a flag stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'flags_flag_name_stays';
END
$function$;
CREATE OR REPLACE FUNCTION public.flags_read(person uuid, known bigint, OUT generation bigint, OUT definitions jsonb, OUT read_at timestamp with time zone, OUT is_person boolean, OUT is_staff boolean, OUT group_ids bigint[], OUT flag_ids bigint[], OUT failure text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET lock_timeout TO '250ms'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_insert_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  made record;
BEGIN
  FOR made IN SELECT book_id, array_agg(id) AS ids, bool_or(closed_at IS NOT NULL) AS is_closing
                FROM new_rows GROUP BY book_id ORDER BY book_id LOOP
    PERFORM ledger_accounts_check(made.book_id, made.ids, made.is_closing);
    IF (SELECT count(*) FROM ledger_account WHERE book_id = made.book_id) > 2000 THEN
      PERFORM ledger_refuse('ledger_account_few', 'a book has at most 2,000 accounts');
    END IF;
  END LOOP;
  IF EXISTS (SELECT FROM new_rows a JOIN ledger_book b ON b.id = a.book_id
              WHERE a.type NOT IN ('asset', 'liability') AND a.currency <> b.base_currency) THEN
    PERFORM ledger_refuse('ledger_account_currency_fits', 'a category and equity are kept in the book''s currency');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_merge(book uuid, source uuid, target uuid, change uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  next_states jsonb;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  UPDATE ledger_account SET parent_id = target WHERE book_id = book AND parent_id = source;
  SELECT coalesce(jsonb_agg(
           to_jsonb(t) || jsonb_build_object(
             'account_id', CASE t.account_id WHEN source THEN target ELSE t.account_id END,
             'to_account_id', CASE t.to_account_id WHEN source THEN target ELSE t.to_account_id END,
             'postings', (
               SELECT jsonb_agg(to_jsonb(p) || jsonb_build_object(
                        'account_id', CASE p.account_id WHEN source THEN target ELSE p.account_id END) ORDER BY p.line)
                 FROM ledger_posting p
                WHERE p.transaction_id = t.id AND p.book_id = book AND p.retired_at IS NULL))), '[]')
    INTO next_states
    FROM ledger_transaction t
   WHERE t.book_id = book
     AND t.id IN (SELECT transaction_id FROM ledger_posting
                   WHERE book_id = book AND account_id = source AND retired_at IS NULL);
  PERFORM ledger_amend(book, change, next_states);
  UPDATE ledger_account SET merged_into_id = target, closed_at = coalesce(closed_at, clock_timestamp())
   WHERE book_id = book AND id = source;
  RETURN jsonb_array_length(next_states);
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_problem(book uuid, ids uuid[])
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT min(CASE
    WHEN parent.type <> a.type THEN 'ledger_account_parent_fits'
    WHEN parent.closed_at IS NOT NULL AND (a.closed_at IS NULL OR parent.merged_into_id IS NOT NULL)
      THEN 'ledger_account_parent_open'
    WHEN a.closed_at IS NULL THEN NULL
    WHEN EXISTS (SELECT FROM ledger_account child
                  WHERE child.book_id = book AND child.parent_id = a.id AND child.closed_at IS NULL)
      THEN 'ledger_account_children_closed'
    WHEN a.type IN ('asset', 'liability', 'equity')
         AND (SELECT sum(amount_minor) FROM ledger_month_total m WHERE m.book_id = book AND m.account_id = a.id) <> 0
      THEN 'ledger_account_closes_empty'
    WHEN a.merged_into_id IS NULL THEN NULL
    WHEN target.id = a.id OR (target.type, target.currency) <> (a.type, a.currency) OR target.closed_at IS NOT NULL
      THEN 'ledger_account_merge_fits'
    WHEN EXISTS (SELECT FROM ledger_statement s WHERE s.book_id = book AND s.account_id = a.id)
      THEN 'ledger_account_merge_without_statements'
    WHEN EXISTS (SELECT FROM ledger_posting p
                  WHERE p.book_id = book AND p.account_id = a.id AND p.retired_at IS NULL)
      THEN 'ledger_account_merge_whole'
  END)
    FROM ledger_account a
    LEFT JOIN ledger_account parent ON parent.book_id = book AND parent.id = a.parent_id
    LEFT JOIN ledger_account target ON target.book_id = book AND target.id = a.merged_into_id
   WHERE a.book_id = book AND a.id = ANY (ids)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_update_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  moved record;
BEGIN
  IF EXISTS (SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
              WHERE o.merged_into_id IS NOT NULL AND n.merged_into_id IS DISTINCT FROM o.merged_into_id) THEN
    PERFORM ledger_refuse('ledger_account_merged_stays_closed', 'a merged account stays merged');
  END IF;
  FOR moved IN SELECT n.book_id, array_agg(n.id) AS ids, bool_or(n.closed_at IS NOT NULL) AS is_closing
                 FROM old_rows o JOIN new_rows n ON n.id = o.id
                WHERE (n.parent_id, n.closed_at, n.merged_into_id)
                      IS DISTINCT FROM (o.parent_id, o.closed_at, o.merged_into_id)
                GROUP BY n.book_id ORDER BY n.book_id LOOP
    PERFORM ledger_accounts_check(moved.book_id, moved.ids, moved.is_closing);
  END LOOP;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_visibility_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows ORDER BY 1) b;
  IF EXISTS (SELECT FROM new_rows n JOIN ledger_member m ON m.book_id = n.book_id AND m.user_id = n.user_id
              WHERE m.role = 'owner') THEN
    PERFORM ledger_refuse('ledger_account_visibility_of_owner', 'an owner sees everything');
  END IF;
  IF EXISTS (SELECT FROM new_rows n JOIN ledger_account a ON a.book_id = n.book_id AND a.id = n.account_id
              WHERE a.type NOT IN ('asset', 'liability')) THEN
    PERFORM ledger_refuse('ledger_account_visibility_of_money', 'only an account that holds or owes money can be hidden');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_writable()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  locked uuid[] := app_accounts_locked();
  is_locked boolean := false;
BEGIN
  IF locked = '{}' THEN
    RETURN NULL;
  ELSIF TG_TABLE_NAME = 'ledger_account' THEN
    is_locked := EXISTS (SELECT FROM touched WHERE id = ANY (locked));
  ELSIF TG_TABLE_NAME = 'ledger_transaction' THEN
    is_locked := EXISTS (SELECT FROM touched WHERE account_id = ANY (locked) OR to_account_id = ANY (locked));
  ELSE
    is_locked := EXISTS (SELECT FROM touched WHERE account_id = ANY (locked));
  END IF;
  IF is_locked THEN
    PERFORM ledger_refuse('ledger_account_writable', 'the account is one that the actor may only read');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_accounts_below(ids uuid[])
 RETURNS TABLE(book_id uuid, id uuid)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  WITH RECURSIVE below AS (
    SELECT a.book_id, a.id, 1 AS depth FROM ledger_account a WHERE a.id = ANY (ids)
    UNION ALL
    SELECT child.book_id, child.id, below.depth + 1
      FROM below JOIN ledger_account child ON child.book_id = below.book_id AND child.parent_id = below.id
     WHERE below.depth <= 10
  )
  SELECT below.book_id, below.id FROM below WHERE below.depth > 1
$function$;
CREATE OR REPLACE FUNCTION public.ledger_accounts_check(book uuid, ids uuid[], is_closing boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  problem text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM ledger_refuse('ledger_account_seen', 'what others did while this waited must be seen: use READ COMMITTED');
  END IF;
  IF is_closing THEN
    PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book));
  END IF;
  PERFORM pg_advisory_xact_lock(ledger_chart_lock(book));
  problem := coalesce(ledger_account_problem(book, ids), ledger_tree_problem(book));
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'the chart of accounts would not be right');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_amend(book uuid, change uuid, transactions jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  moment timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  moment := clock_timestamp();
  IF (SELECT count(*) FROM jsonb_to_recordset(transactions) AS i (id uuid)
        JOIN ledger_transaction t ON t.id = i.id AND t.book_id = book) <> jsonb_array_length(transactions) THEN
    PERFORM ledger_refuse('ledger_transaction_in_book', 'the book has no such transaction');
  END IF;
  WITH item AS MATERIALIZED (
    SELECT i.*, t.version, t.first_line, block.last_line,
           greatest(moment, t.changed_at) AS at  -- a clock set back must not make time run backwards here
      FROM jsonb_to_recordset(transactions)
             AS i (id uuid, date date, type text, description text, account_id uuid, to_account_id uuid,
                   amount_minor bigint, payee text, notes text, tags text[], status text, is_reconciled boolean,
                   postings jsonb)
      JOIN ledger_transaction t ON t.id = i.id AND t.book_id = book
     CROSS JOIN LATERAL (
       SELECT max(p.line) AS last_line
         FROM ledger_posting p WHERE p.transaction_id = i.id AND p.book_id = book) block
  ), kept AS (
    INSERT INTO ledger_transaction_version (transaction_id, version, book_id, date, type, description, payee, notes, tags,
           status, is_reconciled, account_id, to_account_id, amount_minor, change_id, changed_at, changed_by,
           first_line, last_line)
    SELECT t.id, t.version, t.book_id, t.date, t.type, t.description, t.payee, t.notes, t.tags,
           t.status, t.is_reconciled, t.account_id, t.to_account_id, t.amount_minor, t.change_id, t.changed_at, t.changed_by,
           t.first_line, item.last_line
      FROM item JOIN ledger_transaction t ON t.id = item.id AND t.book_id = book
  ), header AS (
    UPDATE ledger_transaction t
       SET date = item.date, type = item.type, description = item.description, payee = item.payee, notes = item.notes,
           tags = item.tags, status = item.status, is_reconciled = item.is_reconciled, account_id = item.account_id,
           to_account_id = item.to_account_id, amount_minor = item.amount_minor, version = item.version + 1,
           first_line = CASE WHEN item.postings IS NULL THEN item.first_line ELSE item.last_line + 1 END,
           change_id = change, changed_at = item.at, changed_by = app_actor()
      FROM item
     WHERE t.id = item.id AND t.book_id = book
  ), retired AS (
    UPDATE ledger_posting p SET retired_at = item.at
      FROM item
     WHERE p.transaction_id = item.id AND p.retired_at IS NULL
       AND (item.postings IS NOT NULL OR item.status = 'void')
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at)
  SELECT book, item.id, item.last_line + leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor), item.at
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
   WHERE item.postings IS NOT NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_attachment_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.id = NEW.transaction_id AND t.book_id = NEW.book_id) THEN
    PERFORM ledger_refuse('ledger_attachment_in_book', 'the book has no such transaction');
  END IF;
  PERFORM ledger_attachment_writable(NEW.transaction_id);
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_attachment_orphans(keys text[])
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT key FROM unnest(keys) AS key
   WHERE NOT EXISTS (SELECT FROM ledger_attachment a WHERE a.storage_key = key)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_attachment_purge(rows_max integer)
 RETURNS SETOF text
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  DELETE FROM ledger_attachment
   WHERE id IN (SELECT id FROM ledger_attachment
                 WHERE removed_at < now() - interval '30 days'
                 ORDER BY removed_at, id
                 LIMIT least(rows_max, 1000))
  RETURNING storage_key
$function$;
CREATE OR REPLACE FUNCTION public.ledger_attachment_removal()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL THEN
    PERFORM ledger_refuse('ledger_attachment_removed_once', 'an attachment is removed once, and stays removed');
  END IF;
  PERFORM ledger_attachment_writable(NEW.transaction_id);
  NEW.removed_at := now();
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_attachment_writable(transaction_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  locked uuid[] := app_accounts_locked();
BEGIN
  IF locked <> '{}' AND EXISTS (SELECT FROM ledger_transaction t
                                 WHERE t.id = ledger_attachment_writable.transaction_id
                                   AND (t.account_id = ANY (locked) OR t.to_account_id = ANY (locked))) THEN
    PERFORM ledger_refuse('ledger_account_writable', 'the transaction is of an account that the actor may only read');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_balances(book uuid, until date)
 RETURNS TABLE(account_id uuid, base_minor bigint)
 LANGUAGE plpgsql
 STABLE ROWS 100
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
BEGIN
  IF book <> ALL (app_books_veiled()) THEN
    RETURN QUERY SELECT * FROM ledger_balances_unveiled(book, until);
  ELSE
    RETURN QUERY
    SELECT account_id, sum(base_minor)::bigint
      FROM ledger_posting_shown
     WHERE book_id = book AND retired_at IS NULL AND date <= until
     GROUP BY 1;
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_balances_unveiled(book uuid, until date)
 RETURNS TABLE(account_id uuid, base_minor bigint)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER ROWS 100
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
DECLARE
  ends_before date := until + 1;
  nearest date := date_trunc('month', ends_before + 15)::date;
  sign integer := CASE WHEN nearest < ends_before THEN 1 ELSE -1 END;
BEGIN
  IF book <> ALL (app_books('read')) OR book = ANY (app_books_veiled()) THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT account.id, (coalesce(total.minor, 0) + sign * coalesce(tail.minor, 0))::bigint
    FROM ledger_account account
    LEFT JOIN (
      SELECT account_id, sum(base_minor) AS minor
        FROM ledger_month_total
       WHERE book_id = book AND month < nearest
       GROUP BY 1) total ON total.account_id = account.id
   CROSS JOIN LATERAL (
      SELECT sum(p.base_minor) AS minor
        FROM ledger_posting p
       WHERE p.book_id = book AND p.account_id = account.id AND p.retired_at IS NULL
         AND p.date >= least(nearest, ends_before) AND p.date < greatest(nearest, ends_before)) tail
   WHERE account.book_id = book AND coalesce(total.minor, tail.minor) IS NOT NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_book_currency_set(book uuid, wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM ledger_book_own(book);
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  IF EXISTS (SELECT FROM ledger_transaction WHERE book_id = book)
     OR EXISTS (SELECT FROM ledger_statement WHERE book_id = book) THEN
    PERFORM ledger_refuse('ledger_book_currency_settled', 'money was written in the book''s currency');
  END IF;
  UPDATE ledger_account a SET currency = wanted
   WHERE a.book_id = book
     AND (a.type NOT IN ('asset', 'liability')
          OR a.created_at = (SELECT min(first.created_at) FROM ledger_account first WHERE first.book_id = book));
  UPDATE ledger_book SET base_currency = wanted WHERE id = book;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_book_open(book uuid, member uuid, name text, currency text, zone text, fiscal_month integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF app_actor() IS NULL THEN
    RAISE EXCEPTION 'a book needs somebody to own it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_book_has_owner', TABLE = 'ledger_book';
  END IF;
  INSERT INTO ledger_book (id, name, base_currency, time_zone, fiscal_year_start_month)
  VALUES (book, name, currency, zone, fiscal_month);
  INSERT INTO ledger_member (id, book_id, user_id, role) VALUES (member, book, app_actor(), 'owner');
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_book_own(book uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF (book = ANY (app_books('own'))) IS NOT TRUE THEN
    PERFORM ledger_refuse('ledger_book_owners_only', 'only an owner of the book may do this');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_book_time_zone_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.time_zone) THEN
    PERFORM ledger_refuse('ledger_book_time_zone', 'there is no such time zone');
  END IF;
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_change_once_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT book_id, change_id, count(*) AS made FROM new_rows GROUP BY book_id, change_id) n
     WHERE (SELECT count(*) FROM ledger_transaction t
             WHERE t.change_id = n.change_id AND t.book_id IS NOT DISTINCT FROM n.book_id) > n.made
        OR EXISTS (SELECT FROM ledger_transaction_version v
                    WHERE v.change_id = n.change_id AND v.book_id IS NOT DISTINCT FROM n.book_id)) THEN
    PERFORM ledger_refuse('ledger_change_once', 'a change is what one statement made');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_change_reach(book uuid, change uuid, OUT standing integer, OUT is_superseded boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  IF book <> ALL (app_books('write')) THEN
    standing := 0;
    is_superseded := false;
    RETURN;
  END IF;
  -- The book in a form that no index takes: plans made for small tables walked the whole book.
  standing := (SELECT count(*) FROM ledger_transaction t
                WHERE t.change_id = change AND t.book_id IS NOT DISTINCT FROM book);
  is_superseded := EXISTS (SELECT FROM ledger_transaction_version v
                            WHERE v.change_id = change AND v.book_id IS NOT DISTINCT FROM book);
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_chart_lock(book uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT hashtextextended('ledger_chart:' || book::text, 0) $function$;
CREATE OR REPLACE FUNCTION public.ledger_delete_refuse()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM ledger_refuse(TG_ARGV[0], format('%s on %s is not allowed: nothing is forgotten', TG_OP, TG_TABLE_NAME));
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_external_ids_veiled(book uuid, accounts uuid[], names text[])
 RETURNS TABLE(account_id uuid, external_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT t.external_account_id, t.external_id
    FROM unnest(accounts, names) AS k (account_id, name)
    JOIN ledger_transaction t ON t.book_id = book AND t.external_account_id = k.account_id AND t.external_id = k.name
   WHERE book = ANY ((SELECT app_books('write'))::uuid[])
     AND k.account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
     AND (t.account_id = ANY ((SELECT app_accounts_hidden())::uuid[])
          OR t.to_account_id = ANY ((SELECT app_accounts_hidden())::uuid[]))
$function$;
CREATE OR REPLACE FUNCTION public.ledger_header_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  problem text;
BEGIN
  SELECT min(CASE
      WHEN n.version > 1000
        AND ((n.status = 'void') = (o.status = 'void') OR n.version > CASE n.status WHEN 'void' THEN 1101 ELSE 1100 END)
        THEN 'ledger_transaction_versions_few'
      ELSE ledger_header_problem(n.type, n.origin, n.status, n.to_account_id, n.tags) END)
    INTO problem
    FROM new_rows n JOIN old_rows o ON o.id = n.id;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'after 1,000 versions a transaction becomes void or is restored; it says what a new one may say');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_header_problem(type text, origin text, status text, to_account_id uuid, tags character varying[])
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE
    WHEN type NOT IN ('income', 'expense', 'transfer') THEN 'ledger_transaction_type'
    WHEN origin NOT IN ('manual', 'statement', 'opening', 'adjustment') THEN 'ledger_transaction_origin'
    WHEN status NOT IN ('pending', 'posted', 'void') THEN 'ledger_transaction_status'
    WHEN (type = 'transfer') <> (to_account_id IS NOT NULL) THEN 'ledger_transaction_transfer_has_target'
    WHEN cardinality(tags) > 20 THEN 'ledger_transaction_tags_few'
    WHEN ('' <> ALL (tags)) IS NOT TRUE OR array_ndims(tags) > 1 THEN 'ledger_transaction_tags_said'
  END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_idempotency_claim(claimed text, at timestamp with time zone)
 RETURNS TABLE(fingerprint bytea, status smallint, headers jsonb, body bytea)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET lock_timeout TO '4s'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(app_actor() || ' ' || claimed, 13));
  RETURN QUERY SELECT kept.fingerprint, kept.status, kept.headers, kept.body
                 FROM ledger_idempotency_key AS kept
                WHERE kept.user_id = app_actor() AND kept.key = claimed
                  AND kept.created_at > least(at, now()) - interval '24 hours';
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_idempotency_claim(claimed text, print bytea, at timestamp with time zone)
 RETURNS TABLE(is_claimed boolean, is_same boolean, status smallint, headers jsonb, body bytea)
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET lock_timeout TO '4s'
AS $function$
BEGIN
  INSERT INTO ledger_idempotency_key AS kept (user_id, key, fingerprint, created_at)
  VALUES (app_actor(), claimed, print, at)
  ON CONFLICT (user_id, key) DO UPDATE
     SET fingerprint = excluded.fingerprint, created_at = excluded.created_at,
         status = NULL, headers = NULL, body = NULL
   WHERE kept.created_at <= least(excluded.created_at, now()) - interval '24 hours';
  IF FOUND THEN
    RETURN QUERY SELECT true, true, NULL::smallint, NULL::jsonb, NULL::bytea;
  ELSE
    RETURN QUERY SELECT false, kept.fingerprint = print, kept.status, kept.headers, kept.body
                   FROM ledger_idempotency_key AS kept
                  WHERE kept.user_id = app_actor() AND kept.key = claimed;
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_idempotency_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF OLD.status IS NULL AND NEW.status IS NOT NULL
     AND (NEW.user_id, NEW.key, NEW.fingerprint, NEW.created_at)
       = (OLD.user_id, OLD.key, OLD.fingerprint, OLD.created_at) THEN
    RETURN NEW;
  END IF;
  IF OLD.created_at <= now() - interval '24 hours'
     AND NEW.created_at > OLD.created_at AND (NEW.user_id, NEW.key) = (OLD.user_id, OLD.key) THEN
    RETURN NEW;
  END IF;
  PERFORM ledger_refuse('ledger_idempotency_key_answered_once', 'the answer to a request does not change');
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_idempotency_purge(rows_max integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  purged integer;
BEGIN
  DELETE FROM ledger_idempotency_key AS kept
   USING (SELECT user_id, key FROM ledger_idempotency_key
           WHERE created_at <= now() - interval '24 hours'
           ORDER BY created_at LIMIT rows_max
             FOR UPDATE SKIP LOCKED) AS old
   WHERE kept.user_id = old.user_id AND kept.key = old.key;
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_instant(moment timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $function$;
CREATE OR REPLACE FUNCTION public.ledger_invitation_accept(hash bytea)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  accepted ledger_invitation;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book_id)) FROM ledger_invitation WHERE token_hash = hash;
  accepted := ledger_invitation_for_actor(hash);
  UPDATE ledger_invitation SET accepted_at = now(), accepted_by_id = app_actor()
   WHERE id = accepted.id AND accepted_at IS NULL AND revoked_at IS NULL;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_invitation_once', 'the invitation was used');
  END IF;
  INSERT INTO ledger_member (id, book_id, user_id, role)
  VALUES (rupaya_uuid7(), accepted.book_id, app_actor(), accepted.role);
  RETURN accepted.book_id;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_invitation_for_actor(hash bytea)
 RETURNS ledger_invitation
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  found_one ledger_invitation;
BEGIN
  SELECT * INTO found_one FROM ledger_invitation WHERE token_hash = hash;
  IF found_one.id IS NULL THEN
    PERFORM ledger_refuse('ledger_invitation_exists', 'there is no such invitation');
  ELSIF NOT EXISTS (SELECT FROM accounts_user WHERE id = app_actor() AND lower(email) = lower(found_one.email)) THEN
    PERFORM ledger_refuse('ledger_invitation_addressee', 'the invitation was sent to another address');
  ELSIF found_one.book_id = ANY (app_books('read')) THEN
    PERFORM ledger_refuse('ledger_invitation_to_stranger', 'the book has this member');
  ELSIF found_one.accepted_at IS NOT NULL THEN
    PERFORM ledger_refuse('ledger_invitation_once', 'the invitation was used');
  ELSIF found_one.revoked_at IS NOT NULL THEN
    PERFORM ledger_refuse('ledger_invitation_stands', 'the invitation was withdrawn');
  ELSIF found_one.expires_at <= now() THEN
    PERFORM ledger_refuse('ledger_invitation_in_time', 'the invitation has expired');
  END IF;
  RETURN found_one;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_invitation_open(invitation uuid, book uuid, address text, wanted text, hash bytea)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  PERFORM ledger_book_own(book);
  IF EXISTS (SELECT FROM ledger_member m JOIN accounts_user u ON u.id = m.user_id
              WHERE m.book_id = book AND lower(u.email) = lower(address)) THEN
    PERFORM ledger_refuse('ledger_invitation_to_stranger', 'the book has this member');
  END IF;
  UPDATE ledger_invitation SET revoked_at = now()
   WHERE book_id = book AND lower(email) = lower(address) AND accepted_at IS NULL AND revoked_at IS NULL;
  IF (SELECT count(*) FILTER (WHERE accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()) >= 20
             OR count(*) FILTER (WHERE created_at > now() - interval '1 day') >= 50
        FROM ledger_invitation WHERE book_id = book) THEN
    PERFORM ledger_refuse('ledger_invitation_at_most', 'the book has sent as many invitations as it may');
  END IF;
  INSERT INTO ledger_invitation (id, book_id, email, role, token_hash, invited_by_id, created_at, expires_at)
  VALUES (invitation, book, address, wanted, hash, app_actor(), now(), now() + interval '7 days');
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_invitation_revoke(book uuid, invitation uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  PERFORM ledger_book_own(book);
  UPDATE ledger_invitation SET revoked_at = now()
   WHERE id = invitation AND book_id = book AND accepted_at IS NULL AND revoked_at IS NULL;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_invitation_exists', 'there is no such invitation');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_invitation_show(hash bytea)
 RETURNS TABLE(book_name text, inviter text, role text, expires_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT b.name, u.full_name, i.role, i.expires_at
    FROM ledger_invitation_for_actor(hash) i
    JOIN ledger_book b ON b.id = i.book_id
    JOIN accounts_user u ON u.id = i.invited_by_id
$function$;
CREATE OR REPLACE FUNCTION public.ledger_leg_problem(type text, status text, first_line smallint, day date, account_id uuid, to_account_id uuid, amount_minor bigint, line smallint, leg_date date, leg_account uuid, leg_type text, leg_minor bigint)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE
    WHEN type IS NULL THEN '1 ledger_posting_has_transaction'
    WHEN status = 'void' THEN '2 ledger_transaction_void_counts_nothing'
    WHEN line < first_line THEN '4 ledger_transaction_whole'
    WHEN leg_date <> day THEN '5 ledger_posting_date_fits'
    WHEN leg_type IN ('income', 'expense') THEN CASE WHEN leg_type <> type THEN '6 ledger_transaction_legs_fit' END
    WHEN CASE leg_account
           WHEN account_id THEN leg_minor <> CASE type WHEN 'income' THEN amount_minor ELSE -amount_minor END
           WHEN to_account_id THEN leg_minor < 0
           ELSE true
         END THEN '7 ledger_transaction_header_fits'
  END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_legs_problem(type text, first_line smallint, legs bigint, high smallint, own bigint, base_total numeric, total numeric, first_currency text, last_currency text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE
    WHEN legs < 2 OR base_total <> 0 OR (total <> 0 AND first_currency = last_currency) THEN '3 ledger_transaction_balanced'
    WHEN high - first_line + 1 <> legs THEN '4 ledger_transaction_whole'
    WHEN own <> CASE type WHEN 'transfer' THEN 2 ELSE 1 END THEN '6 ledger_transaction_legs_fit'
  END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_major(minor bigint, currency text)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT trim_scale(minor * CASE WHEN currency IN ('KWD', 'BHD', 'OMR') THEN 0.001 WHEN currency = 'JPY' THEN 1 ELSE 0.01 END)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_member_keeps_owner()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  book uuid;
BEGIN
  FOR book IN SELECT DISTINCT book_id FROM old_rows WHERE role = 'owner' ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
    PERFORM FROM ledger_member WHERE book_id = book AND role = 'owner' LIMIT 1 FOR SHARE;
    IF NOT FOUND THEN
      PERFORM ledger_refuse('ledger_book_keeps_owner', 'a book always has an owner');
    END IF;
  END LOOP;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_member_limits()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows ORDER BY 1) b;
  PERFORM pg_advisory_xact_lock(ledger_person_lock(user_id)) FROM (SELECT DISTINCT user_id FROM new_rows ORDER BY 1) p;
  IF EXISTS (SELECT FROM ledger_member WHERE book_id IN (SELECT book_id FROM new_rows)
              GROUP BY book_id HAVING count(*) > 20) THEN
    PERFORM ledger_refuse('ledger_member_at_most', 'the book has as many members as it may');
  END IF;
  IF EXISTS (SELECT FROM ledger_member WHERE user_id IN (SELECT user_id FROM new_rows)
              GROUP BY user_id HAVING count(*) > 100 OR count(*) FILTER (WHERE role = 'owner') > 20) THEN
    PERFORM ledger_refuse('ledger_book_at_most', 'the person has as many books as one may');
  END IF;
  DELETE FROM ledger_account_visibility v USING new_rows n
   WHERE v.book_id = n.book_id AND v.user_id = n.user_id AND n.role = 'owner';
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_member_lock(book uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT hashtextextended('ledger_member:' || book::text, 0) $function$;
CREATE OR REPLACE FUNCTION public.ledger_member_remove(book uuid, person uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  IF person IS DISTINCT FROM app_actor() THEN
    PERFORM ledger_book_own(book);
  END IF;
  DELETE FROM ledger_member WHERE book_id = book AND user_id = person;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_member_exists', 'the book has no such member');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_member_role_set(book uuid, person uuid, wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  PERFORM ledger_book_own(book);
  UPDATE ledger_member SET role = wanted WHERE book_id = book AND user_id = person;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_member_exists', 'the book has no such member');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_ownership_transfer(book uuid, person uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  PERFORM ledger_book_own(book);
  IF person = app_actor() THEN
    PERFORM ledger_refuse('ledger_ownership_moves', 'the book is the actor''s already');
  END IF;
  IF NOT EXISTS (SELECT FROM ledger_member WHERE book_id = book AND user_id = person) THEN
    PERFORM ledger_refuse('ledger_member_exists', 'the book has no such member');
  END IF;
  UPDATE ledger_member SET role = CASE user_id WHEN person THEN 'owner' ELSE 'editor' END
   WHERE book_id = book AND user_id IN (person, app_actor());
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_period_close()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF OLD.closed_until IS NOT NULL AND (NEW.closed_until IS NULL OR NEW.closed_until < OLD.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_only_closes', 'a closed period stays closed');
  END IF;
  PERFORM pg_advisory_xact_lock(ledger_period_lock(NEW.id));
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_period_lock(book uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT pg_catalog.hashtextextended('ledger_period:' || book::text, 0) $function$;
CREATE OR REPLACE FUNCTION public.ledger_person_lock(person uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT hashtextextended('ledger_person:' || person::text, 0) $function$;
CREATE OR REPLACE FUNCTION public.ledger_post(book uuid, transactions jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(transactions)
      AS t (id uuid, date date, type text, origin text, description text, account_id uuid, to_account_id uuid,
            amount_minor bigint, change_id uuid, payee text, notes text, tags text[], status text, is_reconciled boolean,
            external_id text, postings jsonb)
  ), header AS (
    INSERT INTO ledger_transaction (id, book_id, date, type, origin, description, account_id, to_account_id, amount_minor,
                                    change_id, payee, notes, tags, status, is_reconciled, external_id, external_account_id)
    SELECT id, book, date, type, origin, description, account_id, to_account_id, amount_minor, coalesce(change_id, id),
           coalesce(payee, ''), coalesce(notes, ''), coalesce(tags, '{}'), coalesce(status, 'posted'),
           coalesce(is_reconciled, false), external_id, CASE WHEN external_id IS NOT NULL THEN account_id END
      FROM item
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)
  SELECT book, item.id, leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor)
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_posting_insert_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  problem text;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  -- Sums are made first and judged outside: so the judging function is written into the query and not called.
  SELECT min(least(whole.problem,
                   ledger_legs_problem(whole.type, whole.first_line, whole.legs, whole.high, whole.own, whole.base_total,
                                       whole.total, whole.first_currency, whole.last_currency)))
    INTO problem
    FROM (
      SELECT t.type, t.first_line,
             min(CASE
               WHEN p.account_id = ANY (ARRAY(SELECT v.account_id FROM ledger_account_visibility v
                                               WHERE v.user_id = (SELECT app_actor())))
                 THEN '0 ledger_account_writable'
               WHEN t.book_id <> p.book_id THEN '1 ledger_posting_has_transaction'
               ELSE coalesce(
                 ledger_leg_problem(t.type, t.status, t.first_line, t.date, t.account_id, t.to_account_id, t.amount_minor,
                                    p.line, p.date, p.account_id, a.type, p.amount_minor),
                 CASE WHEN a.closed_at IS NOT NULL THEN '8 ledger_account_open'
                      WHEN p.date <= b.closed_until THEN '8 ledger_period_open'
                      WHEN p.amount_minor <> p.base_minor AND p.currency = b.base_currency
                        THEN '8 ledger_posting_base_equals_amount'
                      WHEN p.recorded_at <> t.changed_at THEN '8 ledger_posting_recorded_then' END) END) AS problem,
             count(*) AS legs, max(p.line) AS high, count(*) FILTER (WHERE a.type NOT IN ('income', 'expense')) AS own,
             sum(p.base_minor) AS base_total, sum(p.amount_minor) AS total,
             min(p.currency) AS first_currency, max(p.currency) AS last_currency
        FROM new_rows p
        JOIN ledger_account a ON a.id = p.account_id
        JOIN ledger_book b ON b.id = p.book_id
        -- By the key alone: asked for the book too, a plan of a young ledger reads the book's whole index for each leg.
        LEFT JOIN ledger_transaction t ON t.id = p.transaction_id
       GROUP BY t.id) whole;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(substr(problem, 3), 'the postings are not what a transaction may be');
  END IF;
  INSERT INTO ledger_month_total AS total (book_id, account_id, month, amount_minor, base_minor)
  SELECT book_id, account_id, date_trunc('month', date::timestamp)::date, sum(amount_minor), sum(base_minor)
    FROM new_rows
   GROUP BY 1, 2, 3
   ORDER BY 1, 2, 3  -- concurrent writers meet in one order, so none waits for another in a circle
  ON CONFLICT (book_id, account_id, month) DO UPDATE
    SET amount_minor = total.amount_minor + excluded.amount_minor,
        base_minor = total.base_minor + excluded.base_minor;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_posting_retire_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE retired_at IS NOT NULL) OR EXISTS (SELECT FROM new_rows WHERE retired_at IS NULL)
     OR EXISTS (
       SELECT book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at FROM old_rows
       EXCEPT
       SELECT book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at FROM new_rows
     ) THEN
    PERFORM ledger_refuse('ledger_posting_append_only', 'of a posting only its retirement is written, once');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_book b ON b.id = p.book_id WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
              WHERE a.closed_at IS NOT NULL AND a.type IN ('asset', 'liability', 'equity')) THEN
    PERFORM ledger_refuse('ledger_account_open', 'a closed account holds nothing, and what it held does not change');
  END IF;
  PERFORM ledger_transactions_check((SELECT array_agg(DISTINCT transaction_id) FROM new_rows));
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_transaction t ON t.id = p.transaction_id WHERE p.retired_at <> t.changed_at) THEN
    PERFORM ledger_refuse('ledger_posting_recorded_then', 'a posting retires at the instant of the change');
  END IF;
  UPDATE ledger_month_total total
     SET amount_minor = total.amount_minor - gone.amount_minor, base_minor = total.base_minor - gone.base_minor
    FROM (
      SELECT book_id, account_id, date_trunc('month', date)::date AS month,
             sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor
        FROM new_rows
       GROUP BY 1, 2, 3) gone
   WHERE total.book_id = gone.book_id AND total.account_id = gone.account_id AND total.month = gone.month;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_refuse(guard text, sentence text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RAISE EXCEPTION '%', sentence USING ERRCODE = 'check_violation', CONSTRAINT = guard;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_discarded()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM ledger_account a USING old_rows s
   WHERE a.id = s.account_id AND a.book_id = s.book_id AND a.opened_by_upload;
  RETURN NULL;
EXCEPTION WHEN foreign_key_violation THEN
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_draft_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows WHERE posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_begins_as_draft', 'a statement begins as a draft');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_posted_stays', 'a posted statement does not change');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_line_draft_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows line JOIN ledger_statement s ON s.book_id = line.book_id AND s.id = line.statement_id
              WHERE s.posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_posted_stays', 'a posted statement gets no more rows');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_line_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE transaction_id IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_line_posted_stays', 'a posted row of a statement does not change');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_line_link_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows line
              WHERE line.transaction_id IS NOT NULL
                AND (SELECT bool_or(p.book_id = line.book_id AND p.account_id = line.account_id AND p.date = line.date
                                    AND p.amount_minor = line.amount_minor AND p.retired_at IS NULL)
                       FROM ledger_posting p WHERE p.transaction_id = line.transaction_id) IS NOT TRUE) THEN
    PERFORM ledger_refuse('ledger_statement_line_is_its_transaction', 'the transaction says something else than the row');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO ledger_sync_event (book_id, kind, object_id) SELECT book_id, 'account', id FROM new_rows
    ON CONFLICT DO NOTHING;
    RETURN NULL;
  END IF;
  INSERT INTO ledger_sync_event (book_id, kind, object_id)
  SELECT book_id, 'account', id FROM new_rows
  UNION ALL
  SELECT n.book_id, 'names', n.id FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE n.name <> o.name
  UNION ALL
  SELECT below.book_id, 'account', below.id
    FROM ledger_accounts_below((SELECT array_agg(n.id) FROM old_rows o JOIN new_rows n ON n.id = o.id
                                 WHERE (n.name, n.parent_id) IS DISTINCT FROM (o.name, o.parent_id))) below
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_attachment()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  INSERT INTO ledger_sync_event (book_id, kind, object_id)
  SELECT DISTINCT book_id, 'transaction', transaction_id FROM new_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_book()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  INSERT INTO ledger_sync_event (book_id, kind, object_id) SELECT id, 'book', id FROM new_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_epoch()
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  SELECT concat_ws(':', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
                   (SELECT oid FROM pg_database WHERE datname = current_database()))
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_head()
 RETURNS TABLE(epoch text, low xid8, high xid8, kept_from xid8)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT here.epoch, pg_snapshot_xmin(here.seen), pg_snapshot_xmax(here.seen),
         coalesce((SELECT m.xid FROM ledger_sync_mark m
                    WHERE m.epoch = here.epoch AND m.marked_at < now() - interval '90 days'
                    ORDER BY m.xid DESC LIMIT 1), '0')
    FROM (SELECT ledger_sync_epoch() AS epoch, pg_current_snapshot() AS seen) here
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_member()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO ledger_sync_event (book_id, kind, object_id, user_id)
    SELECT book_id, 'member', id, user_id FROM touched
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO ledger_sync_event (book_id, kind, object_id, user_id)
    SELECT book_id, CASE TG_OP WHEN 'INSERT' THEN 'joined' ELSE 'left' END, id, user_id FROM touched
    UNION ALL
    SELECT book_id, 'book', book_id, NULL FROM touched
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_person()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  INSERT INTO ledger_sync_event (book_id, kind, object_id, user_id)
  SELECT book_id, 'member', id, user_id FROM ledger_member WHERE user_id = NEW.id
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_purge(rows_max integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  head record;
  purged integer;
BEGIN
  SELECT * INTO head FROM ledger_sync_head();
  INSERT INTO ledger_sync_mark (epoch, xid)
  SELECT head.epoch, head.low
   WHERE NOT EXISTS (SELECT FROM ledger_sync_mark m WHERE m.epoch = head.epoch AND m.marked_at > now() - interval '12 hours')
  ON CONFLICT DO NOTHING;
  DELETE FROM ledger_sync_mark m WHERE m.epoch <> head.epoch OR m.xid < head.kept_from;
  DELETE FROM ledger_sync_event
   WHERE ctid = ANY (ARRAY(SELECT e.ctid FROM ledger_sync_event e
                            WHERE e.xid < head.kept_from
                               OR e.xid > greatest(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id())
                            LIMIT least(rows_max, 10000)));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_visibility()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  turned record;
BEGIN
  FOR turned IN SELECT book_id, account_id, user_id FROM touched WHERE visibility = 'hidden' LOOP
    INSERT INTO ledger_sync_event (book_id, kind, object_id, user_id)
    SELECT turned.book_id, 'visible', turned.account_id, turned.user_id
    UNION ALL
    SELECT below.book_id, 'account', below.id, turned.user_id FROM ledger_accounts_below(ARRAY[turned.account_id]) below
    ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_sync_withdrawn(since xid8, before xid8, after_book uuid, after_xid xid8, after_id uuid, rows_max integer)
 RETURNS TABLE(book_id uuid, xid xid8, id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT found.book_id, found.changed_xid, found.id
    FROM unnest(app_books_veiled()) AS veiled (id)
   CROSS JOIN LATERAL (
     SELECT t.book_id, t.changed_xid, t.id
       FROM ledger_transaction t
      WHERE t.book_id = veiled.id AND t.changed_xid >= since AND t.changed_xid < before
        AND (t.changed_xid, t.id) > (CASE veiled.id WHEN after_book THEN after_xid ELSE '0' END,
                                     CASE veiled.id WHEN after_book THEN after_id ELSE '00000000-0000-0000-0000-000000000000' END)
        AND (t.account_id = ANY ((SELECT app_accounts_hidden())::uuid[])
             OR t.to_account_id = ANY ((SELECT app_accounts_hidden())::uuid[]))
        AND EXISTS (SELECT FROM ledger_transaction_version v
                     WHERE v.transaction_id = t.id AND v.account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
                       AND (v.to_account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])) IS NOT FALSE)
      ORDER BY t.changed_xid, t.id
      LIMIT rows_max) found
   WHERE veiled.id >= after_book AND veiled.id = ANY (app_books('read'))
   ORDER BY 1, 2, 3
   LIMIT rows_max
$function$;
CREATE OR REPLACE FUNCTION public.ledger_totals_repair(book uuid)
 RETURNS TABLE(account_id uuid, month date, kept_amount_minor numeric, kept_base_minor numeric, amount_minor numeric, base_minor numeric)
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT pg_advisory_xact_lock(ledger_period_lock(book));
  WITH wrong AS MATERIALIZED (
    SELECT * FROM ledger_totals_wrong(book)
  ), put_right AS (
    INSERT INTO ledger_month_total AS total (book_id, account_id, month, amount_minor, base_minor)
    SELECT w.book_id, w.account_id, w.month, w.amount_minor, w.base_minor FROM wrong w WHERE w.legs > 0
    ON CONFLICT (book_id, account_id, month) DO UPDATE
      SET amount_minor = excluded.amount_minor, base_minor = excluded.base_minor
  ), removed AS (
    DELETE FROM ledger_month_total total
     USING wrong w
     WHERE w.legs = 0 AND total.book_id = w.book_id AND total.account_id = w.account_id AND total.month = w.month
  ), logged AS (
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, user_agent,
                            request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown'),
           'UPDATE', 'ledger_month_total', format('%s %s', w.account_id, w.month), w.book_id,
           jsonb_build_object('amount_minor', jsonb_build_array(w.kept_amount_minor, w.amount_minor),
                              'base_minor', jsonb_build_array(w.kept_base_minor, w.base_minor)),
           coalesce(current_setting('app.user_agent', true), ''), coalesce(current_setting('app.request_id', true), ''),
           clock_timestamp()
      FROM wrong w
  )
  SELECT w.account_id, w.month, w.kept_amount_minor, w.kept_base_minor, w.amount_minor, w.base_minor FROM wrong w
   ORDER BY w.account_id, w.month;
$function$;
CREATE OR REPLACE FUNCTION public.ledger_totals_wrong(book uuid)
 RETURNS TABLE(book_id uuid, account_id uuid, month date, kept_amount_minor numeric, kept_base_minor numeric, amount_minor numeric, base_minor numeric, legs bigint)
 LANGUAGE sql
 STABLE
AS $function$
  SELECT coalesce(k.book_id, r.book_id), coalesce(k.account_id, r.account_id), coalesce(k.month, r.month),
         coalesce(k.amount_minor, 0), coalesce(k.base_minor, 0), coalesce(r.amount_minor, 0), coalesce(r.base_minor, 0),
         coalesce(r.legs, 0)
    FROM (SELECT t.* FROM ledger_month_total t WHERE $1 IS NULL OR t.book_id = $1) k
    FULL JOIN (
      SELECT p.book_id, p.account_id, date_trunc('month', p.date)::date AS month,
             sum(p.amount_minor) AS amount_minor, sum(p.base_minor) AS base_minor, count(*) AS legs
        FROM ledger_posting p
       WHERE p.retired_at IS NULL AND ($1 IS NULL OR p.book_id = $1)
       GROUP BY 1, 2, 3) r
      ON r.book_id = k.book_id AND r.account_id = k.account_id AND r.month = k.month
   WHERE coalesce(k.base_minor, 0) <> coalesce(r.base_minor, 0)
      OR coalesce(k.amount_minor, 0) <> coalesce(r.amount_minor, 0)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_change_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  problem text;
BEGIN
  SELECT min(CASE
      WHEN n.version IS DISTINCT FROM o.version + 1 OR n.changed_by IS DISTINCT FROM app_actor()
        OR n.changed_at NOT BETWEEN transaction_timestamp() AND greatest(clock_timestamp(), o.changed_at)
        OR n.change_id IS NULL OR n.change_id = o.change_id
        OR (n.book_id, n.origin, n.external_id, n.external_account_id, n.created_at)
           IS DISTINCT FROM (o.book_id, o.origin, o.external_id, o.external_account_id, o.created_at)
        OR (v.book_id, v.date, v.type, v.description, v.payee, v.notes, v.tags, v.status, v.is_reconciled, v.account_id,
            v.to_account_id, v.amount_minor, v.first_line, v.change_id, v.changed_at, v.changed_by)
           IS DISTINCT FROM
           (o.book_id, o.date, o.type, o.description, o.payee, o.notes, o.tags, o.status, o.is_reconciled, o.account_id,
            o.to_account_id, o.amount_minor, o.first_line, o.change_id, o.changed_at, o.changed_by)
        THEN 'ledger_transaction_append_only'
      -- New legs follow the lines before; without new legs the first line stays.
      WHEN n.first_line <> o.first_line
        AND (n.status = 'void'
             OR NOT EXISTS (SELECT FROM ledger_posting p WHERE p.transaction_id = n.id AND p.line = n.first_line - 1))
        THEN 'ledger_transaction_whole'
      -- A void transaction goes on saying what its last legs said.
      WHEN n.status = 'void'
        AND (n.date, n.type, n.account_id, n.to_account_id, n.amount_minor)
            IS DISTINCT FROM (o.date, o.type, o.account_id, o.to_account_id, o.amount_minor)
        THEN 'ledger_transaction_header_fits'
      WHEN o.is_reconciled AND n.is_reconciled
        AND ((o.date, o.type, o.account_id, o.to_account_id, o.amount_minor, o.status = 'void')
             IS DISTINCT FROM (n.date, n.type, n.account_id, n.to_account_id, n.amount_minor, n.status = 'void')
             -- What reached the target of a transfer may be of another currency, and stands in its leg alone.
             OR EXISTS (SELECT FROM ledger_posting p JOIN ledger_posting q
                           ON q.transaction_id = p.transaction_id AND q.account_id = p.account_id
                         WHERE p.transaction_id = n.id AND p.account_id = n.to_account_id
                           AND p.retired_at = n.changed_at AND q.retired_at IS NULL AND q.amount_minor <> p.amount_minor))
        THEN 'ledger_transaction_reconciled_stays'
    END)
    INTO problem
    FROM old_rows o
    FULL JOIN new_rows n ON n.id = o.id  -- full, because it is never planned as a loop in a loop
    LEFT JOIN ledger_transaction_version v ON v.transaction_id = o.id AND v.version = o.version;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction changes only as its next version, and says what its legs say');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (
    SELECT FROM (SELECT book_id, date FROM old_rows UNION ALL SELECT book_id, date FROM new_rows) p
      JOIN ledger_book b ON b.id = p.book_id
     WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  PERFORM ledger_transactions_check((SELECT array_agg(id) FROM new_rows));
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
DECLARE
  problem text;
BEGIN
  SELECT min(made.problem)
    INTO problem
    FROM (
      SELECT coalesce(
               min(CASE
                 WHEN (SELECT p.line FROM ledger_posting p WHERE p.transaction_id = t.id AND p.line = 1) IS NULL
                   THEN 'ledger_transaction_has_postings'
                 WHEN t.version <> 1 OR t.first_line <> 1 THEN 'ledger_transaction_append_only'
                 WHEN t.external_account_id IS DISTINCT FROM CASE WHEN t.external_id <> '' THEN t.account_id END
                   OR t.external_id = '' THEN 'ledger_transaction_external_whole'
                 ELSE ledger_header_problem(t.type, t.origin, t.status, t.to_account_id, t.tags) END),
               -- The book in a form that no index takes: plans made for small tables walked the whole book.
               CASE WHEN (SELECT count(*) FROM ledger_transaction o
                           WHERE o.change_id = t.change_id AND o.book_id IS NOT DISTINCT FROM t.book_id) > count(*)
                      OR EXISTS (SELECT FROM ledger_transaction_version v
                                  WHERE v.change_id = t.change_id AND v.book_id IS NOT DISTINCT FROM t.book_id)
                    THEN 'ledger_change_once' END) AS problem
        FROM new_rows t
       GROUP BY t.book_id, t.change_id) made;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction brings its postings, an external id of its own account, and a change of its own');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_stamp()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  NEW.changed_xid := pg_current_xact_id();
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_version_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
BEGIN
  IF EXISTS (
    SELECT FROM new_rows v
      LEFT JOIN ledger_transaction t ON t.id = v.transaction_id
     WHERE v.version < 1 OR t.version IS DISTINCT FROM v.version + 1 OR t.book_id <> v.book_id
        OR v.last_line IS DISTINCT FROM
           CASE WHEN t.first_line > v.first_line THEN t.first_line - 1
                ELSE (SELECT max(p.line) FROM ledger_posting p WHERE p.transaction_id = t.id AND p.book_id = t.book_id) END) THEN
    PERFORM ledger_refuse('ledger_transaction_version_was', 'a kept version is the one that a change superseded');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transactions_check(ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  problem text;
BEGIN
  SELECT min(least(live.problem, CASE WHEN t.status <> 'void' THEN
               ledger_legs_problem(t.type, t.first_line, live.legs, live.high, live.own, live.base_total, live.total,
                                   live.first_currency, live.last_currency) END))
    INTO problem
    FROM ledger_transaction t
   CROSS JOIN LATERAL (
     SELECT min(ledger_leg_problem(t.type, t.status, t.first_line, t.date, t.account_id, t.to_account_id, t.amount_minor,
                                   p.line, p.date, p.account_id, a.type, p.amount_minor)) AS problem,
            count(*) AS legs, max(p.line) AS high, count(*) FILTER (WHERE a.type NOT IN ('income', 'expense')) AS own,
            sum(p.base_minor) AS base_total, sum(p.amount_minor) AS total,
            min(p.currency) AS first_currency, max(p.currency) AS last_currency
       -- First the legs of the one transaction: without OFFSET the index of all live legs would be read as well.
       FROM (SELECT * FROM ledger_posting WHERE transaction_id = t.id OFFSET 0) p
       JOIN ledger_account a ON a.id = p.account_id
      WHERE p.retired_at IS NULL) live
   WHERE t.id = ANY (ids);
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(substr(problem, 3), 'a transaction would not be whole');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_tree_problem(book uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  WITH RECURSIVE tree AS (
    SELECT id, 1 AS depth FROM ledger_account WHERE book_id = book AND parent_id IS NULL
    UNION ALL
    SELECT child.id, tree.depth + 1
      FROM tree JOIN ledger_account child ON child.book_id = book AND child.parent_id = tree.id
     WHERE tree.depth <= 10
  )
  SELECT CASE
           WHEN max(depth) > 10 THEN 'ledger_account_tree_depth'
           WHEN count(*) < (SELECT count(*) FROM ledger_account WHERE book_id = book) THEN 'ledger_account_tree_whole'
         END
    FROM tree
$function$;
CREATE OR REPLACE FUNCTION public.rupaya_uuid7()
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
              FROM 1 FOR 6),
      52, 1), 53, 1),
    'hex')::uuid
$function$;
CREATE OR REPLACE FUNCTION public.tenant_table(tenant regclass, book_column text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
  PERFORM backup_reads(tenant);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO rupaya_owner USING (true)', tenant);
END
$function$;

-- Triggers

CREATE TRIGGER accounts_session_guard BEFORE UPDATE ON public.accounts_session FOR EACH ROW EXECUTE FUNCTION accounts_session_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_session REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'refresh_hash,last_used_at,rotated_at,counter', 'user_id');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_session REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'refresh_hash,last_used_at,rotated_at,counter', 'user_id');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_session REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'refresh_hash,last_used_at,rotated_at,counter', 'user_id');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_session FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER accounts_user_rights_guard BEFORE INSERT OR UPDATE ON public.accounts_user FOR EACH ROW WHEN ((new.is_staff OR new.is_superuser)) EXECUTE FUNCTION accounts_user_rights_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_user REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'password,last_login', 'id');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_user REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'password,last_login', 'id');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_user REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'password,last_login', 'id');
CREATE TRIGGER ledger_sync_person AFTER UPDATE OF full_name, email ON public.accounts_user FOR EACH ROW WHEN ((((new.full_name)::text IS DISTINCT FROM (old.full_name)::text) OR ((new.email)::text IS DISTINCT FROM (old.email)::text))) EXECUTE FUNCTION ledger_sync_person();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_user FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_user_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_user_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_user_groups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_user_groups FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_user_user_permissions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_user_user_permissions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_user_user_permissions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_user_user_permissions FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_anchor_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_anchor FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_anchor_append_only');
CREATE TRIGGER audit_key_once BEFORE INSERT OR DELETE OR UPDATE ON public.audit_key FOR EACH ROW EXECUTE FUNCTION audit_key_once();
CREATE TRIGGER audit_update AFTER UPDATE ON public.audit_key REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'key');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.audit_key FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_key_once');
CREATE TRIGGER audit_leaf_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_leaf_append_only');
CREATE TRIGGER audit_leaf_follows AFTER INSERT ON public.audit_leaf REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_leaf_follows();
CREATE TRIGGER audit_logs_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_logs_append_only');
CREATE TRIGGER audit_logs_erased_only BEFORE UPDATE ON public.audit_logs FOR EACH ROW EXECUTE FUNCTION audit_logs_erased_only();
CREATE TRIGGER audit_seal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_seal FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_seal_append_only');
CREATE TRIGGER audit_seal_follows BEFORE INSERT ON public.audit_seal FOR EACH ROW EXECUTE FUNCTION audit_seal_follows();
CREATE TRIGGER audit_delete AFTER DELETE ON public.auth_group REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.auth_group REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.auth_group REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.auth_group FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.auth_group_permissions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.auth_group_permissions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.auth_group_permissions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.auth_group_permissions FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_change REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_change REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_change REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER flags_change_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.flags_change FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('flags_change_append_only');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_change FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_flag REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_flag REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_flag REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER change_delete AFTER DELETE ON public.flags_flag REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_change_record();
CREATE TRIGGER change_insert AFTER INSERT ON public.flags_flag REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_change_record();
CREATE TRIGGER change_lock BEFORE INSERT OR DELETE OR UPDATE ON public.flags_flag FOR EACH STATEMENT EXECUTE FUNCTION flags_change_lock();
CREATE TRIGGER change_update AFTER UPDATE ON public.flags_flag REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_change_record();
CREATE TRIGGER name_stays BEFORE UPDATE ON public.flags_flag FOR EACH ROW WHEN ((((old.name)::text IS DISTINCT FROM (new.name)::text) OR (old.id IS DISTINCT FROM new.id))) EXECUTE FUNCTION flags_name_stays();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_flag FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_flag_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_flag_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_flag_groups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER change_delete AFTER DELETE ON public.flags_flag_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('groups', 'group_id');
CREATE TRIGGER change_insert AFTER INSERT ON public.flags_flag_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('groups', 'group_id');
CREATE TRIGGER change_lock BEFORE INSERT OR DELETE ON public.flags_flag_groups FOR EACH STATEMENT EXECUTE FUNCTION flags_change_lock();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_flag_groups FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_flag_users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_flag_users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_flag_users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '', 'user_id');
CREATE TRIGGER change_delete AFTER DELETE ON public.flags_flag_users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('users', 'user_id');
CREATE TRIGGER change_insert AFTER INSERT ON public.flags_flag_users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION flags_audience_record('users', 'user_id');
CREATE TRIGGER change_lock BEFORE INSERT OR DELETE ON public.flags_flag_users FOR EACH STATEMENT EXECUTE FUNCTION flags_change_lock();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_flag_users FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_account REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER ledger_account_insert_guard AFTER INSERT ON public.ledger_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_insert_guard();
CREATE TRIGGER ledger_account_update_guard AFTER UPDATE ON public.ledger_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_update_guard();
CREATE TRIGGER ledger_account_writable_delete AFTER DELETE ON public.ledger_account REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON public.ledger_account REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON public.ledger_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_account();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON public.ledger_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_account();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_account FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_account_visibility REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_account_visibility REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_account_visibility REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER ledger_account_visibility_guard AFTER INSERT ON public.ledger_account_visibility REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_visibility_guard();
CREATE TRIGGER ledger_sync_delete AFTER DELETE ON public.ledger_account_visibility REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON public.ledger_account_visibility REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
CREATE TRIGGER ledger_sync_update_new AFTER UPDATE ON public.ledger_account_visibility REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
CREATE TRIGGER ledger_sync_update_old AFTER UPDATE ON public.ledger_account_visibility REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_account_visibility FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_attachment REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'storage_key');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_attachment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'storage_key');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_attachment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'storage_key');
CREATE TRIGGER ledger_attachment_in_book BEFORE INSERT ON public.ledger_attachment FOR EACH ROW EXECUTE FUNCTION ledger_attachment_guard();
CREATE TRIGGER ledger_attachment_removed_once BEFORE UPDATE ON public.ledger_attachment FOR EACH ROW EXECUTE FUNCTION ledger_attachment_removal();
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON public.ledger_attachment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_attachment();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON public.ledger_attachment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_attachment();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_attachment FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_book REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_book REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_book REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('id', '');
CREATE TRIGGER ledger_book_time_zone BEFORE INSERT OR UPDATE OF time_zone ON public.ledger_book FOR EACH ROW WHEN (((new.time_zone)::text <> 'Asia/Kolkata'::text)) EXECUTE FUNCTION ledger_book_time_zone_guard();
CREATE TRIGGER ledger_period_close BEFORE UPDATE OF closed_until ON public.ledger_book FOR EACH ROW EXECUTE FUNCTION ledger_period_close();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON public.ledger_book REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_book();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_book FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_idempotency_answered_once BEFORE UPDATE ON public.ledger_idempotency_key FOR EACH ROW EXECUTE FUNCTION ledger_idempotency_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_invitation REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'token_hash');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_invitation REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'token_hash');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_invitation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'token_hash');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_invitation FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_member REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_member REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER ledger_member_keeps_owner_delete AFTER DELETE ON public.ledger_member REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_keeps_owner();
CREATE TRIGGER ledger_member_keeps_owner_update AFTER UPDATE ON public.ledger_member REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_keeps_owner();
CREATE TRIGGER ledger_member_limits_insert AFTER INSERT ON public.ledger_member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_limits();
CREATE TRIGGER ledger_member_limits_update AFTER UPDATE ON public.ledger_member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_limits();
CREATE TRIGGER ledger_sync_delete AFTER DELETE ON public.ledger_member REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_member();
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON public.ledger_member REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_member();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON public.ledger_member REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_member();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_member FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON public.ledger_posting REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_posting_append_only BEFORE DELETE OR TRUNCATE ON public.ledger_posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_delete_refuse('ledger_posting_append_only');
CREATE TRIGGER ledger_posting_insert_guard AFTER INSERT ON public.ledger_posting REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_insert_guard();
CREATE TRIGGER ledger_posting_retire_guard AFTER UPDATE ON public.ledger_posting REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_retire_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_statement REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER ledger_account_writable_delete AFTER DELETE ON public.ledger_statement REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_insert AFTER INSERT ON public.ledger_statement REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON public.ledger_statement REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_statement_discarded AFTER DELETE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_discarded();
CREATE TRIGGER ledger_statement_draft AFTER INSERT ON public.ledger_statement REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_draft_guard();
CREATE TRIGGER ledger_statement_posted_delete AFTER DELETE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_guard();
CREATE TRIGGER ledger_statement_posted_update AFTER UPDATE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_guard();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_statement FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_account_writable_delete AFTER DELETE ON public.ledger_statement_line REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_insert AFTER INSERT ON public.ledger_statement_line REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON public.ledger_statement_line REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_statement_line_draft AFTER INSERT ON public.ledger_statement_line REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_draft_guard();
CREATE TRIGGER ledger_statement_line_link AFTER UPDATE ON public.ledger_statement_line REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_link_guard();
CREATE TRIGGER ledger_statement_line_posted_delete AFTER DELETE ON public.ledger_statement_line REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_guard();
CREATE TRIGGER ledger_statement_line_posted_update AFTER UPDATE ON public.ledger_statement_line REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'first_line,change_id,changed_at,changed_by,changed_xid');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_transaction REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'first_line,change_id,changed_at,changed_by,changed_xid');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'first_line,change_id,changed_at,changed_by,changed_xid');
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON public.ledger_transaction REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_header_update AFTER UPDATE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_header_guard();
CREATE TRIGGER ledger_transaction_append_only BEFORE DELETE OR TRUNCATE ON public.ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION ledger_delete_refuse('ledger_transaction_append_only');
CREATE TRIGGER ledger_transaction_change_guard AFTER UPDATE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_change_guard();
CREATE TRIGGER ledger_transaction_has_postings AFTER INSERT ON public.ledger_transaction REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_guard();
CREATE TRIGGER ledger_transaction_one_change_update AFTER UPDATE ON public.ledger_transaction REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_change_once_guard();
CREATE TRIGGER ledger_transaction_stamp BEFORE UPDATE ON public.ledger_transaction FOR EACH ROW EXECUTE FUNCTION ledger_transaction_stamp();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_transaction_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_transaction_version FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('ledger_transaction_version_append_only');
CREATE TRIGGER ledger_transaction_version_guard AFTER INSERT ON public.ledger_transaction_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_version_guard();

-- Policies

CREATE POLICY accounts_session_own ON accounts_session FOR ALL TO public
  USING (user_id = ( SELECT app_actor() AS app_actor))
  WITH CHECK (user_id = ( SELECT app_actor() AS app_actor));
CREATE POLICY accounts_session_staff_ends ON accounts_session FOR UPDATE TO public
  USING ((current_setting('app.actor_kind'::text, true) = 'staff'::text) AND ( SELECT (actor.is_staff AND actor.is_active)
   FROM accounts_user actor
  WHERE (actor.id = ( SELECT app_actor() AS app_actor))))
  WITH CHECK (revoked_at IS NOT NULL);
CREATE POLICY accounts_session_staff_sees ON accounts_session FOR SELECT TO public
  USING ((current_setting('app.actor_kind'::text, true) = 'staff'::text) AND ( SELECT (actor.is_staff AND actor.is_active)
   FROM accounts_user actor
  WHERE (actor.id = ( SELECT app_actor() AS app_actor))));
CREATE POLICY backup_reads ON accounts_session FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY about_entries ON audit_logs FOR SELECT TO public
  USING (about_id = ( SELECT app_actor() AS app_actor));
CREATE POLICY backup_reads ON audit_logs FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY book_entries ON audit_logs FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND (book_id <> ALL (( SELECT app_books_veiled() AS app_books_veiled)::uuid[])));
CREATE POLICY operators_read ON audit_logs FOR SELECT TO public
  USING ( SELECT app_is_operator() AS app_is_operator);
CREATE POLICY own_entries ON audit_logs FOR SELECT TO public
  USING (user_id = ( SELECT app_actor() AS app_actor));
CREATE POLICY owner_reads ON audit_logs FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owner_writes ON audit_logs FOR INSERT TO rupaya_owner
  WITH CHECK true;
CREATE POLICY sealer_erases ON audit_logs FOR UPDATE TO rupaya_owner, rupaya_sealer
  USING true;
CREATE POLICY sealer_reads ON audit_logs FOR SELECT TO rupaya_owner, rupaya_sealer
  USING true;
CREATE POLICY backup_reads ON ledger_account FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_account FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND
CASE
    WHEN (id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])) THEN true
    ELSE false
END);
CREATE POLICY owner_reads ON ledger_account FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_account FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_account FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_account FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_account_visibility FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read_own ON ledger_account_visibility FOR SELECT TO public
  USING ((user_id = ( SELECT app_actor() AS app_actor)) AND ((visibility)::text = 'read'::text));
CREATE POLICY owner_lifts ON ledger_account_visibility FOR DELETE TO rupaya_owner
  USING true;
CREATE POLICY owner_reads ON ledger_account_visibility FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owners_delete ON ledger_account_visibility FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY owners_insert ON ledger_account_visibility FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY owners_read ON ledger_account_visibility FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY owners_update ON ledger_account_visibility FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_attachment FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_attachment FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND (EXISTS ( SELECT
   FROM ledger_transaction t
  WHERE ((t.id = ledger_attachment.transaction_id) AND (t.book_id = ledger_attachment.book_id)))));
CREATE POLICY owner_forgets ON ledger_attachment FOR DELETE TO rupaya_owner
  USING (removed_at < (now() - '30 days'::interval));
CREATE POLICY owner_reads ON ledger_attachment FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_attachment FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_attachment FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_attachment FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_book FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_book FOR SELECT TO public
  USING (id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_opens ON ledger_book FOR INSERT TO rupaya_owner
  WITH CHECK true;
CREATE POLICY owner_reads ON ledger_book FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owners_update ON ledger_book FOR UPDATE TO public
  USING (id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]))
  WITH CHECK (id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_idempotency_key FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY own_keys ON ledger_idempotency_key FOR ALL TO public
  USING (user_id = ( SELECT app_actor() AS app_actor))
  WITH CHECK (user_id = ( SELECT app_actor() AS app_actor));
CREATE POLICY owner_locks ON ledger_idempotency_key FOR UPDATE TO rupaya_owner
  USING true
  WITH CHECK false;
CREATE POLICY owner_purges ON ledger_idempotency_key FOR DELETE TO rupaya_owner
  USING true;
CREATE POLICY owner_reads ON ledger_idempotency_key FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY backup_reads ON ledger_invitation FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY owner_invites ON ledger_invitation FOR INSERT TO rupaya_owner
  WITH CHECK true;
CREATE POLICY owner_reads ON ledger_invitation FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owner_settles ON ledger_invitation FOR UPDATE TO rupaya_owner
  USING true;
CREATE POLICY owners_read ON ledger_invitation FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_member FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_member FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_month_total FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY guards_insert ON ledger_month_total FOR INSERT TO rupaya_owner
  WITH CHECK (pg_trigger_depth() > 0);
CREATE POLICY guards_update ON ledger_month_total FOR UPDATE TO rupaya_owner
  USING (pg_trigger_depth() > 0)
  WITH CHECK (pg_trigger_depth() > 0);
CREATE POLICY members_read ON ledger_month_total FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND
CASE
    WHEN (book_id <> ALL (( SELECT app_books_veiled() AS app_books_veiled)::uuid[])) THEN true
    ELSE false
END);
CREATE POLICY owner_reads ON ledger_month_total FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owner_repairs ON ledger_month_total FOR ALL TO rupaya_owner
  USING (SESSION_USER = CURRENT_USER)
  WITH CHECK (SESSION_USER = CURRENT_USER);
CREATE POLICY backup_reads ON ledger_posting FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_posting FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND
CASE
    WHEN (book_id <> ALL (( SELECT app_books_veiled() AS app_books_veiled)::uuid[])) THEN true
    ELSE (EXISTS ( SELECT
       FROM ledger_transaction t
      WHERE ((t.id = ledger_posting.transaction_id) AND (t.book_id = ledger_posting.book_id) AND ((ledger_posting.line >= t.first_line) OR (EXISTS ( SELECT
               FROM ledger_transaction_version v
              WHERE ((v.transaction_id = t.id) AND (v.book_id = t.book_id) AND ((ledger_posting.line >= v.first_line) AND (ledger_posting.line <= v.last_line)))))))))
END);
CREATE POLICY owner_reads ON ledger_posting FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_posting FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_posting FOR INSERT TO public
  WITH CHECK (book_id = ANY (ARRAY( SELECT m.book_id
   FROM app_memberships m
  WHERE ((m.role)::text = ANY (ARRAY['owner'::text, 'editor'::text])))));
CREATE POLICY writers_update ON ledger_posting FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_statement FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_statement FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND (account_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])));
CREATE POLICY owner_reads ON ledger_statement FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_statement FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_statement FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_statement FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_statement_line FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_statement_line FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND (account_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])));
CREATE POLICY owner_reads ON ledger_statement_line FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_statement_line FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_statement_line FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_statement_line FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_sync_event FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_sync_event FOR SELECT TO public
  USING ((user_id = ( SELECT app_actor() AS app_actor)) OR ((user_id IS NULL) AND (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND
CASE
    WHEN (book_id <> ALL (( SELECT app_books_veiled() AS app_books_veiled)::uuid[])) THEN true
    WHEN (kind = ANY (ARRAY['account'::text, 'names'::text])) THEN (object_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[]))
    WHEN (kind = 'transaction'::text) THEN (EXISTS ( SELECT
       FROM ledger_transaction t
      WHERE ((t.id = ledger_sync_event.object_id) AND (t.book_id = ledger_sync_event.book_id))))
    ELSE true
END));
CREATE POLICY owner_forgets ON ledger_sync_event FOR DELETE TO rupaya_owner
  USING true;
CREATE POLICY owner_reads ON ledger_sync_event FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owner_writes ON ledger_sync_event FOR INSERT TO rupaya_owner
  WITH CHECK true;
CREATE POLICY backup_reads ON ledger_transaction FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_transaction FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND
CASE
    WHEN (( SELECT app_accounts_hidden() AS app_accounts_hidden) = '{}'::uuid[]) THEN true
    ELSE ((account_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])) AND ((to_account_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])) IS NOT FALSE))
END);
CREATE POLICY owner_reads ON ledger_transaction FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_transaction FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_transaction FOR INSERT TO public
  WITH CHECK (book_id = ANY (ARRAY( SELECT m.book_id
   FROM app_memberships m
  WHERE ((m.role)::text = ANY (ARRAY['owner'::text, 'editor'::text])))));
CREATE POLICY writers_update ON ledger_transaction FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY backup_reads ON ledger_transaction_version FOR SELECT TO rupaya_backup
  USING true;
CREATE POLICY members_read ON ledger_transaction_version FOR SELECT TO public
  USING ((book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[])) AND
CASE
    WHEN (( SELECT app_accounts_hidden() AS app_accounts_hidden) = '{}'::uuid[]) THEN true
    ELSE ((account_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])) AND ((to_account_id <> ALL (( SELECT app_accounts_hidden() AS app_accounts_hidden)::uuid[])) IS NOT FALSE))
END AND
CASE
    WHEN (book_id <> ALL (( SELECT app_books_veiled() AS app_books_veiled)::uuid[])) THEN true
    ELSE (EXISTS ( SELECT
       FROM ledger_transaction t
      WHERE ((t.id = ledger_transaction_version.transaction_id) AND (t.book_id = ledger_transaction_version.book_id))))
END);
CREATE POLICY owner_reads ON ledger_transaction_version FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_transaction_version FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_transaction_version FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_transaction_version FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
