-- A transaction keeps its identity and every version it ever had. Who changes its money retires the postings that
-- counted and inserts new ones with higher lines; the header's old state goes to ledger_transaction_version.

-- Guards plan their questions once a connection, often for a single transaction while tables are small, and keep the plan for
-- an import of twenty thousand. So they ask by the transaction's id alone, where an index that is led by the book would tempt,
-- `enable_seqscan = off` keeps them on keys, and rows of one statement are compared as sets (measured: else quadratic).

-- What a header says of its postings is guarded below; the old keys would bind postings of superseded versions to today's date.
ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_transaction_in_book;
ALTER TABLE ledger_statement_line DROP CONSTRAINT ledger_statement_line_transaction_in_book;
DROP TRIGGER ledger_transaction_append_only ON ledger_transaction;
DROP TRIGGER ledger_posting_append_only ON ledger_posting;
DROP TRIGGER ledger_posting_guard ON ledger_posting;
DROP FUNCTION ledger_posting_guard();

ALTER TABLE ledger_transaction ALTER COLUMN changed_by SET DEFAULT app_actor();
-- Only what a writer may choose: when, by whom and which version are not theirs to say.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_transaction FROM rupaya_user;
GRANT INSERT (id, book_id, date, type, origin, description, payee, notes, tags, status, is_reconciled, account_id,
              to_account_id, amount_minor, external_id, external_account_id, change_id) ON ledger_transaction TO rupaya_user;
GRANT UPDATE (date, type, description, payee, notes, tags, status, is_reconciled, account_id, to_account_id, amount_minor,
              first_line, version, change_id, changed_at, changed_by) ON ledger_transaction TO rupaya_user;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_posting FROM rupaya_user;
GRANT INSERT (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at)
  ON ledger_posting TO rupaya_user;
GRANT UPDATE (retired_at) ON ledger_posting TO rupaya_user;

SELECT tenant_table('ledger_transaction_version', 'book_id');
SELECT append_only('ledger_transaction_version', 'ledger_transaction_version_append_only');

CREATE FUNCTION ledger_delete_refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM ledger_refuse(TG_ARGV[0], format('%s on %s is not allowed: nothing is forgotten', TG_OP, TG_TABLE_NAME));
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_transaction_append_only BEFORE DELETE OR TRUNCATE ON ledger_transaction
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_delete_refuse('ledger_transaction_append_only');
CREATE TRIGGER ledger_posting_append_only BEFORE DELETE OR TRUNCATE ON ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_delete_refuse('ledger_posting_append_only');

