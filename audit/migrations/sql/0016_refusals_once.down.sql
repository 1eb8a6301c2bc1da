-- As before: each counted for itself.
CREATE OR REPLACE FUNCTION audit_event_actions() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT ARRAY['SIGN_UP', 'SIGN_IN', 'SIGN_IN_FAILED', 'SIGN_OUT', 'REFRESH_REPLAYED', 'PASSWORD_CHANGED', 'FACTOR_CHANGED',
               'FACTOR_USED', 'FACTOR_FAILED', 'TOKEN_USED', 'REFUSED', 'EXPORTED', 'PERSON_READ', 'STAFF_ACTED']
$$;

-- Records an event; false where it was one refusal too many. Who acts, and from where, comes from the transaction's
-- settings, as for the triggers. Nobody writes into another one's log: an event is about the actor, unless staff act or
-- somebody unknown failed to sign in; and a book that the actor may not read is left out, so that no stranger fills its log.
-- The same refusal of the same person, of the same book even where that is not theirs, is recorded once in a minute; and
-- twenty a minute at most of one person in each book of theirs, and in none, so that no flood fills the log or hides from
-- a book's members what was refused there.
CREATE OR REPLACE FUNCTION audit_event(event text, resource_kind text, resource text, book uuid, about uuid, details jsonb)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
    SELECT count(*), bool_or(l.resource_type = resource_kind AND l.resource_id = resource AND l.changes = details)
      INTO refused, is_known
      FROM audit_logs AS l
     WHERE l.user_id = actor AND l.created_at > moment - interval '1 minute' AND l.action = event
       AND l.book_id IS NOT DISTINCT FROM own_book;
    IF is_known OR refused >= 20 THEN
      RETURN false;
    END IF;
  END IF;
  INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, ip_address,
                          user_agent, request_id, created_at, about_id)
  VALUES (audit_entry_id(substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3)), actor, kind, event,
          resource_kind, resource, own_book, details, nullif(current_setting('app.client_address', true), '')::inet,
          coalesce(current_setting('app.user_agent', true), ''), coalesce(current_setting('app.request_id', true), ''),
          moment, about);
  RETURN true;
END
$$;
