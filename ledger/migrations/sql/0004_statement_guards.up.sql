-- The bank's words stay as they came: of a line only the link to its transaction is ever filled in, once.
REVOKE INSERT, UPDATE ON ledger_statement_line FROM rupaya_user;
GRANT INSERT (book_id, statement_id, account_id, line_no, position, date, value_date, narration, description,
              reference, amount_minor, balance_minor, fingerprint) ON ledger_statement_line TO rupaya_user;
GRANT UPDATE (transaction_id) ON ledger_statement_line TO rupaya_user;
REVOKE UPDATE ON ledger_statement FROM rupaya_user;
GRANT UPDATE (posted_at) ON ledger_statement TO rupaya_user;

-- The transaction of a row is in the same book and on the same day.
ALTER TABLE ledger_statement_line
  ADD CONSTRAINT ledger_statement_line_transaction_in_book
    FOREIGN KEY (book_id, date, transaction_id) REFERENCES ledger_transaction (book_id, date, id);

CREATE FUNCTION ledger_statement_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_posted_stays', 'a posted statement does not change');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_statement_posted_update AFTER UPDATE ON ledger_statement
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_guard();
CREATE TRIGGER ledger_statement_posted_delete AFTER DELETE ON ledger_statement
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_guard();

CREATE FUNCTION ledger_statement_line_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE transaction_id IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_line_posted_stays', 'a posted row of a statement does not change');
  END IF;
  RETURN NULL;
END
$$;
-- A row is linked to the transaction that it became, and to no other.
CREATE FUNCTION ledger_statement_line_link_guard() RETURNS trigger
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
CREATE TRIGGER ledger_statement_line_link AFTER UPDATE ON ledger_statement_line
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_link_guard();

-- A statement begins as a draft.
CREATE FUNCTION ledger_statement_draft_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows WHERE posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_begins_as_draft', 'a statement begins as a draft');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_statement_draft AFTER INSERT ON ledger_statement
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_draft_guard();

CREATE TRIGGER ledger_statement_line_posted_update AFTER UPDATE ON ledger_statement_line
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_guard();
CREATE TRIGGER ledger_statement_line_posted_delete AFTER DELETE ON ledger_statement_line
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_guard();

CREATE FUNCTION ledger_statement_line_draft_guard() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows line JOIN ledger_statement s ON s.book_id = line.book_id AND s.id = line.statement_id
              WHERE s.posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_posted_stays', 'a posted statement gets no more rows');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_statement_line_draft AFTER INSERT ON ledger_statement_line
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_draft_guard();
