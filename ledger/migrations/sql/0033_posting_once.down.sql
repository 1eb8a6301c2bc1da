-- The constraints and guards of before.
DROP FUNCTION ledger_transactions_check(uuid[]);
DROP FUNCTION ledger_legs_problem(text, smallint, bigint, smallint, bigint, numeric, numeric, text, text);
DROP FUNCTION ledger_leg_problem(text, text, smallint, date, uuid, uuid, bigint, smallint, date, uuid, text, bigint);
CREATE OR REPLACE FUNCTION ledger_own_fits(type text, account_id uuid, to_account_id uuid, amount_minor bigint, leg_account uuid, leg_minor bigint) RETURNS boolean
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE leg_account
    WHEN account_id THEN leg_minor = CASE type WHEN 'income' THEN amount_minor ELSE -amount_minor END
    WHEN to_account_id THEN leg_minor > 0
    ELSE false
  END
$$;
CREATE OR REPLACE FUNCTION ledger_legs_problem(type text, status text, first_line integer, legs bigint, total numeric, low integer, high integer, own bigint, categories bigint, dates_fit boolean, own_fit boolean) RETURNS text
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN type IS NULL THEN 'ledger_posting_has_transaction'
    WHEN status = 'void' THEN CASE WHEN legs > 0 THEN 'ledger_transaction_void_counts_nothing' END
    WHEN legs < 2 OR total <> 0 THEN 'ledger_transaction_balanced'
    WHEN low <> first_line OR high - low + 1 <> legs THEN 'ledger_transaction_whole'
    WHEN NOT dates_fit THEN 'ledger_posting_date_fits'
    WHEN CASE type WHEN 'transfer' THEN legs <> 2 OR own <> 2 ELSE own <> 1 OR categories <> legs - 1 END
      THEN 'ledger_transaction_legs_fit'
    WHEN own_fit IS NOT TRUE THEN 'ledger_transaction_header_fits'
  END
$$;
CREATE OR REPLACE FUNCTION ledger_transactions_check(ids uuid[]) RETURNS void
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  problem text;
BEGIN
  SELECT min(ledger_legs_problem(t.type, t.status, t.first_line, live.legs, live.total, live.low, live.high, live.own,
                                 live.categories, live.dates_fit, live.own_fit))
    INTO problem
    FROM ledger_transaction t
   CROSS JOIN LATERAL (
     SELECT count(*) AS legs, sum(p.base_minor) AS total, min(p.line) AS low, max(p.line) AS high,
            count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own,
            count(*) FILTER (WHERE a.type = t.type) AS categories,
            bool_and(p.date = t.date) AS dates_fit,
            bool_and(ledger_own_fits(t.type, t.account_id, t.to_account_id, t.amount_minor, p.account_id, p.amount_minor))
              FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own_fit
       -- First the legs of the one transaction: without OFFSET the index of all live legs would be read as well.
       FROM (SELECT * FROM ledger_posting WHERE transaction_id = t.id OFFSET 0) p
       JOIN ledger_account a ON a.id = p.account_id
      WHERE p.retired_at IS NULL) live
   WHERE t.id = ANY (ids);
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction would not be whole');
  END IF;
END
$$;
CREATE OR REPLACE FUNCTION ledger_posting_insert_guard() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
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
CREATE OR REPLACE FUNCTION ledger_posting_currency_guard() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_book b ON b.id = p.book_id
              WHERE p.currency <> b.base_currency
              GROUP BY p.transaction_id, p.currency
             HAVING count(*) > 1 AND sum(p.amount_minor) <> 0) THEN
    PERFORM ledger_refuse('ledger_transaction_balanced', 'what leaves an account reaches the other one of its currency');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_posting_one_currency AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_currency_guard();
CREATE OR REPLACE FUNCTION ledger_transaction_guard() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
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
CREATE TRIGGER ledger_transaction_one_change_insert AFTER INSERT ON ledger_transaction
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_change_once_guard();
DROP TRIGGER ledger_header_update ON ledger_transaction;
DROP FUNCTION ledger_header_guard();
CREATE FUNCTION ledger_transaction_versions_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows n JOIN old_rows o ON o.id = n.id
              WHERE n.version > 1000 AND (n.status = 'void') = (o.status = 'void')) THEN
    PERFORM ledger_refuse('ledger_transaction_versions_few', 'after 1,000 versions a transaction becomes void or is restored');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_transaction_versions_update AFTER UPDATE ON ledger_transaction
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_versions_guard();
DROP FUNCTION ledger_header_problem(text, text, text, uuid, varchar[]);

DROP POLICY writers_insert ON ledger_posting;
CREATE POLICY writers_insert ON ledger_posting FOR INSERT
  WITH CHECK (book_id = ANY ((SELECT app_books('write'))::uuid[]));
DROP POLICY writers_insert ON ledger_transaction;
CREATE POLICY writers_insert ON ledger_transaction FOR INSERT
  WITH CHECK (book_id = ANY ((SELECT app_books('write'))::uuid[]));
DROP VIEW app_memberships;

ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_signs_agree,
  ADD CONSTRAINT ledger_posting_signs_agree
    CHECK (amount_minor > 0 AND base_minor > 0 OR amount_minor < 0 AND base_minor < 0) NOT VALID;
ALTER TABLE ledger_month_total ADD CONSTRAINT ledger_month_total_first_day CHECK (EXTRACT(day FROM month) = 1) NOT VALID;
ALTER TABLE ledger_transaction
  ADD CONSTRAINT ledger_transaction_type CHECK (type = ANY ('{income,expense,transfer}'::text[])) NOT VALID,
  ADD CONSTRAINT ledger_transaction_origin CHECK (origin = ANY ('{manual,statement,opening,adjustment}'::text[])) NOT VALID,
  ADD CONSTRAINT ledger_transaction_status CHECK (status = ANY ('{pending,posted,void}'::text[])) NOT VALID,
  ADD CONSTRAINT ledger_transaction_tags_few CHECK (cardinality(tags) <= 20) NOT VALID,
  ADD CONSTRAINT ledger_transaction_versions_few
    CHECK (version <= 1100 OR (version = 1101 AND status = 'void')) NOT VALID,
  ADD CONSTRAINT ledger_transaction_external_whole
    CHECK ((external_id IS NULL) = (external_account_id IS NULL) AND external_id <> '') NOT VALID,
  ADD CONSTRAINT ledger_transaction_transfer_has_target CHECK ((type = 'transfer') = (to_account_id IS NOT NULL)) NOT VALID,
  ADD CONSTRAINT ledger_transaction_tags_said
    CHECK (CASE WHEN coalesce(array_ndims(tags), 1) = 1
                THEN array_position(tags, NULL) IS NULL AND array_position(tags, '') IS NULL
                ELSE false END) NOT VALID;
