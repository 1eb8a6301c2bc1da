-- In which transaction an entry was written: what a seal's snapshot sees is told by number, and found again cheaply.
-- pg_current_xact_id() is stable: it is asked once for all rows that are there, and no row is written anew.
ALTER TABLE audit_logs ADD COLUMN written_in bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
CREATE INDEX audit_logs_written ON audit_logs USING brin (written_in) WITH (autosummarize = on);

-- Whose key encrypts an entry's changes before they are hashed. Without a pinned path, so that it is written into the query.
CREATE FUNCTION audit_subject(book_id uuid, about_id uuid, user_id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(book_id, about_id, user_id, '00000000-0000-0000-0000-000000000000'::uuid) $$;

-- Who may do what: the sealer reads the whole log and appends; the application reads seals, and no key.
REVOKE ALL ON audit_key, audit_leaf, audit_anchor FROM rupaya_user;
REVOKE INSERT, UPDATE, DELETE ON audit_seal FROM rupaya_user;
GRANT SELECT, INSERT, UPDATE (key, destroyed_at) ON audit_key TO rupaya_sealer;
GRANT SELECT, INSERT ON audit_leaf, audit_seal, audit_anchor TO rupaya_sealer;
GRANT SELECT, INSERT, UPDATE ON audit_check TO rupaya_sealer;
GRANT SELECT, UPDATE (changes, ip_address, user_agent) ON audit_logs TO rupaya_sealer;
GRANT EXECUTE ON FUNCTION app_actor(), audit_subject(uuid, uuid, uuid) TO rupaya_sealer;
CREATE POLICY sealer_reads ON audit_logs FOR SELECT TO rupaya_sealer, rupaya_owner USING (true);
CREATE POLICY sealer_erases ON audit_logs FOR UPDATE TO rupaya_sealer, rupaya_owner USING (true);

SELECT append_only('audit_leaf', 'audit_leaf_append_only');
SELECT append_only('audit_seal', 'audit_seal_append_only');
SELECT append_only('audit_anchor', 'audit_anchor_append_only');

-- A key is made before it is destroyed, once and for all, so that the log says by whom. Nobody's stays: it is not a person's.
CREATE FUNCTION audit_key_once() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
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
$$;
CREATE TRIGGER audit_key_once BEFORE INSERT OR UPDATE OR DELETE ON audit_key FOR EACH ROW EXECUTE FUNCTION audit_key_once();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON audit_key FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_key_once');
CREATE TRIGGER audit_update AFTER UPDATE ON audit_key REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'key');

-- Leaves follow one another without a gap.
CREATE FUNCTION audit_leaf_follows() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER audit_leaf_follows AFTER INSERT ON audit_leaf REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION audit_leaf_follows();

-- Seals follow one another: by number, by the hash of the head before, and over all leaves there are.
CREATE FUNCTION audit_seal_follows() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER audit_seal_follows BEFORE INSERT ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_seal_follows();

-- The one change of an entry that there is: what was encrypted with a key that is destroyed becomes blank, once the
-- entry is sealed. The setting only tells the statement's guard that the row's guard, below, will look at each row.
CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_ARGV[0] = 'audit_logs_append_only' AND current_setting('app.audit_erasing', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% on % is not allowed: it only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END
$$;

CREATE FUNCTION audit_logs_erased_only() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER audit_logs_erased_only BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit_logs_erased_only();

-- Blanks what the destroyed keys of these subjects encrypted in sealed entries; how many entries that were.
CREATE FUNCTION audit_erase(subjects uuid[]) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
REVOKE EXECUTE ON FUNCTION audit_erase(uuid[]) FROM rupaya_user;
GRANT EXECUTE ON FUNCTION audit_erase(uuid[]) TO rupaya_sealer;

-- Whether an id is a person's, now or as the log tells, and whether they may still sign in. It runs as the owner, so that
-- the sealer needs to read no account; it gives away two truths.
CREATE FUNCTION audit_person(person uuid, OUT is_known boolean, OUT is_active boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  SELECT account.is_active INTO is_active FROM accounts_user account WHERE account.id = person;
  is_known := FOUND OR EXISTS (SELECT FROM audit_logs WHERE resource_type = 'accounts_user' AND resource_id = person::text);
  is_active := coalesce(is_active, false);
END
$$;
REVOKE EXECUTE ON FUNCTION audit_person(uuid) FROM rupaya_user;
GRANT EXECUTE ON FUNCTION audit_person(uuid) TO rupaya_sealer;

-- What `/metrics` tells: seconds since the oldest entry without a seal, and since the oldest seal without an anchor.
-- It runs as the owner, as nobody else sees all entries; it gives away two ages.
CREATE FUNCTION audit_seal_lag(OUT unsealed_s double precision, OUT unanchored_s double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
