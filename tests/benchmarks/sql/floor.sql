-- The floor: the same tables without a foreign key and without a trigger, and the same JSON by the same INSERT. For posting
-- floor_policies.sql adds the row-level security that they have, for the ORM floor_keys.sql the foreign keys that Django makes.
CREATE SCHEMA floor;
GRANT USAGE ON SCHEMA floor TO rupaya_user;
CREATE TABLE floor.ledger_transaction (LIKE public.ledger_transaction INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE);
CREATE TABLE floor.ledger_posting (LIKE public.ledger_posting INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE);
CREATE TABLE floor.ledger_account (LIKE public.ledger_account INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE);
INSERT INTO floor.ledger_transaction SELECT * FROM public.ledger_transaction;
INSERT INTO floor.ledger_posting SELECT * FROM public.ledger_posting;
INSERT INTO floor.ledger_account SELECT * FROM public.ledger_account;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA floor TO rupaya_user;

CREATE FUNCTION floor.ledger_post(book uuid, transactions jsonb) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, floor, public, pg_temp
AS $$
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(transactions)
      AS t (id uuid, date date, type text, origin text, description text, account_id uuid, to_account_id uuid,
            amount_minor bigint, change_id uuid, payee text, notes text, tags text[], status text, is_reconciled boolean,
            external_id text, postings jsonb)
  ), header AS (
    INSERT INTO floor.ledger_transaction (id, book_id, date, type, origin, description, account_id, to_account_id, amount_minor,
                                          change_id, payee, notes, tags, status, is_reconciled, external_id, external_account_id)
    SELECT id, book, date, type, origin, description, account_id, to_account_id, amount_minor, coalesce(change_id, id),
           coalesce(payee, ''), coalesce(notes, ''), coalesce(tags, '{}'), coalesce(status, 'posted'),
           coalesce(is_reconciled, false), external_id, CASE WHEN external_id IS NOT NULL THEN account_id END
      FROM item
  )
  INSERT INTO floor.ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)
  SELECT book, item.id, leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor)
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
$$;
