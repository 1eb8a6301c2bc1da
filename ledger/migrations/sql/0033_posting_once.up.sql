-- What is asked of a new row, in fewer words and fewer statements. PostgreSQL keeps the plan of a guard's statement, but reads
-- a CHECK's text anew for each statement that writes: fourteen of them cost a posting half of what its rows do. What a header
-- may say is said by its guards, which look at it anyway, under the names that it had; what an amount is stays a CHECK.

-- The book of a posting is that of its account, by their key; the book of a header is that of its postings, by their guard.
ALTER TABLE ledger_transaction
  DROP CONSTRAINT ledger_transaction_type,
  DROP CONSTRAINT ledger_transaction_origin,
  DROP CONSTRAINT ledger_transaction_status,
  DROP CONSTRAINT ledger_transaction_tags_few,
  DROP CONSTRAINT ledger_transaction_tags_said,
  DROP CONSTRAINT ledger_transaction_transfer_has_target,
  DROP CONSTRAINT ledger_transaction_external_whole,
  DROP CONSTRAINT ledger_transaction_versions_few;
-- Its guards count by months, and verify_ledger would tell a row that does not.
ALTER TABLE ledger_month_total DROP CONSTRAINT ledger_month_total_first_day;
ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_signs_agree,
  ADD CONSTRAINT ledger_posting_signs_agree CHECK ((amount_minor < 0) = (base_minor < 0) AND base_minor <> 0) NOT VALID;

