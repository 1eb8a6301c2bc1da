-- A transaction and its postings are written in one statement, by ledger_post, and never change.

-- Posters hold this lock together; whoever closes a period takes it alone, and so waits for them.
CREATE FUNCTION ledger_period_lock(book uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('ledger_period:' || book::text, 0) $$;

-- Refuses with a name that Python explains.
CREATE FUNCTION ledger_refuse(guard text, sentence text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION '%', sentence USING ERRCODE = 'check_violation', CONSTRAINT = guard;
END
$$;

-- Every new header must have its postings by the end of its own statement.
CREATE FUNCTION ledger_transaction_guard() RETURNS trigger
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
CREATE TRIGGER ledger_transaction_has_postings AFTER INSERT ON ledger_transaction
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_guard();
SELECT append_only('ledger_transaction', 'ledger_transaction_append_only');

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
SELECT append_only('ledger_posting', 'ledger_posting_append_only');
REVOKE INSERT, UPDATE, DELETE ON ledger_month_total FROM rupaya_user;

-- Closing waits for those who are posting, so that a closed period is final once it is seen to be closed.
CREATE FUNCTION ledger_period_close() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF OLD.closed_until IS NOT NULL AND (NEW.closed_until IS NULL OR NEW.closed_until < OLD.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_only_closes', 'a closed period stays closed');
  END IF;
  PERFORM pg_advisory_xact_lock(ledger_period_lock(NEW.id));
  RETURN NEW;
END
$$;
CREATE TRIGGER ledger_period_close BEFORE UPDATE OF closed_until ON ledger_book
  FOR EACH ROW EXECUTE FUNCTION ledger_period_close();

-- The one door for writing money: any number of transactions, whole, in one statement.
-- Each item: {id, date, type, origin, description, postings: [{account_id, amount_minor, currency, base_minor?}]}.
-- It inserts and nothing more; it runs with the actor's rights, and the guards above have the say.
CREATE FUNCTION ledger_post(book uuid, transactions jsonb) RETURNS void
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
