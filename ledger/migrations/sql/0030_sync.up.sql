-- What a phone must hear of since it last asked. Places in time are ids of the database's transactions (xid8): what was
-- written below the oldest one that still runs is all there, whatever is committed later.

-- ── Which database transaction wrote a header last ────────────────────────────────────────────────────────────────────

-- What is there already stays at 0; a constant first, so that no row is written anew.
ALTER TABLE ledger_transaction ADD COLUMN changed_xid xid8 NOT NULL DEFAULT '0';
ALTER TABLE ledger_transaction ALTER COLUMN changed_xid SET DEFAULT pg_current_xact_id();

CREATE FUNCTION ledger_transaction_stamp() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.changed_xid := pg_current_xact_id();
  RETURN NEW;
END
$$;
CREATE TRIGGER ledger_transaction_stamp BEFORE UPDATE ON ledger_transaction
  FOR EACH ROW EXECUTE FUNCTION ledger_transaction_stamp();

-- The log keeps what was said, and not where it stood among the database's transactions.
DROP TRIGGER audit_insert ON ledger_transaction;
DROP TRIGGER audit_update ON ledger_transaction;
DROP TRIGGER audit_delete ON ledger_transaction;
DROP TRIGGER truncate_refuse ON ledger_transaction;
SELECT audit_table('ledger_transaction', book_column => 'book_id',
                   hidden => 'first_line,change_id,changed_at,changed_by,changed_xid');

-- ── What else happened ────────────────────────────────────────────────────────────────────────────────────────────────