-- Written into the query that calls it, which a pinned path would forbid.
CREATE OR REPLACE FUNCTION ledger_period_lock(book uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.hashtextextended('ledger_period:' || book::text, 0) $$;

-- A new header comes with its postings, and a client's own key for it belongs to its account. As the owner: the policy of
-- the postings would be asked for nothing.
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

-- Which promise a transaction breaks with the legs that count; NULL where it keeps all.
-- own: legs on accounts that hold or owe money, or equity. categories: legs on categories of the transaction's type.
-- own_fit: those legs are the header's accounts with the header's amount.
CREATE FUNCTION ledger_legs_problem(type text, status text, first_line integer, legs bigint, total numeric, low integer,
                                    high integer, own bigint, categories bigint, dates_fit boolean, own_fit boolean)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
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

-- Whether a leg on an account of one's own is what the header says of it.
CREATE FUNCTION ledger_own_fits(type text, account_id uuid, to_account_id uuid, amount_minor bigint, leg_account uuid,
                                leg_minor bigint)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE leg_account
    WHEN account_id THEN leg_minor = CASE type WHEN 'income' THEN amount_minor ELSE -amount_minor END
    WHEN to_account_id THEN leg_minor > 0
    ELSE false
  END
$$;

-- Raises for the first of these transactions that breaks a promise, reading the legs that count.
CREATE FUNCTION ledger_transactions_check(ids uuid[]) RETURNS void
LANGUAGE plpgsql STABLE
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

-- Runs as the owner, who alone may write month totals; row-level security still asks for the actor's right.
-- Each statement leaves every transaction it touches whole, so by induction the book is balanced. The key holds the line
-- number, so no two statements can bring the same line: postings of a version can't be split over two.
CREATE FUNCTION ledger_posting_insert_guard() RETURNS trigger
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
CREATE TRIGGER ledger_posting_insert_guard AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_insert_guard();

-- Of a posting only its retirement is ever written, once; whoever retires one leaves its transaction whole.
CREATE FUNCTION ledger_posting_retire_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE retired_at IS NOT NULL) OR EXISTS (SELECT FROM new_rows WHERE retired_at IS NULL)
     OR EXISTS (
       SELECT book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at FROM old_rows
       EXCEPT
       SELECT book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at FROM new_rows
     ) THEN
    PERFORM ledger_refuse('ledger_posting_append_only', 'of a posting only its retirement is written, once');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_book b ON b.id = p.book_id WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
              WHERE a.closed_at IS NOT NULL AND a.type IN ('asset', 'liability', 'equity')) THEN
    PERFORM ledger_refuse('ledger_account_open', 'a closed account holds nothing, and what it held does not change');
  END IF;
  PERFORM ledger_transactions_check((SELECT array_agg(DISTINCT transaction_id) FROM new_rows));
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_transaction t ON t.id = p.transaction_id WHERE p.retired_at <> t.changed_at) THEN
    PERFORM ledger_refuse('ledger_posting_recorded_then', 'a posting retires at the instant of the change');
  END IF;
  UPDATE ledger_month_total total
     SET amount_minor = total.amount_minor - gone.amount_minor, base_minor = total.base_minor - gone.base_minor
    FROM (
      SELECT book_id, account_id, date_trunc('month', date)::date AS month,
             sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor
        FROM new_rows
       GROUP BY 1, 2, 3) gone
   WHERE total.book_id = gone.book_id AND total.account_id = gone.account_id AND total.month = gone.month;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_posting_retire_guard AFTER UPDATE ON ledger_posting
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_retire_guard();

-- A header changes only as the next version, with what it said kept, by who acts, in an open period, and whole.
CREATE FUNCTION ledger_transaction_change_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
  problem text;
BEGIN
  SELECT min(CASE
      WHEN n.version IS DISTINCT FROM o.version + 1 OR n.changed_by IS DISTINCT FROM app_actor()
        OR n.changed_at NOT BETWEEN transaction_timestamp() AND greatest(clock_timestamp(), o.changed_at)
        OR n.change_id IS NULL OR n.change_id = o.change_id
        OR (n.book_id, n.origin, n.external_id, n.external_account_id, n.created_at)
           IS DISTINCT FROM (o.book_id, o.origin, o.external_id, o.external_account_id, o.created_at)
        OR (v.book_id, v.date, v.type, v.description, v.payee, v.notes, v.tags, v.status, v.is_reconciled, v.account_id,
            v.to_account_id, v.amount_minor, v.first_line, v.change_id, v.changed_at, v.changed_by)
           IS DISTINCT FROM
           (o.book_id, o.date, o.type, o.description, o.payee, o.notes, o.tags, o.status, o.is_reconciled, o.account_id,
            o.to_account_id, o.amount_minor, o.first_line, o.change_id, o.changed_at, o.changed_by)
        THEN 'ledger_transaction_append_only'
      -- New legs follow the lines before; without new legs the first line stays.
      WHEN n.first_line <> o.first_line
        AND (n.status = 'void'
             OR NOT EXISTS (SELECT FROM ledger_posting p WHERE p.transaction_id = n.id AND p.line = n.first_line - 1))
        THEN 'ledger_transaction_whole'
      -- A void transaction goes on saying what its last legs said.
      WHEN n.status = 'void'
        AND (n.date, n.type, n.account_id, n.to_account_id, n.amount_minor)
            IS DISTINCT FROM (o.date, o.type, o.account_id, o.to_account_id, o.amount_minor)
        THEN 'ledger_transaction_header_fits'
      WHEN o.is_reconciled AND n.is_reconciled
        AND ((o.date, o.type, o.account_id, o.to_account_id, o.amount_minor, o.status = 'void')
             IS DISTINCT FROM (n.date, n.type, n.account_id, n.to_account_id, n.amount_minor, n.status = 'void')
             -- What reached the target of a transfer may be of another currency, and stands in its leg alone.
             OR EXISTS (SELECT FROM ledger_posting p JOIN ledger_posting q
                           ON q.transaction_id = p.transaction_id AND q.account_id = p.account_id
                         WHERE p.transaction_id = n.id AND p.account_id = n.to_account_id
                           AND p.retired_at = n.changed_at AND q.retired_at IS NULL AND q.amount_minor <> p.amount_minor))
        THEN 'ledger_transaction_reconciled_stays'
    END)
    INTO problem
    FROM old_rows o
    FULL JOIN new_rows n ON n.id = o.id  -- full, because it is never planned as a loop in a loop
    LEFT JOIN ledger_transaction_version v ON v.transaction_id = o.id AND v.version = o.version;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction changes only as its next version, and says what its legs say');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (
    SELECT FROM (SELECT book_id, date FROM old_rows UNION ALL SELECT book_id, date FROM new_rows) p
      JOIN ledger_book b ON b.id = p.book_id
     WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  PERFORM ledger_transactions_check((SELECT array_agg(id) FROM new_rows));
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_transaction_change_guard AFTER UPDATE ON ledger_transaction
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_change_guard();

