-- A key belongs to the person who used it, and to no book.
ALTER TABLE ledger_idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_idempotency_key FORCE ROW LEVEL SECURITY;
CREATE POLICY own_keys ON ledger_idempotency_key
  USING (user_id = (SELECT app_actor()))
  WITH CHECK (user_id = (SELECT app_actor()));
CREATE POLICY owner_reads ON ledger_idempotency_key FOR SELECT TO rupaya_owner USING (true);
-- The owner may lock and delete anybody's keys, for the purge below, and rewrite none.
CREATE POLICY owner_locks ON ledger_idempotency_key FOR UPDATE TO rupaya_owner USING (true) WITH CHECK (false);
CREATE POLICY owner_purges ON ledger_idempotency_key FOR DELETE TO rupaya_owner USING (true);

-- No row is born with an answer, and none is handed to another person or key.
REVOKE INSERT, UPDATE, DELETE ON ledger_idempotency_key FROM rupaya_user;
GRANT INSERT (user_id, key, fingerprint, created_at),
      UPDATE (fingerprint, created_at, status, headers, body) ON ledger_idempotency_key TO rupaya_user;

-- A row changes in two ways: it gets its answer, once; and after a day, by the database's own clock, it is
-- taken over for a new request.
CREATE FUNCTION ledger_idempotency_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF OLD.status IS NULL AND NEW.status IS NOT NULL
     AND (NEW.user_id, NEW.key, NEW.fingerprint, NEW.created_at)
       = (OLD.user_id, OLD.key, OLD.fingerprint, OLD.created_at) THEN
    RETURN NEW;
  END IF;
  IF NEW.status IS NULL AND OLD.created_at <= now() - interval '24 hours'
     AND NEW.created_at > OLD.created_at AND (NEW.user_id, NEW.key) = (OLD.user_id, OLD.key) THEN
    RETURN NEW;
  END IF;
  PERFORM ledger_refuse('ledger_idempotency_key_answered_once', 'the answer to a request does not change');
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_idempotency_answered_once BEFORE UPDATE ON ledger_idempotency_key
  FOR EACH ROW EXECUTE FUNCTION ledger_idempotency_guard();

-- Claims a key of the actor's for the request with this fingerprint, or says what is there. Whoever comes
-- second waits on the unique row until the first transaction ends; the wait is bounded here, and only here:
-- the setting goes back when the function returns. The second SELECT sees what the waiting was for, because
-- each statement of a VOLATILE function looks anew.
CREATE FUNCTION ledger_idempotency_claim(claimed text, print bytea, at timestamptz)
RETURNS TABLE (is_claimed boolean, is_same boolean, status smallint, headers jsonb, body bytea)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '4s'
AS $$
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
$$;

-- Deletes keys that are a day old by this clock, anybody's, and nothing younger, whoever asks.
CREATE FUNCTION ledger_idempotency_purge(rows_max integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
