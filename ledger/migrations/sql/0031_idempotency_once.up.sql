-- A key's row is born with its answer: until then the key is held by a lock, and nothing is written.
GRANT INSERT (status, headers, body) ON ledger_idempotency_key TO rupaya_user;

-- A row changes in two ways: the release before gives it its answer, once; and after a day, by the database's own
-- clock, another request takes it over.
CREATE OR REPLACE FUNCTION ledger_idempotency_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- Claims a key of the actor's until the transaction ends, and gives what it was answered in the last day, if anything.
-- Whoever comes second waits for the lock; the wait is bounded here, and only here: the setting goes back when the
-- function returns. The SELECT sees what the waiting was for, because each statement of a VOLATILE function looks anew.
-- Two keys whose hashes are equal wait for each other, and harm nobody.
CREATE FUNCTION ledger_idempotency_claim(claimed text, at timestamptz)
RETURNS TABLE (fingerprint bytea, status smallint, headers jsonb, body bytea)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '4s'
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(app_actor() || ' ' || claimed, 13));
  RETURN QUERY SELECT kept.fingerprint, kept.status, kept.headers, kept.body
                 FROM ledger_idempotency_key AS kept
                WHERE kept.user_id = app_actor() AND kept.key = claimed
                  AND kept.created_at > least(at, now()) - interval '24 hours';
END
$$;