-- A kept version is one that was: it is written beside the change that supersedes it, and last_line ends its legs.
CREATE FUNCTION ledger_transaction_version_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM new_rows v
      LEFT JOIN ledger_transaction t ON t.id = v.transaction_id
     WHERE v.version < 1 OR t.version IS DISTINCT FROM v.version + 1 OR t.book_id <> v.book_id
        OR v.last_line IS DISTINCT FROM
           CASE WHEN t.first_line > v.first_line THEN t.first_line - 1
                ELSE (SELECT max(p.line) FROM ledger_posting p WHERE p.transaction_id = t.id AND p.book_id = t.book_id) END) THEN
    PERFORM ledger_refuse('ledger_transaction_version_was', 'a kept version is the one that a change superseded');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_transaction_version_guard AFTER INSERT ON ledger_transaction_version
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_version_guard();

-- The link of a statement's row lost its foreign key's date; the guard asks for it now.
CREATE OR REPLACE FUNCTION ledger_statement_line_link_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows line
              WHERE line.transaction_id IS NOT NULL
                AND (SELECT bool_or(p.book_id = line.book_id AND p.account_id = line.account_id AND p.date = line.date
                                    AND p.amount_minor = line.amount_minor AND p.retired_at IS NULL)
                       FROM ledger_posting p WHERE p.transaction_id = line.transaction_id) IS NOT TRUE) THEN
    PERFORM ledger_refuse('ledger_statement_line_is_its_transaction', 'the transaction says something else than the row');
  END IF;
  RETURN NULL;
END
$$;

-- The one door for writing money: any number of transactions, whole, in one statement.
-- Each item: {id, date, type, origin, description, account_id, to_account_id?, amount_minor, change_id?, payee?, notes?, tags?,
--             status?, is_reconciled?, external_id?, postings: [{account_id, amount_minor, currency, base_minor?}]}.
-- It inserts and nothing more; it runs with the actor's rights, and the guards above have the say.
CREATE OR REPLACE FUNCTION ledger_post(book uuid, transactions jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, public, pg_temp
AS $$
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(transactions)
      AS t (id uuid, date date, type text, origin text, description text, account_id uuid, to_account_id uuid,
            amount_minor bigint, change_id uuid, payee text, notes text, tags text[], status text, is_reconciled boolean,
            external_id text, postings jsonb)
  ), header AS (
    INSERT INTO ledger_transaction (id, book_id, date, type, origin, description, account_id, to_account_id, amount_minor,
                                    change_id, payee, notes, tags, status, is_reconciled, external_id, external_account_id)
    SELECT id, book, date, type, origin, description, account_id, to_account_id, amount_minor, coalesce(change_id, id),
           coalesce(payee, ''), coalesce(notes, ''), coalesce(tags, '{}'), coalesce(status, 'posted'),
           coalesce(is_reconciled, false), external_id, CASE WHEN external_id IS NOT NULL THEN account_id END
      FROM item
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)
  SELECT book, item.id, leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor)
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
$$;

