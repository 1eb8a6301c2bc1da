-- accounts_user itself has no row-level security: it is read by e-mail address before anybody is
-- known. What is secret in it, the password's hash, is hidden from the audit log below.

REVOKE DELETE ON accounts_user, accounts_session FROM rupaya_user;

-- Nobody becomes staff through the application: only the schema's owner gives that right.
CREATE FUNCTION accounts_user_rights_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER accounts_user_rights_guard BEFORE INSERT OR UPDATE ON accounts_user
  FOR EACH ROW WHEN (NEW.is_staff OR NEW.is_superuser) EXECUTE FUNCTION accounts_user_rights_guard();

ALTER TABLE accounts_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts_session FORCE ROW LEVEL SECURITY;

CREATE POLICY accounts_session_own ON accounts_session
  USING (user_id = (SELECT app_actor()))
  WITH CHECK (user_id = (SELECT app_actor()));

-- Staff end other people's sessions. That the actor says 'staff' is not enough: the person who acts
-- must be staff in the table. They neither make sessions nor hand them to others (the guard below).
CREATE POLICY accounts_session_staff_sees ON accounts_session FOR SELECT
  USING (current_setting('app.actor_kind', true) = 'staff'
         AND (SELECT actor.is_staff AND actor.is_active FROM accounts_user AS actor
               WHERE actor.id = (SELECT app_actor())));
CREATE POLICY accounts_session_staff_ends ON accounts_session FOR UPDATE
  USING (current_setting('app.actor_kind', true) = 'staff'
         AND (SELECT actor.is_staff AND actor.is_active FROM accounts_user AS actor
               WHERE actor.id = (SELECT app_actor())))
  WITH CHECK (revoked_at IS NOT NULL);

-- Whether the present actor may go on with this session. VOLATILE, so that it sees the actor which
-- set_config has put there earlier in the same statement.
CREATE FUNCTION accounts_session_is_alive(session uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

CREATE FUNCTION accounts_session_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

CREATE TRIGGER accounts_session_guard BEFORE UPDATE ON accounts_session
  FOR EACH ROW EXECUTE FUNCTION accounts_session_guard();

SELECT audit_table('accounts_user', book_column => '', hidden => 'password,last_login');
SELECT audit_table('accounts_session', book_column => '', hidden => 'refresh_hash,last_used_at,rotated_at,counter');
