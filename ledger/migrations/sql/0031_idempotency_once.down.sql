DROP FUNCTION ledger_idempotency_claim(text, timestamptz);
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
  IF NEW.status IS NULL AND OLD.created_at <= now() - interval '24 hours'
     AND NEW.created_at > OLD.created_at AND (NEW.user_id, NEW.key) = (OLD.user_id, OLD.key) THEN
    RETURN NEW;
  END IF;
  PERFORM ledger_refuse('ledger_idempotency_key_answered_once', 'the answer to a request does not change');
  RETURN NULL;
END
$$;
REVOKE INSERT (status, headers, body) ON ledger_idempotency_key FROM rupaya_user;