-- Its sister for what is in the book already: each item is the whole next state of a header, with new postings, or with
-- none where the legs stay (or, for a void one, count no more). All belong to one change, which `change` names.
-- Whoever amends holds the book's lock alone, so two who change the same follow each other.
CREATE FUNCTION ledger_amend(book uuid, change uuid, transactions jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  moment timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  moment := clock_timestamp();
  IF (SELECT count(*) FROM jsonb_to_recordset(transactions) AS i (id uuid)
        JOIN ledger_transaction t ON t.id = i.id AND t.book_id = book) <> jsonb_array_length(transactions) THEN
    PERFORM ledger_refuse('ledger_transaction_in_book', 'the book has no such transaction');
  END IF;
  WITH item AS MATERIALIZED (
    SELECT i.*, t.version, t.first_line, block.last_line,
           greatest(moment, t.changed_at) AS at  -- a clock set back must not make time run backwards here
      FROM jsonb_to_recordset(transactions)
             AS i (id uuid, date date, type text, description text, account_id uuid, to_account_id uuid,
                   amount_minor bigint, payee text, notes text, tags text[], status text, is_reconciled boolean,
                   postings jsonb)
      JOIN ledger_transaction t ON t.id = i.id AND t.book_id = book
     CROSS JOIN LATERAL (
       SELECT max(p.line) AS last_line
         FROM ledger_posting p WHERE p.transaction_id = i.id AND p.book_id = book) block
  ), kept AS (
    INSERT INTO ledger_transaction_version (transaction_id, version, book_id, date, type, description, payee, notes, tags,
           status, is_reconciled, account_id, to_account_id, amount_minor, change_id, changed_at, changed_by,
           first_line, last_line)
    SELECT t.id, t.version, t.book_id, t.date, t.type, t.description, t.payee, t.notes, t.tags,
           t.status, t.is_reconciled, t.account_id, t.to_account_id, t.amount_minor, t.change_id, t.changed_at, t.changed_by,
           t.first_line, item.last_line
      FROM item JOIN ledger_transaction t ON t.id = item.id AND t.book_id = book
  ), header AS (
    UPDATE ledger_transaction t
       SET date = item.date, type = item.type, description = item.description, payee = item.payee, notes = item.notes,
           tags = item.tags, status = item.status, is_reconciled = item.is_reconciled, account_id = item.account_id,
           to_account_id = item.to_account_id, amount_minor = item.amount_minor, version = item.version + 1,
           first_line = CASE WHEN item.postings IS NULL THEN item.first_line ELSE item.last_line + 1 END,
           change_id = change, changed_at = item.at, changed_by = app_actor()
      FROM item
     WHERE t.id = item.id AND t.book_id = book
  ), retired AS (
    UPDATE ledger_posting p SET retired_at = item.at
      FROM item
     WHERE p.transaction_id = item.id AND p.retired_at IS NULL
       AND (item.postings IS NOT NULL OR item.status = 'void')
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at)
  SELECT book, item.id, item.last_line + leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor), item.at
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
   WHERE item.postings IS NOT NULL;
END
$$;

-- The log keeps what was said; which version, lines and change it was stands in the versions themselves.
DROP TRIGGER audit_insert ON ledger_transaction;
DROP TRIGGER audit_update ON ledger_transaction;
DROP TRIGGER audit_delete ON ledger_transaction;
DROP TRIGGER truncate_refuse ON ledger_transaction;
SELECT audit_table('ledger_transaction', book_column => 'book_id', hidden => 'first_line,change_id,changed_at,changed_by');
