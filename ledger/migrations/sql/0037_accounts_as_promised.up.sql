-- What was opened with the book follows its currency, and what must be kept in it; what somebody opened later stays as
-- it was opened: its limit is an amount of that currency. The starter chart is one statement, so it has one instant.
CREATE OR REPLACE FUNCTION ledger_book_currency_set(book uuid, wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  PERFORM ledger_book_own(book);
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  IF EXISTS (SELECT FROM ledger_transaction WHERE book_id = book)
     OR EXISTS (SELECT FROM ledger_statement WHERE book_id = book) THEN
    PERFORM ledger_refuse('ledger_book_currency_settled', 'money was written in the book''s currency');
  END IF;
  UPDATE ledger_account a SET currency = wanted
   WHERE a.book_id = book
     AND (a.type NOT IN ('asset', 'liability')
          OR a.created_at = (SELECT min(first.created_at) FROM ledger_account first WHERE first.book_id = book));
  UPDATE ledger_book SET base_currency = wanted WHERE id = book;
END
$$;

-- Who may only read an account writes nothing on its transactions either: no receipt comes, and none goes.
CREATE FUNCTION ledger_attachment_writable(transaction_id uuid) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  locked uuid[] := app_accounts_locked();
BEGIN
  IF locked <> '{}' AND EXISTS (SELECT FROM ledger_transaction t
                                 WHERE t.id = ledger_attachment_writable.transaction_id
                                   AND (t.account_id = ANY (locked) OR t.to_account_id = ANY (locked))) THEN
    PERFORM ledger_refuse('ledger_account_writable', 'the transaction is of an account that the actor may only read');
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION ledger_attachment_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.id = NEW.transaction_id AND t.book_id = NEW.book_id) THEN
    PERFORM ledger_refuse('ledger_attachment_in_book', 'the book has no such transaction');
  END IF;
  PERFORM ledger_attachment_writable(NEW.transaction_id);
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION ledger_attachment_removal() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL THEN
    PERFORM ledger_refuse('ledger_attachment_removed_once', 'an attachment is removed once, and stays removed');
  END IF;
  PERFORM ledger_attachment_writable(NEW.transaction_id);
  NEW.removed_at := now();
  RETURN NEW;
END
$$;
