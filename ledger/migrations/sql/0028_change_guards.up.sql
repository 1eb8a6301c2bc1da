-- What a change may not do, asked of its statement as a whole. Beside the guards of 0007, which hold each transaction whole.

-- A change names what one statement made, so that taking it back takes back that and nothing else. The book is
-- compared in a form that no index takes: plans made for small tables walked the whole book.
CREATE FUNCTION ledger_change_once_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT book_id, change_id, count(*) AS made FROM new_rows GROUP BY book_id, change_id) n
     WHERE (SELECT count(*) FROM ledger_transaction t
             WHERE t.change_id = n.change_id AND t.book_id IS NOT DISTINCT FROM n.book_id) > n.made
        OR EXISTS (SELECT FROM ledger_transaction_version v
                    WHERE v.change_id = n.change_id AND v.book_id IS NOT DISTINCT FROM n.book_id)) THEN
    PERFORM ledger_refuse('ledger_change_once', 'a change is what one statement made');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_transaction_one_change_insert AFTER INSERT ON ledger_transaction
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_change_once_guard();
CREATE TRIGGER ledger_transaction_one_change_update AFTER UPDATE ON ledger_transaction
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_change_once_guard();

-- Edits end at 1,000 versions; the rest up to the table's own limit is for making void and restoring, in turns.
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
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
  EXECUTE FUNCTION ledger_transaction_versions_guard();

-- Two accounts of one currency that is not the book's: what leaves the one reaches the other. The sum in the book's
-- currency would not tell. Categories are kept in the book's currency, so only a transfer has two such legs.
CREATE FUNCTION ledger_posting_currency_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
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

-- With the last draft of an account that an upload opened goes the account, if nothing refers to it: the foreign keys know.
-- Nobody else can delete an account, and what an account was opened by is said once.
CREATE FUNCTION ledger_statement_discarded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  DELETE FROM ledger_account a USING old_rows s
   WHERE a.id = s.account_id AND a.book_id = s.book_id AND a.opened_by_upload;
  RETURN NULL;
EXCEPTION WHEN foreign_key_violation THEN
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_statement_discarded AFTER DELETE ON ledger_statement
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_discarded();
