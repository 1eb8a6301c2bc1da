SELECT tenant_table('ledger_attachment', 'book_id');
-- An attachment is what it was when it came: only that it was removed is ever written, and by whom and when it came is
-- said by the database.
REVOKE INSERT, UPDATE, DELETE ON ledger_attachment FROM rupaya_user;
GRANT INSERT (id, book_id, transaction_id, slot, name, content_type, size_bytes, sha256, width, height, storage_key)
  ON ledger_attachment TO rupaya_user;
GRANT UPDATE (removed_at) ON ledger_attachment TO rupaya_user;
ALTER TABLE ledger_attachment
  ALTER COLUMN created_by SET DEFAULT app_actor(),
  ADD CONSTRAINT ledger_attachment_transaction_exists FOREIGN KEY (transaction_id) REFERENCES ledger_transaction (id),
  ADD CONSTRAINT ledger_attachment_pixels CHECK (
    CASE WHEN content_type = 'application/pdf' THEN width IS NULL AND height IS NULL
         ELSE coalesce(width > 0 AND height > 0 AND width::bigint * height <= 50000000, false) END);

-- The foreign key can't hold the book: a transaction's key has its date too, which may change. Before the row, so that
-- this guard and not the key answers for a transaction of another book: whether there is one is not told.
CREATE FUNCTION ledger_attachment_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.id = NEW.transaction_id AND t.book_id = NEW.book_id) THEN
    PERFORM ledger_refuse('ledger_attachment_in_book', 'the book has no such transaction');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER ledger_attachment_in_book BEFORE INSERT ON ledger_attachment
  FOR EACH ROW EXECUTE FUNCTION ledger_attachment_guard();

-- Removed once, at the instant that the database says: nobody shortens the 30 days until the bytes go.
CREATE FUNCTION ledger_attachment_removal() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL THEN
    PERFORM ledger_refuse('ledger_attachment_removed_once', 'an attachment is removed once, and stays removed');
  END IF;
  NEW.removed_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER ledger_attachment_removed_once BEFORE UPDATE ON ledger_attachment
  FOR EACH ROW EXECUTE FUNCTION ledger_attachment_removal();

SELECT audit_table('ledger_attachment', book_column => 'book_id', hidden => 'storage_key');

-- What was removed long ago is forgotten, through this one door and by nobody in particular. The keys of the bytes that
-- go with it are for the caller to delete before it commits.
CREATE POLICY owner_forgets ON ledger_attachment FOR DELETE TO rupaya_owner
  USING (removed_at < now() - interval '30 days');
CREATE FUNCTION ledger_attachment_purge(rows_max integer) RETURNS SETOF text
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  DELETE FROM ledger_attachment
   WHERE id IN (SELECT id FROM ledger_attachment
                 WHERE removed_at < now() - interval '30 days'
                 ORDER BY removed_at, id
                 LIMIT least(rows_max, 1000))
  RETURNING storage_key
$$;

-- Of these keys, those that no attachment of any book has.
CREATE FUNCTION ledger_attachment_orphans(keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT key FROM unnest(keys) AS key
   WHERE NOT EXISTS (SELECT FROM ledger_attachment a WHERE a.storage_key = key)
$$;