-- ── What a header may say ─────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION ledger_header_problem(type text, origin text, status text, to_account_id uuid, tags varchar[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN type NOT IN ('income', 'expense', 'transfer') THEN 'ledger_transaction_type'
    WHEN origin NOT IN ('manual', 'statement', 'opening', 'adjustment') THEN 'ledger_transaction_origin'
    WHEN status NOT IN ('pending', 'posted', 'void') THEN 'ledger_transaction_status'
    WHEN (type = 'transfer') <> (to_account_id IS NOT NULL) THEN 'ledger_transaction_transfer_has_target'
    WHEN cardinality(tags) > 20 THEN 'ledger_transaction_tags_few'
    WHEN ('' <> ALL (tags)) IS NOT TRUE OR array_ndims(tags) > 1 THEN 'ledger_transaction_tags_said'
  END
$$;

-- A new header is a first version with its first line, names a change that nothing else names, and brings its postings.
CREATE OR REPLACE FUNCTION ledger_transaction_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  problem text;
BEGIN
  SELECT min(made.problem)
    INTO problem
    FROM (
      SELECT coalesce(
               min(CASE
                 WHEN (SELECT p.line FROM ledger_posting p WHERE p.transaction_id = t.id AND p.line = 1) IS NULL
                   THEN 'ledger_transaction_has_postings'
                 WHEN t.version <> 1 OR t.first_line <> 1 THEN 'ledger_transaction_append_only'
                 WHEN t.external_account_id IS DISTINCT FROM CASE WHEN t.external_id <> '' THEN t.account_id END
                   OR t.external_id = '' THEN 'ledger_transaction_external_whole'
                 ELSE ledger_header_problem(t.type, t.origin, t.status, t.to_account_id, t.tags) END),
               -- The book in a form that no index takes: plans made for small tables walked the whole book.
               CASE WHEN (SELECT count(*) FROM ledger_transaction o
                           WHERE o.change_id = t.change_id AND o.book_id IS NOT DISTINCT FROM t.book_id) > count(*)
                      OR EXISTS (SELECT FROM ledger_transaction_version v
                                  WHERE v.change_id = t.change_id AND v.book_id IS NOT DISTINCT FROM t.book_id)
                    THEN 'ledger_change_once' END) AS problem
        FROM new_rows t
       GROUP BY t.book_id, t.change_id) made;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction brings its postings, an external id of its own account, and a change of its own');
  END IF;
  RETURN NULL;
END
$$;
DROP TRIGGER ledger_transaction_one_change_insert ON ledger_transaction;

-- ── What legs may be ──────────────────────────────────────────────────────────────────────────────────────────────────

-- What is wrong with a leg, and with all legs of a transaction together. The figure says what is told first.
CREATE FUNCTION ledger_leg_problem(type text, status text, first_line smallint, day date, account_id uuid, to_account_id uuid,
                                   amount_minor bigint, line smallint, leg_date date, leg_account uuid, leg_type text,
                                   leg_minor bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN type IS NULL THEN '1 ledger_posting_has_transaction'
    WHEN status = 'void' THEN '2 ledger_transaction_void_counts_nothing'
    WHEN line < first_line THEN '4 ledger_transaction_whole'
    WHEN leg_date <> day THEN '5 ledger_posting_date_fits'
    WHEN leg_type IN ('income', 'expense') THEN CASE WHEN leg_type <> type THEN '6 ledger_transaction_legs_fit' END
    WHEN CASE leg_account
           WHEN account_id THEN leg_minor <> CASE type WHEN 'income' THEN amount_minor ELSE -amount_minor END
           WHEN to_account_id THEN leg_minor < 0
           ELSE true
         END THEN '7 ledger_transaction_header_fits'
  END
$$;
DROP FUNCTION ledger_transactions_check(uuid[]);
DROP FUNCTION ledger_legs_problem(text, text, integer, bigint, numeric, integer, integer, bigint, bigint, boolean, boolean);
DROP FUNCTION ledger_own_fits(text, uuid, uuid, bigint, uuid, bigint);
-- own: how many legs are no category's. first_currency and last_currency: of the legs, by their alphabet. Between two
-- accounts of one currency that is not the book's, what leaves the one reaches the other; the base would not tell.
CREATE FUNCTION ledger_legs_problem(type text, first_line smallint, legs bigint, high smallint, own bigint, base_total numeric,
                                    total numeric, first_currency text, last_currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN legs < 2 OR base_total <> 0 OR (total <> 0 AND first_currency = last_currency) THEN '3 ledger_transaction_balanced'
    WHEN high - first_line + 1 <> legs THEN '4 ledger_transaction_whole'
    WHEN own <> CASE type WHEN 'transfer' THEN 2 ELSE 1 END THEN '6 ledger_transaction_legs_fit'
  END
$$;

-- Whether the transactions as they stand are whole: with the legs that count, whenever those were written.
CREATE FUNCTION ledger_transactions_check(ids uuid[]) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  problem text;
BEGIN
  SELECT min(least(live.problem, CASE WHEN t.status <> 'void' THEN
               ledger_legs_problem(t.type, t.first_line, live.legs, live.high, live.own, live.base_total, live.total,
                                   live.first_currency, live.last_currency) END))
    INTO problem
    FROM ledger_transaction t
   CROSS JOIN LATERAL (
     SELECT min(ledger_leg_problem(t.type, t.status, t.first_line, t.date, t.account_id, t.to_account_id, t.amount_minor,
                                   p.line, p.date, p.account_id, a.type, p.amount_minor)) AS problem,
            count(*) AS legs, max(p.line) AS high, count(*) FILTER (WHERE a.type NOT IN ('income', 'expense')) AS own,
            sum(p.base_minor) AS base_total, sum(p.amount_minor) AS total,
            min(p.currency) AS first_currency, max(p.currency) AS last_currency
       -- First the legs of the one transaction: without OFFSET the index of all live legs would be read as well.
       FROM (SELECT * FROM ledger_posting WHERE transaction_id = t.id OFFSET 0) p
       JOIN ledger_account a ON a.id = p.account_id
      WHERE p.retired_at IS NULL) live
   WHERE t.id = ANY (ids);
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(substr(problem, 3), 'a transaction would not be whole');
  END IF;
END
$$;

-- One guard asks everything about new legs. Those of a change are asked about by the guard of the change too, which looks at
-- all that count.
CREATE OR REPLACE FUNCTION ledger_posting_insert_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  problem text;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  -- Sums are made first and judged outside: so the judging function is written into the query and not called.
  SELECT min(least(whole.problem,
                   ledger_legs_problem(whole.type, whole.first_line, whole.legs, whole.high, whole.own, whole.base_total,
                                       whole.total, whole.first_currency, whole.last_currency)))
    INTO problem
    FROM (
      SELECT t.type, t.first_line,
             min(CASE
               WHEN p.account_id = ANY (ARRAY(SELECT v.account_id FROM ledger_account_visibility v
                                               WHERE v.user_id = (SELECT app_actor())))
                 THEN '0 ledger_account_writable'
               WHEN t.book_id <> p.book_id THEN '1 ledger_posting_has_transaction'
               ELSE coalesce(
                 ledger_leg_problem(t.type, t.status, t.first_line, t.date, t.account_id, t.to_account_id, t.amount_minor,
                                    p.line, p.date, p.account_id, a.type, p.amount_minor),
                 CASE WHEN a.closed_at IS NOT NULL THEN '8 ledger_account_open'
                      WHEN p.date <= b.closed_until THEN '8 ledger_period_open'
                      WHEN p.amount_minor <> p.base_minor AND p.currency = b.base_currency
                        THEN '8 ledger_posting_base_equals_amount'
                      WHEN p.recorded_at <> t.changed_at THEN '8 ledger_posting_recorded_then' END) END) AS problem,
             count(*) AS legs, max(p.line) AS high, count(*) FILTER (WHERE a.type NOT IN ('income', 'expense')) AS own,
             sum(p.base_minor) AS base_total, sum(p.amount_minor) AS total,
             min(p.currency) AS first_currency, max(p.currency) AS last_currency
        FROM new_rows p
        JOIN ledger_account a ON a.id = p.account_id
        JOIN ledger_book b ON b.id = p.book_id
        -- By the key alone: asked for the book too, a plan of a young ledger reads the book's whole index for each leg.
        LEFT JOIN ledger_transaction t ON t.id = p.transaction_id
       GROUP BY t.id) whole;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(substr(problem, 3), 'the postings are not what a transaction may be');
  END IF;
  INSERT INTO ledger_month_total AS total (book_id, account_id, month, amount_minor, base_minor)
  SELECT book_id, account_id, date_trunc('month', date::timestamp)::date, sum(amount_minor), sum(base_minor)
    FROM new_rows
   GROUP BY 1, 2, 3
   ORDER BY 1, 2, 3  -- concurrent writers meet in one order, so none waits for another in a circle
  ON CONFLICT (book_id, account_id, month) DO UPDATE
    SET amount_minor = total.amount_minor + excluded.amount_minor,
        base_minor = total.base_minor + excluded.base_minor;
  RETURN NULL;
END
$$;
DROP TRIGGER ledger_posting_one_currency ON ledger_posting;
DROP FUNCTION ledger_posting_currency_guard();

-- ── Who may write ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- The actor's own memberships, which the policies of the two busiest tables read within the statement: a call of app_books costs
-- as much as a row. The view is its owner's, whom ledger_member's policy lets pass.
CREATE VIEW app_memberships AS
  SELECT book_id, role FROM ledger_member WHERE user_id = (SELECT app_actor());
REVOKE ALL ON app_memberships FROM rupaya_user;
GRANT SELECT ON app_memberships TO rupaya_user;
DROP POLICY writers_insert ON ledger_transaction;
CREATE POLICY writers_insert ON ledger_transaction FOR INSERT
  WITH CHECK (book_id = ANY (ARRAY(SELECT m.book_id FROM app_memberships m WHERE m.role::text IN ('owner', 'editor'))));
DROP POLICY writers_insert ON ledger_posting;
CREATE POLICY writers_insert ON ledger_posting FOR INSERT
  WITH CHECK (book_id = ANY (ARRAY(SELECT m.book_id FROM app_memberships m WHERE m.role::text IN ('owner', 'editor'))));

-- ── What a change may say ─────────────────────────────────────────────────────────────────────────────────────────────

-- A header that changes says what a new one may say; edits end at 1,000 versions, and the rest up to the last, which is for
-- making void, is for making void and restoring, in turns.
DROP TRIGGER ledger_transaction_versions_update ON ledger_transaction;
DROP FUNCTION ledger_transaction_versions_guard();
CREATE FUNCTION ledger_header_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  problem text;
BEGIN
  SELECT min(CASE
      WHEN n.version > 1000
        AND ((n.status = 'void') = (o.status = 'void') OR n.version > CASE n.status WHEN 'void' THEN 1101 ELSE 1100 END)
        THEN 'ledger_transaction_versions_few'
      ELSE ledger_header_problem(n.type, n.origin, n.status, n.to_account_id, n.tags) END)
    INTO problem
    FROM new_rows n JOIN old_rows o ON o.id = n.id;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'after 1,000 versions a transaction becomes void or is restored; it says what a new one may say');
  END IF;
  RETURN NULL;
END
$$;
-- By its name it speaks before the guard of the change, which would find other words for a header that says nonsense.
CREATE TRIGGER ledger_header_update AFTER UPDATE ON ledger_transaction
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_header_guard();
