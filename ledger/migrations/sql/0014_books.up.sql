-- ── Who may do what to a book ─────────────────────────────────────────────────────────────────────────────────────────

-- Whoever changes the members of a book takes this lock alone: two owners who leave at once follow each other.
CREATE FUNCTION ledger_member_lock(book uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('ledger_member:' || book::text, 0) $$;

-- Whoever gives a person a book takes this one: so a person's books are counted one after the other.
CREATE FUNCTION ledger_person_lock(person uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('ledger_person:' || person::text, 0) $$;

-- The functions below borrow the rights of the schema's owner, so each asks here what the actor may.
CREATE FUNCTION ledger_book_own(book uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF (book = ANY (app_books('own'))) IS NOT TRUE THEN
    PERFORM ledger_refuse('ledger_book_owners_only', 'only an owner of the book may do this');
  END IF;
END
$$;

-- ── Settings ──────────────────────────────────────────────────────────────────────────────────────────────────────────

GRANT UPDATE (time_zone, fiscal_year_start_month, month_start_day) ON ledger_book TO rupaya_user;

-- India's zone is in every list, and reading the list opens hundreds of files: it is read for others alone.
CREATE FUNCTION ledger_book_time_zone_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.time_zone) THEN
    PERFORM ledger_refuse('ledger_book_time_zone', 'there is no such time zone');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER ledger_book_time_zone BEFORE INSERT OR UPDATE OF time_zone ON ledger_book
  FOR EACH ROW WHEN (NEW.time_zone <> 'Asia/Kolkata') EXECUTE FUNCTION ledger_book_time_zone_guard();

-- A book's currency can change until money was written in it; its accounts follow. Waits for those who are posting.
CREATE FUNCTION ledger_book_currency_set(book uuid, wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM ledger_book_own(book);
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  IF EXISTS (SELECT FROM ledger_transaction WHERE book_id = book)
     OR EXISTS (SELECT FROM ledger_statement WHERE book_id = book) THEN
    PERFORM ledger_refuse('ledger_book_currency_settled', 'money was written in the book''s currency');
  END IF;
  UPDATE ledger_account a SET currency = wanted
    FROM ledger_book b
   WHERE b.id = book AND a.book_id = book AND a.currency = b.base_currency;
  UPDATE ledger_book SET base_currency = wanted WHERE id = book;
END
$$;

-- ── Members ───────────────────────────────────────────────────────────────────────────────────────────────────────────

-- How many: 20 members a book, 20 books owned by one person, 100 books a person is a member of. And an owner is not
-- restricted: what was hidden from whoever becomes one is shown again.
CREATE FUNCTION ledger_member_limits() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER ledger_member_limits_insert AFTER INSERT ON ledger_member
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_limits();
CREATE TRIGGER ledger_member_limits_update AFTER UPDATE ON ledger_member
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_limits();

-- A book always has an owner. The remaining one is locked, not only seen: a transaction of a higher isolation level,
-- which does not see that they have left meanwhile, fails instead of believing its old picture.
CREATE FUNCTION ledger_member_keeps_owner() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER ledger_member_keeps_owner_update AFTER UPDATE ON ledger_member
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_keeps_owner();
CREATE TRIGGER ledger_member_keeps_owner_delete AFTER DELETE ON ledger_member
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_member_keeps_owner();

CREATE FUNCTION ledger_member_role_set(book uuid, person uuid, wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  PERFORM ledger_book_own(book);
  UPDATE ledger_member SET role = wanted WHERE book_id = book AND user_id = person;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_member_exists', 'the book has no such member');
  END IF;
END
$$;

-- Owners remove anybody; everybody may leave.
CREATE FUNCTION ledger_member_remove(book uuid, person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- Both roles change in one statement, so there is no moment with two owners or with none.
CREATE FUNCTION ledger_ownership_transfer(book uuid, person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- ── Invitations ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- Owners see them; only the functions below write them. The schema's owner, as whom these run, needs its own policies:
-- whoever accepts is not a member yet.
ALTER TABLE ledger_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_invitation FORCE ROW LEVEL SECURITY;
CREATE POLICY owners_read ON ledger_invitation FOR SELECT USING (book_id = ANY ((SELECT app_books('own'))::uuid[]));
CREATE POLICY owner_reads ON ledger_invitation FOR SELECT TO rupaya_owner USING (true);
CREATE POLICY owner_invites ON ledger_invitation FOR INSERT TO rupaya_owner WITH CHECK (true);
CREATE POLICY owner_settles ON ledger_invitation FOR UPDATE TO rupaya_owner USING (true);
REVOKE INSERT, UPDATE, DELETE ON ledger_invitation FROM rupaya_user;
SELECT audit_table('ledger_invitation', book_column => 'book_id', hidden => 'token_hash');

-- A newer invitation to the same address takes the place of the older one. At most 20 wait in a book, and 50 are sent
-- in a day: an owner can't make us a mill for letters.
CREATE FUNCTION ledger_invitation_open(invitation uuid, book uuid, address text, wanted text, hash bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

CREATE FUNCTION ledger_invitation_revoke(book uuid, invitation uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_member_lock(book));
  PERFORM ledger_book_own(book);
  UPDATE ledger_invitation SET revoked_at = now()
   WHERE id = invitation AND book_id = book AND accepted_at IS NULL AND revoked_at IS NULL;
  IF NOT FOUND THEN
    PERFORM ledger_refuse('ledger_invitation_exists', 'there is no such invitation');
  END IF;
END
$$;

-- The invitation behind a token, for the actor to whom it was sent; refuses everybody else, and one that is over.
-- What it is about is told only after the address was found to be the actor's.
CREATE FUNCTION ledger_invitation_for_actor(hash bytea) RETURNS ledger_invitation
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

CREATE FUNCTION ledger_invitation_show(hash bytea)
RETURNS TABLE (book_name text, inviter text, role text, expires_at timestamptz)
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT b.name, u.full_name, i.role, i.expires_at
    FROM ledger_invitation_for_actor(hash) i
    JOIN ledger_book b ON b.id = i.book_id
    JOIN accounts_user u ON u.id = i.invited_by_id
$$;

-- The one way into a book that is there; gives the book. Of many at once with one token, one gets in.
CREATE FUNCTION ledger_invitation_accept(hash bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- ── What a member sees of the accounts ────────────────────────────────────────────────────────────────────────────────

-- Both are of the same book, and go with the member. Absent means full.
ALTER TABLE ledger_account_visibility
  ADD CONSTRAINT ledger_account_visibility_account_in_book
    FOREIGN KEY (book_id, account_id) REFERENCES ledger_account (book_id, id),
  ADD CONSTRAINT ledger_account_visibility_of_member
    FOREIGN KEY (user_id, book_id) REFERENCES ledger_member (user_id, book_id) ON DELETE CASCADE;

-- The actor's accounts that don't exist for them.
CREATE FUNCTION app_accounts_hidden() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(account_id), '{}')
    FROM ledger_account_visibility WHERE user_id = app_actor() AND visibility = 'hidden'
$$;

-- Those that the actor may not write to: hidden ones, and those that they only read.
CREATE FUNCTION app_accounts_locked() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(account_id), '{}') FROM ledger_account_visibility WHERE user_id = app_actor()
$$;

-- The books of which the actor does not see all.
CREATE FUNCTION app_books_veiled() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(DISTINCT book_id), '{}')
    FROM ledger_account_visibility WHERE user_id = app_actor() AND visibility = 'hidden'
$$;

-- Owners set it and see all of it; a member sees what they may only read, and not that something is hidden.
ALTER TABLE ledger_account_visibility ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_account_visibility FORCE ROW LEVEL SECURITY;
CREATE POLICY owners_read ON ledger_account_visibility FOR SELECT
  USING (book_id = ANY ((SELECT app_books('own'))::uuid[]));
CREATE POLICY members_read_own ON ledger_account_visibility FOR SELECT
  USING (user_id = (SELECT app_actor()) AND visibility = 'read');
CREATE POLICY owners_insert ON ledger_account_visibility FOR INSERT
  WITH CHECK (book_id = ANY ((SELECT app_books('own'))::uuid[]));
CREATE POLICY owners_update ON ledger_account_visibility FOR UPDATE
  USING (book_id = ANY ((SELECT app_books('own'))::uuid[]))
  WITH CHECK (book_id = ANY ((SELECT app_books('own'))::uuid[]));
CREATE POLICY owners_delete ON ledger_account_visibility FOR DELETE
  USING (book_id = ANY ((SELECT app_books('own'))::uuid[]));
CREATE POLICY owner_reads ON ledger_account_visibility FOR SELECT TO rupaya_owner USING (true);
CREATE POLICY owner_lifts ON ledger_account_visibility FOR DELETE TO rupaya_owner USING (true);
REVOKE UPDATE ON ledger_account_visibility FROM rupaya_user;
GRANT UPDATE (visibility) ON ledger_account_visibility TO rupaya_user;
SELECT audit_table('ledger_account_visibility', book_column => 'book_id', hidden => '');

CREATE FUNCTION ledger_account_visibility_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER ledger_account_visibility_guard AFTER INSERT ON ledger_account_visibility
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_visibility_guard();

-- A hidden account is not there, nor are the bank's files for it.
ALTER POLICY members_read ON ledger_account
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND id <> ALL ((SELECT app_accounts_hidden())::uuid[]));
ALTER POLICY members_read ON ledger_statement
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND account_id <> ALL ((SELECT app_accounts_hidden())::uuid[]));
ALTER POLICY members_read ON ledger_statement_line
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND account_id <> ALL ((SELECT app_accounts_hidden())::uuid[]));

-- Nothing is written to a locked one. A guard and not a policy: a policy would pass over the rows in silence, or refuse
-- without a name that could be explained. Each trigger names the rows it touched `touched`.
CREATE FUNCTION ledger_account_writable() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  locked uuid[] := app_accounts_locked();
  is_locked boolean := false;
BEGIN
  IF locked = '{}' THEN
    RETURN NULL;
  ELSIF TG_TABLE_NAME = 'ledger_account' THEN
    is_locked := EXISTS (SELECT FROM touched WHERE id = ANY (locked));
  ELSE
    is_locked := EXISTS (SELECT FROM touched WHERE account_id = ANY (locked));
  END IF;
  IF is_locked THEN
    PERFORM ledger_refuse('ledger_account_writable', 'the account is one that the actor may only read');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON ledger_account
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_delete AFTER DELETE ON ledger_account
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_insert AFTER INSERT ON ledger_statement
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON ledger_statement
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_delete AFTER DELETE ON ledger_statement
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_insert AFTER INSERT ON ledger_statement_line
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_update AFTER UPDATE ON ledger_statement_line
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
CREATE TRIGGER ledger_account_writable_delete AFTER DELETE ON ledger_statement_line
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();

-- The log tells of hidden accounts too: whoever does not see all of a book sees in it only what they did themselves.
ALTER POLICY book_entries ON audit_logs
  USING (book_id = ANY ((SELECT app_books('read'))::uuid[]) AND book_id <> ALL ((SELECT app_books_veiled())::uuid[]));
