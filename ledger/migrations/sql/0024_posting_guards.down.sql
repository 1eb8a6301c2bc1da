ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_type,
  ADD CONSTRAINT ledger_transaction_type CHECK (type IN ('income', 'expense', 'transfer')) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_origin,
  ADD CONSTRAINT ledger_transaction_origin CHECK (origin IN ('manual', 'statement', 'opening', 'adjustment')) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_status,
  ADD CONSTRAINT ledger_transaction_status CHECK (status IN ('pending', 'posted', 'void')) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_transfer_has_target,
  ADD CONSTRAINT ledger_transaction_transfer_has_target CHECK (to_account_id IS NOT NULL AND type = 'transfer' OR NOT type = 'transfer' AND to_account_id IS NULL) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_external_whole,
  ADD CONSTRAINT ledger_transaction_external_whole CHECK (external_account_id IS NULL AND external_id IS NULL OR external_id > '' AND external_account_id IS NOT NULL) NOT VALID;
ALTER TABLE ledger_transaction DROP CONSTRAINT ledger_transaction_tags_few,
  ADD CONSTRAINT ledger_transaction_tags_few CHECK (CASE WHEN tags IS NULL THEN NULL ELSE coalesce(array_length(tags, 1), 0) END <= 20) NOT VALID;
ALTER TABLE ledger_month_total DROP CONSTRAINT ledger_month_total_in_range,
  ADD CONSTRAINT ledger_month_total_in_range CHECK (amount_minor BETWEEN -1000000000000000000 AND 1000000000000000000
         AND base_minor BETWEEN -1000000000000000000 AND 1000000000000000000) NOT VALID;

ALTER TABLE ledger_month_total ADD CONSTRAINT ledger_month_total_account_in_book
  FOREIGN KEY (book_id, account_id) REFERENCES ledger_account (book_id, id) NOT VALID;
DROP POLICY guards_update ON ledger_month_total;
DROP POLICY guards_insert ON ledger_month_total;
CREATE POLICY writers_insert ON ledger_month_total FOR INSERT
  WITH CHECK (book_id = ANY ((SELECT app_books('write'))::uuid[]));
CREATE POLICY writers_update ON ledger_month_total FOR UPDATE
  USING (book_id = ANY ((SELECT app_books('write'))::uuid[]))
  WITH CHECK (book_id = ANY ((SELECT app_books('write'))::uuid[]));
CREATE POLICY writers_delete ON ledger_month_total FOR DELETE
  USING (book_id = ANY ((SELECT app_books('write'))::uuid[]));

CREATE OR REPLACE FUNCTION app_books(wanted text) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(array_agg(book_id), '{}')
    FROM ledger_member
   WHERE user_id = app_actor()
     AND CASE wanted
           WHEN 'read' THEN true
           WHEN 'write' THEN role IN ('owner', 'editor')
           WHEN 'own' THEN role = 'owner'
         END
$$;

CREATE OR REPLACE FUNCTION ledger_transaction_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows t
              WHERE (SELECT p.line FROM ledger_posting p
                      WHERE p.transaction_id = t.id AND p.line = 1) IS NULL) THEN
    PERFORM ledger_refuse('ledger_transaction_has_postings', 'a transaction came without its postings');
  END IF;
  IF EXISTS (SELECT FROM new_rows WHERE external_account_id <> account_id) THEN
    PERFORM ledger_refuse('ledger_transaction_external_whole', 'an external id belongs to the account of its transaction');
  END IF;
  RETURN NULL;
END
$$;

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
  SELECT min(coalesce(
           ledger_legs_problem(whole.type, whole.status, whole.first_line, whole.legs, whole.total, whole.low, whole.high,
                               whole.own, whole.categories, whole.dates_fit, whole.own_fit),
           whole.refusal)),
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
             CASE WHEN bool_or(p.recorded_at <> t.changed_at) THEN 'ledger_posting_recorded_then'
                  WHEN bool_or(a.closed_at IS NOT NULL) THEN 'ledger_account_open'
                  WHEN bool_or(p.date <= b.closed_until) THEN 'ledger_period_open'
                  WHEN bool_or(p.currency = b.base_currency AND p.amount_minor <> p.base_minor)
                    THEN 'ledger_posting_base_equals_amount' END AS refusal
        FROM new_rows p
        JOIN ledger_account a ON a.id = p.account_id
        JOIN ledger_book b ON b.id = p.book_id
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
CREATE TRIGGER ledger_account_writable_insert AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_writable();
