DROP FUNCTION ledger_amend(uuid, uuid, jsonb);
DROP TRIGGER ledger_transaction_version_guard ON ledger_transaction_version;
DROP TRIGGER ledger_transaction_version_append_only ON ledger_transaction_version;
DROP TRIGGER ledger_transaction_change_guard ON ledger_transaction;
DROP TRIGGER ledger_posting_retire_guard ON ledger_posting;
DROP TRIGGER ledger_posting_insert_guard ON ledger_posting;
DROP TRIGGER ledger_transaction_append_only ON ledger_transaction;
DROP TRIGGER ledger_posting_append_only ON ledger_posting;
DROP FUNCTION ledger_transaction_version_guard();
DROP FUNCTION ledger_transaction_change_guard();
DROP FUNCTION ledger_posting_retire_guard();
DROP FUNCTION ledger_posting_insert_guard();
DROP FUNCTION ledger_transactions_check(uuid[]);
DROP FUNCTION ledger_own_fits(text, uuid, uuid, bigint, uuid, bigint);
DROP FUNCTION ledger_legs_problem(text, text, integer, bigint, numeric, integer, integer, bigint, bigint, boolean, boolean);
DROP FUNCTION ledger_delete_refuse();
DROP POLICY members_read ON ledger_transaction_version;
DROP POLICY writers_insert ON ledger_transaction_version;
DROP POLICY writers_update ON ledger_transaction_version;
DROP POLICY writers_delete ON ledger_transaction_version;
DROP POLICY owner_reads ON ledger_transaction_version;

-- Superseded versions have no place in the old tables, nor what is void: what counts stays, its lines numbered from 1, and
-- a bank's row whose transaction is gone, or of another day now, is a row that is not posted.
ALTER TABLE ledger_transaction NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_posting NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_statement_line NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_statement_line DISABLE TRIGGER USER;
UPDATE ledger_statement_line line SET transaction_id = NULL
 WHERE transaction_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM ledger_transaction t
                    WHERE t.id = line.transaction_id AND t.book_id = line.book_id AND t.date = line.date AND t.status <> 'void');
DELETE FROM ledger_posting WHERE retired_at IS NOT NULL;
DELETE FROM ledger_transaction WHERE status = 'void';
UPDATE ledger_posting p SET line = p.line - t.first_line + 1
  FROM ledger_transaction t
 WHERE t.id = p.transaction_id AND t.first_line > 1;
ALTER TABLE ledger_statement_line ENABLE TRIGGER USER;
ALTER TABLE ledger_statement_line FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_posting FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_transaction FORCE ROW LEVEL SECURITY;

ALTER TABLE ledger_transaction ALTER COLUMN changed_by DROP DEFAULT;
REVOKE INSERT (id, book_id, date, type, origin, description, payee, notes, tags, status, is_reconciled, account_id,
               to_account_id, amount_minor, external_id, external_account_id, change_id) ON ledger_transaction FROM rupaya_user;
REVOKE UPDATE (date, type, description, payee, notes, tags, status, is_reconciled, account_id, to_account_id, amount_minor,
               first_line, version, change_id, changed_at, changed_by) ON ledger_transaction FROM rupaya_user;
REVOKE INSERT (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at)
  ON ledger_posting FROM rupaya_user;
REVOKE UPDATE (retired_at) ON ledger_posting FROM rupaya_user;
GRANT INSERT ON ledger_transaction, ledger_posting TO rupaya_user;
SELECT append_only('ledger_transaction', 'ledger_transaction_append_only');
SELECT append_only('ledger_posting', 'ledger_posting_append_only');
ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_transaction_in_book
  FOREIGN KEY (book_id, date, transaction_id) REFERENCES ledger_transaction (book_id, date, id);
ALTER TABLE ledger_statement_line ADD CONSTRAINT ledger_statement_line_transaction_in_book
  FOREIGN KEY (book_id, date, transaction_id) REFERENCES ledger_transaction (book_id, date, id);

