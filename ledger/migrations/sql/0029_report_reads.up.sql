-- The postings' policy asks in a veiled book for the transaction and the line, which the covering index does not hold: so every
-- posting that a report counted was looked up in the table, also where nothing is hidden (five million: 20 s against 1).
-- These are the postings of books that the actor sees all of. It passes by the policies, so it says the same itself.
CREATE VIEW ledger_posting_unveiled AS
  SELECT book_id, transaction_id, line, account_id, date, amount_minor, base_minor, recorded_at, retired_at
    FROM ledger_posting
   WHERE book_id = ANY ((SELECT app_books('read'))::uuid[])
     AND CASE WHEN book_id <> ALL ((SELECT app_books_veiled())::uuid[]) THEN true ELSE false END;
-- For reports: the postings as the actor may know them. The second half is not begun where nothing is veiled.
CREATE VIEW ledger_posting_shown WITH (security_invoker = true) AS
  SELECT book_id, transaction_id, line, account_id, date, amount_minor, base_minor, recorded_at, retired_at
    FROM ledger_posting_unveiled
   UNION ALL
  SELECT book_id, transaction_id, line, account_id, date, amount_minor, base_minor, recorded_at, retired_at
    FROM ledger_posting
   WHERE (SELECT app_books_veiled() <> '{}') AND book_id = ANY ((SELECT app_books_veiled())::uuid[]);
REVOKE ALL ON ledger_posting_unveiled, ledger_posting_shown FROM rupaya_user;
GRANT SELECT ON ledger_posting_unveiled, ledger_posting_shown TO rupaya_user;

-- What each account of a book that the actor sees all of has at the end of a day, in the book's currency; nothing of any
-- other book. From whole months, up to the one that ends nearest, and the days between. PL/pgSQL keeps its plan.
CREATE FUNCTION ledger_balances_unveiled(book uuid, until date) RETURNS TABLE (account_id uuid, base_minor bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  ends_before date := until + 1;
  nearest date := date_trunc('month', ends_before + 15)::date;
  sign integer := CASE WHEN nearest < ends_before THEN 1 ELSE -1 END;
BEGIN
  IF book <> ALL (app_books('read')) OR book = ANY (app_books_veiled()) THEN
    RETURN;
  END IF;
  RETURN QUERY
  SELECT account.id, (coalesce(total.minor, 0) + sign * coalesce(tail.minor, 0))::bigint
    FROM ledger_account account
    LEFT JOIN (
      SELECT account_id, sum(base_minor) AS minor
        FROM ledger_month_total
       WHERE book_id = book AND month < nearest
       GROUP BY 1) total ON total.account_id = account.id
   CROSS JOIN LATERAL (
      SELECT sum(p.base_minor) AS minor
        FROM ledger_posting p
       WHERE p.book_id = book AND p.account_id = account.id AND p.retired_at IS NULL
         AND p.date >= least(nearest, ends_before) AND p.date < greatest(nearest, ends_before)) tail
   WHERE account.book_id = book AND coalesce(total.minor, tail.minor) IS NOT NULL;
END
$$;

-- The same of any book, as the actor may know it.
CREATE FUNCTION ledger_balances(book uuid, until date) RETURNS TABLE (account_id uuid, base_minor bigint)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
  IF book <> ALL (app_books_veiled()) THEN
    RETURN QUERY SELECT * FROM ledger_balances_unveiled(book, until);
  ELSE
    RETURN QUERY
    SELECT account_id, sum(base_minor)::bigint
      FROM ledger_posting_shown
     WHERE book_id = book AND retired_at IS NULL AND date <= until
     GROUP BY 1;
  END IF;
END
$$;
