-- One guard asks everything about new legs: also whether the actor may write to their accounts, in the pass that reads them.
CREATE OR REPLACE FUNCTION ledger_posting_insert_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  problem text;
  amended uuid[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  -- Sums are made first and judged outside: so the judging function is written into the query and not called.
  SELECT min(CASE WHEN whole.is_locked THEN 'ledger_account_writable'
             ELSE coalesce(
               ledger_legs_problem(whole.type, whole.status, whole.first_line, whole.legs, whole.total, whole.low, whole.high,
                                   whole.own, whole.categories, whole.dates_fit, whole.own_fit),
               whole.refusal) END),
         array_agg(whole.id) FILTER (WHERE whole.low > 1)
    INTO problem, amended
    FROM (
      SELECT t.id, CASE WHEN bool_and(t.book_id = p.book_id) THEN t.type END AS type, t.status, t.first_line,
             count(*) AS legs, sum(p.base_minor) AS total, min(p.line) AS low, max(p.line) AS high,
             count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own,
             count(*) FILTER (WHERE a.type = t.type) AS categories,
             bool_and(p.date = t.date) AS dates_fit,
             bool_and(ledger_own_fits(t.type, t.account_id, t.to_account_id, t.amount_minor, p.account_id, p.amount_minor))
               FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own_fit,
             bool_or(p.account_id IN (SELECT v.account_id FROM ledger_account_visibility v WHERE v.user_id = app_actor()))
               AS is_locked,
             min(CASE WHEN p.recorded_at <> t.changed_at THEN 'ledger_posting_recorded_then'
                      WHEN a.closed_at IS NOT NULL THEN 'ledger_account_open'
                      WHEN p.date <= b.closed_until THEN 'ledger_period_open'
                      WHEN p.currency = b.base_currency AND p.amount_minor <> p.base_minor
                        THEN 'ledger_posting_base_equals_amount' END) AS refusal
        FROM new_rows p
        JOIN ledger_account a ON a.id = p.account_id
        JOIN ledger_book b ON b.id = p.book_id
        -- By the key alone: asked for the book too, a plan of a young ledger reads the book's whole index for each leg.
        LEFT JOIN ledger_transaction t ON t.id = p.transaction_id
       GROUP BY t.id) whole;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'the postings are not what a transaction may be');
  END IF;
  IF amended IS NOT NULL THEN
    PERFORM ledger_transactions_check(amended);
  END IF;
  INSERT INTO ledger_month_total AS total (book_id, account_id, month, amount_minor, base_minor)
  SELECT book_id, account_id, date_trunc('month', date)::date, sum(amount_minor), sum(base_minor)
    FROM new_rows
   GROUP BY 1, 2, 3
   ORDER BY 1, 2, 3  -- concurrent writers meet in one order, so none waits for another in a circle
  ON CONFLICT (book_id, account_id, month) DO UPDATE
    SET amount_minor = total.amount_minor + excluded.amount_minor,
        base_minor = total.base_minor + excluded.base_minor;
  RETURN NULL;
END
$$;
DROP TRIGGER ledger_account_writable_insert ON ledger_posting;

-- One pass over the new headers instead of two.
CREATE OR REPLACE FUNCTION ledger_transaction_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  problem text;
BEGIN
  SELECT min(CASE
      WHEN (SELECT p.line FROM ledger_posting p WHERE p.transaction_id = t.id AND p.line = 1) IS NULL
        THEN 'ledger_transaction_has_postings'
      WHEN t.external_account_id <> t.account_id THEN 'ledger_transaction_external_whole' END)
    INTO problem
    FROM new_rows t;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction brings its postings, and an external id belongs to its own account');
  END IF;
  RETURN NULL;
END
$$;

-- The same array without an aggregate; policies ask for it at each statement.
CREATE OR REPLACE FUNCTION app_books(wanted text) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT ARRAY(
    SELECT book_id FROM ledger_member
     WHERE user_id = app_actor()
       AND CASE wanted
             WHEN 'read' THEN true
             WHEN 'write' THEN role IN ('owner', 'editor')
             WHEN 'own' THEN role = 'owner'
           END)
$$;

-- A month total is written by the guards of the legs, whose own policies let the book through, and by the owner's repair:
-- nobody else has the right. The policies say that, and need not ask for the actor's books again, four times a posting.
DROP POLICY writers_insert ON ledger_month_total;
DROP POLICY writers_update ON ledger_month_total;
DROP POLICY writers_delete ON ledger_month_total;
CREATE POLICY guards_insert ON ledger_month_total FOR INSERT TO rupaya_owner WITH CHECK (pg_trigger_depth() > 0);
CREATE POLICY guards_update ON ledger_month_total FOR UPDATE TO rupaya_owner
  USING (pg_trigger_depth() > 0) WITH CHECK (pg_trigger_depth() > 0);
-- It counts legs, and no leg is without its account: their key, which the total need not repeat, also keeps the account.
ALTER TABLE ledger_month_total DROP CONSTRAINT ledger_month_total_account_in_book;

-- A check is parsed anew by each statement that writes, so words cost: these say the same with fewer. 0025 validates them.
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_type,
  ADD CONSTRAINT ledger_transaction_type CHECK (type = ANY ('{income,expense,transfer}'::text[])) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_origin,
  ADD CONSTRAINT ledger_transaction_origin CHECK (origin = ANY ('{manual,statement,opening,adjustment}'::text[])) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_status,
  ADD CONSTRAINT ledger_transaction_status CHECK (status = ANY ('{pending,posted,void}'::text[])) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_transfer_has_target,
  ADD CONSTRAINT ledger_transaction_transfer_has_target CHECK ((type = 'transfer') = (to_account_id IS NOT NULL)) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_external_whole,
  ADD CONSTRAINT ledger_transaction_external_whole CHECK ((external_id IS NULL) = (external_account_id IS NULL) AND external_id <> '') NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_tags_few,
  ADD CONSTRAINT ledger_transaction_tags_few CHECK (cardinality(tags) <= 20) NOT VALID;
ALTER TABLE ledger_month_total DROP CONSTRAINT ledger_month_total_in_range,
  ADD CONSTRAINT ledger_month_total_in_range CHECK (greatest(abs(amount_minor), abs(base_minor)) <= 1000000000000000000) NOT VALID;
