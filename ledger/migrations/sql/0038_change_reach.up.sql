-- Of what one change made, a member from whom an account is hidden sees a part. Whoever takes the change back must know whether
-- it is the whole: half undone, it could be undone by nobody. Numbers alone, and to those who write in the book.
CREATE FUNCTION ledger_change_reach(book uuid, change uuid, OUT standing integer, OUT is_superseded boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
  IF book <> ALL (app_books('write')) THEN
    standing := 0;
    is_superseded := false;
    RETURN;
  END IF;
  -- The book in a form that no index takes: plans made for small tables walked the whole book.
  standing := (SELECT count(*) FROM ledger_transaction t
                WHERE t.change_id = change AND t.book_id IS NOT DISTINCT FROM book);
  is_superseded := EXISTS (SELECT FROM ledger_transaction_version v
                            WHERE v.change_id = change AND v.book_id IS NOT DISTINCT FROM book);
END
$$;

-- Which of these external ids are kept by transactions that moved to where the actor sees nothing, on accounts that they see.
-- The unique key tells of one in a batch, without saying which: this says it, to those who write in the book.
CREATE FUNCTION ledger_external_ids_veiled(book uuid, accounts uuid[], names text[])
RETURNS TABLE (account_id uuid, external_id text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT t.external_account_id, t.external_id
    FROM unnest(accounts, names) AS k (account_id, name)
    JOIN ledger_transaction t ON t.book_id = book AND t.external_account_id = k.account_id AND t.external_id = k.name
   WHERE book = ANY ((SELECT app_books('write'))::uuid[])
     AND k.account_id <> ALL ((SELECT app_accounts_hidden())::uuid[])
     AND (t.account_id = ANY ((SELECT app_accounts_hidden())::uuid[])
          OR t.to_account_id = ANY ((SELECT app_accounts_hidden())::uuid[]))
$$;
