-- Both are trusted extensions: the owner of the schema may add them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- For searching alone. Under a policy PostgreSQL tries no condition before the policy's own unless its operator leaks
-- nothing; ILIKE and array containment are not known to, so their index is never used (measured: 16 times slower).
-- This view belongs to the schema's owner, whose own policy lets every row pass, and asks for the actor's books itself.
CREATE VIEW ledger_transaction_searched AS
  SELECT id, book_id, date, type, origin, description, payee, notes, tags, status, is_reconciled, account_id, to_account_id,
         amount_minor, external_id, version, first_line, change_id, created_at, changed_at, changed_by
    FROM ledger_transaction
   WHERE book_id = ANY ((SELECT app_books('read'))::uuid[]);
REVOKE ALL ON ledger_transaction_searched FROM rupaya_user;
GRANT SELECT ON ledger_transaction_searched TO rupaya_user;

-- An amount in major units: 123450 paise are 1234.5 rupees. The places are those of rupaya/core/money.py.
CREATE FUNCTION ledger_major(minor bigint, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT trim_scale(minor * CASE WHEN currency IN ('KWD', 'BHD', 'OMR') THEN 0.001 WHEN currency = 'JPY' THEN 1 ELSE 0.01 END)
$$;

-- An instant as the API writes it (RFC 3339, UTC).
CREATE FUNCTION ledger_instant(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