-- That something happened to an object, and not what: whoever reads it looks at the object as it is by then. Too many events
-- do no harm, one too few does. Kinds: book, member (role or name), joined and left (a member's own), account, names (the
-- account's name, which stands in its transactions), visible (an account was hidden from that person, or shown again),
-- transaction (its attachments; its header knows by itself). With a user it concerns that person alone.
CREATE TABLE ledger_sync_event (
  book_id uuid NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL CONSTRAINT ledger_sync_event_kind
    CHECK (kind IN ('book', 'member', 'joined', 'left', 'account', 'names', 'visible', 'transaction')),
  object_id uuid NOT NULL,
  user_id uuid
);
CREATE UNIQUE INDEX ledger_sync_event_once ON ledger_sync_event (book_id, xid, kind, object_id, user_id) NULLS NOT DISTINCT;
CREATE INDEX ledger_sync_event_own ON ledger_sync_event (user_id, xid) WHERE user_id IS NOT NULL;
CREATE INDEX ledger_sync_event_age ON ledger_sync_event (xid);

ALTER TABLE ledger_sync_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_sync_event FORCE ROW LEVEL SECURITY;
-- A person's own events stay theirs when they have left the book. Of what is hidden nothing ever happens.
CREATE POLICY members_read ON ledger_sync_event FOR SELECT
  USING (user_id = (SELECT app_actor())
         OR (user_id IS NULL AND book_id = ANY ((SELECT app_books('read'))::uuid[])
             AND CASE WHEN book_id <> ALL ((SELECT app_books_veiled())::uuid[]) THEN true
                      WHEN kind IN ('account', 'names') THEN object_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
                      WHEN kind = 'transaction' THEN
                        EXISTS (SELECT FROM ledger_transaction t
                                 WHERE t.id = ledger_sync_event.object_id AND t.book_id = ledger_sync_event.book_id)
                      ELSE true END));
CREATE POLICY owner_reads ON ledger_sync_event FOR SELECT TO rupaya_owner USING (true);
CREATE POLICY owner_writes ON ledger_sync_event FOR INSERT TO rupaya_owner WITH CHECK (true);
CREATE POLICY owner_forgets ON ledger_sync_event FOR DELETE TO rupaya_owner USING (true);
REVOKE INSERT, UPDATE, DELETE ON ledger_sync_event FROM rupaya_user;

-- Everything below an account in the tree: the path of each has its name.
CREATE FUNCTION ledger_accounts_below(ids uuid[]) RETURNS TABLE (book_id uuid, id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
  WITH RECURSIVE below AS (
    SELECT a.book_id, a.id, 1 AS depth FROM ledger_account a WHERE a.id = ANY (ids)
    UNION ALL
    SELECT child.book_id, child.id, below.depth + 1
      FROM below JOIN ledger_account child ON child.book_id = below.book_id AND child.parent_id = below.id
     WHERE below.depth <= 10
  )
  SELECT below.book_id, below.id FROM below WHERE below.depth > 1
$$;

-- The functions below run as the owner, who alone writes events, after whatever statement made them.
CREATE FUNCTION ledger_sync_book() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO ledger_sync_event (book_id, kind, object_id) SELECT id, 'book', id FROM new_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON ledger_book
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_book();

-- Who comes or goes changes how many members the others see.
CREATE FUNCTION ledger_sync_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON ledger_member
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_member();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON ledger_member
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_member();
CREATE TRIGGER ledger_sync_delete AFTER DELETE ON ledger_member
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_member();

-- A membership shows the person's name and address.
CREATE FUNCTION ledger_sync_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO ledger_sync_event (book_id, kind, object_id, user_id)
  SELECT book_id, 'member', id, user_id FROM ledger_member WHERE user_id = NEW.id
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_sync_person AFTER UPDATE OF full_name, email ON accounts_user
  FOR EACH ROW WHEN ((NEW.full_name, NEW.email) IS DISTINCT FROM (OLD.full_name, OLD.email))
  EXECUTE FUNCTION ledger_sync_person();

CREATE FUNCTION ledger_sync_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON ledger_account
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_account();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON ledger_account
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_account();

-- Hidden or shown again: the account, the paths below it, and by `visible` its transactions.
CREATE FUNCTION ledger_sync_visibility() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON ledger_account_visibility
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
-- Of an update both sides: it hides, or what it leaves was hidden.
CREATE TRIGGER ledger_sync_update_new AFTER UPDATE ON ledger_account_visibility
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
CREATE TRIGGER ledger_sync_update_old AFTER UPDATE ON ledger_account_visibility
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();
CREATE TRIGGER ledger_sync_delete AFTER DELETE ON ledger_account_visibility
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_visibility();

CREATE FUNCTION ledger_sync_attachment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO ledger_sync_event (book_id, kind, object_id)
  SELECT DISTINCT book_id, 'transaction', transaction_id FROM new_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_sync_insert AFTER INSERT ON ledger_attachment
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_attachment();
CREATE TRIGGER ledger_sync_update AFTER UPDATE ON ledger_attachment
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_sync_attachment();

-- The transactions that were changed in this stretch and are hidden from the actor now, though a version before was not:
-- they may have those. Of one that was always hidden nothing is told. By book and place, from behind the given place on.
CREATE FUNCTION ledger_sync_withdrawn(since xid8, before xid8, after_book uuid, after_xid xid8, after_id uuid, rows_max integer)
RETURNS TABLE (book_id uuid, xid xid8, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;

-- ── How far back ──────────────────────────────────────────────────────────────────────────────────────────────────────

-- Which place a night had reached: so it is known which events are older than 90 days, without an instant on each.
CREATE TABLE ledger_sync_mark (
  epoch text NOT NULL,
  xid xid8 NOT NULL,
  marked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (epoch, xid)
);
REVOKE ALL ON ledger_sync_mark FROM rupaya_user;

-- Where places mean the same. Another cluster, another history of this one (a standby that was promoted, a restore to an
-- earlier time) and another database (a dump that was loaded) count anew, or lack what was told already.
CREATE FUNCTION ledger_sync_epoch() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT concat_ws(':', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
                   (SELECT oid FROM pg_database WHERE datname = current_database()))
$$;

-- The place of now: all below `low` has ended, nothing from `high` on has begun. Events below `kept_from` may be forgotten.
CREATE FUNCTION ledger_sync_head() RETURNS TABLE (epoch text, low xid8, high xid8, kept_from xid8)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT here.epoch, pg_snapshot_xmin(here.seen), pg_snapshot_xmax(here.seen),
         coalesce((SELECT m.xid FROM ledger_sync_mark m
                    WHERE m.epoch = here.epoch AND m.marked_at < now() - interval '90 days'
                    ORDER BY m.xid DESC LIMIT 1), '0')
    FROM (SELECT ledger_sync_epoch() AS epoch, pg_current_snapshot() AS seen) here
$$;

-- Forgets events that are older than 90 days, whoever asks, and those of another epoch that seem to lie ahead.
CREATE FUNCTION ledger_sync_purge(rows_max integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
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
$$;
