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
    FROM ledger_book b
   WHERE b.id = book AND a.book_id = book AND a.currency = b.base_currency;
  UPDATE ledger_book SET base_currency = wanted WHERE id = book;
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
  NEW.removed_at := now();
  RETURN NEW;
END
$$;

DROP FUNCTION ledger_attachment_writable(uuid);
