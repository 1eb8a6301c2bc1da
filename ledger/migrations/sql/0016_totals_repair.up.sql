-- Month totals that are not the sum of the legs that count; of one book, or of all where `book` is NULL.
-- A month whose legs were all retired may keep a total of nothing.
CREATE FUNCTION ledger_totals_wrong(book uuid)
RETURNS TABLE (book_id uuid, account_id uuid, month date, kept_amount_minor numeric, kept_base_minor numeric,
               amount_minor numeric, base_minor numeric, legs bigint)
LANGUAGE sql STABLE
AS $$
  SELECT coalesce(k.book_id, r.book_id), coalesce(k.account_id, r.account_id), coalesce(k.month, r.month),
         coalesce(k.amount_minor, 0), coalesce(k.base_minor, 0), coalesce(r.amount_minor, 0), coalesce(r.base_minor, 0),
         coalesce(r.legs, 0)
    FROM (SELECT t.* FROM ledger_month_total t WHERE $1 IS NULL OR t.book_id = $1) k
    FULL JOIN (
      SELECT p.book_id, p.account_id, date_trunc('month', p.date)::date AS month,
             sum(p.amount_minor) AS amount_minor, sum(p.base_minor) AS base_minor, count(*) AS legs
        FROM ledger_posting p
       WHERE p.retired_at IS NULL AND ($1 IS NULL OR p.book_id = $1)
       GROUP BY 1, 2, 3) r
      ON r.book_id = k.book_id AND r.account_id = k.account_id AND r.month = k.month
   WHERE coalesce(k.base_minor, 0) <> coalesce(r.base_minor, 0)
      OR coalesce(k.amount_minor, 0) <> coalesce(r.amount_minor, 0)
$$;

-- Puts a book's month totals right, writes each into the audit log, and says what they were and are. Holds the book alone.
-- For the schema's owner, who logs in as itself: manage.py verify_ledger --repair-totals.
CREATE FUNCTION ledger_totals_repair(book uuid)
RETURNS TABLE (account_id uuid, month date, kept_amount_minor numeric, kept_base_minor numeric, amount_minor numeric,
               base_minor numeric)
LANGUAGE sql
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT pg_advisory_xact_lock(ledger_period_lock(book));
  WITH wrong AS MATERIALIZED (
    SELECT * FROM ledger_totals_wrong(book)
  ), put_right AS (
    INSERT INTO ledger_month_total AS total (book_id, account_id, month, amount_minor, base_minor)
    SELECT w.book_id, w.account_id, w.month, w.amount_minor, w.base_minor FROM wrong w WHERE w.legs > 0
    ON CONFLICT (book_id, account_id, month) DO UPDATE
      SET amount_minor = excluded.amount_minor, base_minor = excluded.base_minor
  ), removed AS (
    DELETE FROM ledger_month_total total
     USING wrong w
     WHERE w.legs = 0 AND total.book_id = w.book_id AND total.account_id = w.account_id AND total.month = w.month
  ), logged AS (
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, changes, user_agent,
                            request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown'),
           'UPDATE', 'ledger_month_total', format('%s %s', w.account_id, w.month), w.book_id,
           jsonb_build_object('amount_minor', jsonb_build_array(w.kept_amount_minor, w.amount_minor),
                              'base_minor', jsonb_build_array(w.kept_base_minor, w.base_minor)),
           coalesce(current_setting('app.user_agent', true), ''), coalesce(current_setting('app.request_id', true), ''),
           clock_timestamp()
      FROM wrong w
  )
  SELECT w.account_id, w.month, w.kept_amount_minor, w.kept_base_minor, w.amount_minor, w.base_minor FROM wrong w
   ORDER BY w.account_id, w.month;
$$;
REVOKE EXECUTE ON FUNCTION ledger_totals_wrong(uuid), ledger_totals_repair(uuid) FROM rupaya_user;

-- Only for who logged in as the owner: a function that borrows its rights goes on asking for the actor's.
CREATE POLICY owner_repairs ON ledger_month_total TO rupaya_owner
  USING (session_user = current_user) WITH CHECK (session_user = current_user);
