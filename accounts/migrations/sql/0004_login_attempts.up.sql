-- How often somebody tried to sign in, by limit, account and address, while Valkey could not count it. Nobody is
-- known yet who could own a row, so the application reaches the table through these functions alone.
CREATE TABLE accounts_login_attempt (
  bucket text PRIMARY KEY CHECK (length(bucket) BETWEEN 1 AND 200),
  attempts integer NOT NULL CHECK (attempts >= 0),
  ends_at timestamptz NOT NULL
);
CREATE INDEX accounts_login_attempt_ends ON accounts_login_attempt (ends_at);
REVOKE ALL ON accounts_login_attempt FROM rupaya_user;

-- Counts one attempt, or refuses to: the conflicting row is locked, so of many at once exactly `most` are counted.
-- A window that is over begins anew. Each call forgets a few that are over, so that the table stays small.
CREATE FUNCTION accounts_login_attempt_count(counted text, most integer, period_s integer)
RETURNS TABLE (is_counted boolean, attempts integer, left_s integer)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

CREATE FUNCTION accounts_login_attempt_give_back(counted text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  UPDATE accounts_login_attempt SET attempts = attempts - 1 WHERE bucket = counted AND attempts > 0
$$;

-- What support sees.
CREATE FUNCTION accounts_login_attempts(bucket_like text)
RETURNS TABLE (bucket text, attempts integer, left_s integer)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT kept.bucket, kept.attempts, greatest(1, ceil(extract(epoch FROM kept.ends_at - now())))::integer
    FROM accounts_login_attempt AS kept
   WHERE kept.bucket LIKE bucket_like AND kept.ends_at > now() AND kept.attempts > 0
   ORDER BY kept.bucket
$$;

CREATE FUNCTION accounts_login_attempt_clear(bucket_like text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  WITH cleared AS (DELETE FROM accounts_login_attempt AS kept WHERE kept.bucket LIKE bucket_like RETURNING 1)
  SELECT count(*) FROM cleared
$$;