DROP TRIGGER audit_insert ON ledger_transaction;
DROP TRIGGER audit_update ON ledger_transaction;
DROP TRIGGER audit_delete ON ledger_transaction;
DROP TRIGGER truncate_refuse ON ledger_transaction;
SELECT audit_table('ledger_transaction', book_column => 'book_id', hidden => '');

CREATE OR REPLACE FUNCTION ledger_transaction_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows t
              WHERE NOT EXISTS (SELECT FROM ledger_posting p
                                 WHERE p.book_id = t.book_id AND p.transaction_id = t.id AND p.line = 1)) THEN
    PERFORM ledger_refuse('ledger_transaction_has_postings', 'a transaction came without its postings');
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ledger_statement_line_link_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows line
              WHERE line.transaction_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM ledger_posting p
                                 WHERE p.transaction_id = line.transaction_id AND p.book_id = line.book_id
                                   AND p.account_id = line.account_id AND p.amount_minor = line.amount_minor)) THEN
    PERFORM ledger_refuse('ledger_statement_line_is_its_transaction', 'the transaction says something else than the row');
  END IF;
  RETURN NULL;
END
$$;

-- Runs as the owner, who alone may write month totals; row-level security still asks for the actor's right.
-- Each statement adds a balanced whole, so by induction the book is balanced. The key holds the line
-- number, so only one statement can ever bring line 1: postings of a transaction can't be split over two.
CREATE FUNCTION ledger_posting_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows GROUP BY book_id, transaction_id HAVING sum(base_minor) <> 0 OR count(*) < 2) THEN
    PERFORM ledger_refuse('ledger_transaction_balanced', 'the postings of a transaction do not sum to zero');
  END IF;
  IF EXISTS (SELECT FROM new_rows GROUP BY book_id, transaction_id HAVING min(line) <> 1 OR max(line) <> count(*)) THEN
    PERFORM ledger_refuse('ledger_transaction_whole', 'the postings of a transaction came in two statements');
  END IF;
  IF EXISTS (
    SELECT FROM (
      SELECT t.type, count(*) AS legs,
             count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own,
             count(*) FILTER (WHERE a.type = t.type) AS categories
        FROM new_rows p
        JOIN ledger_transaction t ON t.book_id = p.book_id AND t.id = p.transaction_id
        JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
       GROUP BY t.id, t.type) whole
     WHERE CASE type WHEN 'transfer' THEN legs <> 2 OR own <> 2 ELSE own <> 1 OR categories <> legs - 1 END) THEN
    PERFORM ledger_refuse('ledger_transaction_legs_fit', 'the postings do not fit the type of the transaction');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_book b ON b.id = p.book_id WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_book b ON b.id = p.book_id
              WHERE p.currency = b.base_currency AND p.amount_minor <> p.base_minor) THEN
    PERFORM ledger_refuse('ledger_posting_base_equals_amount', 'an amount in the book''s currency has another base');
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
CREATE TRIGGER ledger_posting_guard AFTER INSERT ON ledger_posting
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_guard();

-- The one door for writing money: any number of transactions, whole, in one statement.
-- Each item: {id, date, type, origin, description, postings: [{account_id, amount_minor, currency, base_minor?}]}.
-- It inserts and nothing more; it runs with the actor's rights, and the guards above have the say.
CREATE OR REPLACE FUNCTION ledger_post(book uuid, transactions jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, public, pg_temp
AS $$
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(transactions)
      AS t (id uuid, date date, type text, origin text, description text, postings jsonb)
  ), header AS (
    INSERT INTO ledger_transaction (id, book_id, date, type, origin, description)
    SELECT id, book, date, type, origin, description FROM item
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

CREATE OR REPLACE FUNCTION ledger_period_lock(book uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('ledger_period:' || book::text, 0) $$;
