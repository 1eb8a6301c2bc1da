-- The chart is a tree of open and closed accounts; who bends it follows whoever bent it before.

ALTER TABLE ledger_account
  ADD CONSTRAINT ledger_account_merged_in_book
    FOREIGN KEY (book_id, merged_into_id) REFERENCES ledger_account (book_id, id) NOT VALID;
GRANT UPDATE (closed_at, merged_into_id, credit_limit_minor, statement_day, due_day) ON ledger_account TO rupaya_user;
-- Superseded postings refer to what they were made on: an account is closed or merged, never forgotten.
REVOKE DELETE ON ledger_account FROM rupaya_user;

CREATE FUNCTION ledger_chart_lock(book uuid) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtextextended('ledger_chart:' || book::text, 0) $$;

-- What is wrong with a book's tree as a whole; NULL where nothing is. Accounts that no walk from the top reaches are in a
-- circle. A book has at most 2,000 accounts, so they are all walked.
CREATE FUNCTION ledger_tree_problem(book uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
  WITH RECURSIVE tree AS (
    SELECT id, 1 AS depth FROM ledger_account WHERE book_id = book AND parent_id IS NULL
    UNION ALL
    SELECT child.id, tree.depth + 1
      FROM tree JOIN ledger_account child ON child.book_id = book AND child.parent_id = tree.id
     WHERE tree.depth <= 10
  )
  SELECT CASE
           WHEN max(depth) > 10 THEN 'ledger_account_tree_depth'
           WHEN count(*) < (SELECT count(*) FROM ledger_account WHERE book_id = book) THEN 'ledger_account_tree_whole'
         END
    FROM tree
$$;

-- Which promise one of these accounts breaks beside its parent, its children, its postings and what it was merged into.
CREATE FUNCTION ledger_account_problem(book uuid, ids uuid[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT min(CASE
    WHEN parent.type <> a.type THEN 'ledger_account_parent_fits'
    WHEN parent.closed_at IS NOT NULL AND (a.closed_at IS NULL OR parent.merged_into_id IS NOT NULL)
      THEN 'ledger_account_parent_open'
    WHEN a.closed_at IS NULL THEN NULL
    WHEN EXISTS (SELECT FROM ledger_account child
                  WHERE child.book_id = book AND child.parent_id = a.id AND child.closed_at IS NULL)
      THEN 'ledger_account_children_closed'
    WHEN a.type IN ('asset', 'liability', 'equity')
         AND (SELECT sum(amount_minor) FROM ledger_month_total m WHERE m.book_id = book AND m.account_id = a.id) <> 0
      THEN 'ledger_account_closes_empty'
    WHEN a.merged_into_id IS NULL THEN NULL
    WHEN target.id = a.id OR (target.type, target.currency) <> (a.type, a.currency) OR target.closed_at IS NOT NULL
      THEN 'ledger_account_merge_fits'
    WHEN EXISTS (SELECT FROM ledger_statement s WHERE s.book_id = book AND s.account_id = a.id)
      THEN 'ledger_account_merge_without_statements'
    WHEN EXISTS (SELECT FROM ledger_posting p
                  WHERE p.book_id = book AND p.account_id = a.id AND p.retired_at IS NULL)
      THEN 'ledger_account_merge_whole'
  END)
    FROM ledger_account a
    LEFT JOIN ledger_account parent ON parent.book_id = book AND parent.id = a.parent_id
    LEFT JOIN ledger_account target ON target.book_id = book AND target.id = a.merged_into_id
   WHERE a.book_id = book AND a.id = ANY (ids)
$$;

-- Raises for the first promise that these accounts break. The book's period lock comes before the chart's, always; alone
-- where an account closes, so that nobody posts to it meanwhile. The functions read with a snapshot newer than the locks.
CREATE FUNCTION ledger_accounts_check(book uuid, ids uuid[], is_closing boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  problem text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    PERFORM ledger_refuse('ledger_account_seen', 'what others did while this waited must be seen: use READ COMMITTED');
  END IF;
  IF is_closing THEN
    PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book));
  END IF;
  PERFORM pg_advisory_xact_lock(ledger_chart_lock(book));
  problem := coalesce(ledger_account_problem(book, ids), ledger_tree_problem(book));
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'the chart of accounts would not be right');
  END IF;
END
$$;

-- Both run as the owner: a member who does not see every account must not be able to break what they do not see.
CREATE FUNCTION ledger_account_insert_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  made record;
BEGIN
  FOR made IN SELECT book_id, array_agg(id) AS ids, bool_or(closed_at IS NOT NULL) AS is_closing
                FROM new_rows GROUP BY book_id ORDER BY book_id LOOP
    PERFORM ledger_accounts_check(made.book_id, made.ids, made.is_closing);
    IF (SELECT count(*) FROM ledger_account WHERE book_id = made.book_id) > 2000 THEN
      PERFORM ledger_refuse('ledger_account_few', 'a book has at most 2,000 accounts');
    END IF;
  END LOOP;
  IF EXISTS (SELECT FROM new_rows a JOIN ledger_book b ON b.id = a.book_id
              WHERE a.type NOT IN ('asset', 'liability') AND a.currency <> b.base_currency) THEN
    PERFORM ledger_refuse('ledger_account_currency_fits', 'a category and equity are kept in the book''s currency');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_account_insert_guard AFTER INSERT ON ledger_account
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_insert_guard();

CREATE FUNCTION ledger_account_update_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  moved record;
BEGIN
  IF EXISTS (SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
              WHERE o.merged_into_id IS NOT NULL AND n.merged_into_id IS DISTINCT FROM o.merged_into_id) THEN
    PERFORM ledger_refuse('ledger_account_merged_stays_closed', 'a merged account stays merged');
  END IF;
  FOR moved IN SELECT n.book_id, array_agg(n.id) AS ids, bool_or(n.closed_at IS NOT NULL) AS is_closing
                 FROM old_rows o JOIN new_rows n ON n.id = o.id
                WHERE (n.parent_id, n.closed_at, n.merged_into_id)
                      IS DISTINCT FROM (o.parent_id, o.closed_at, o.merged_into_id)
                GROUP BY n.book_id ORDER BY n.book_id LOOP
    PERFORM ledger_accounts_check(moved.book_id, moved.ids, moved.is_closing);
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_account_update_guard AFTER UPDATE ON ledger_account
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_update_guard();

-- Makes one account of two: the source's children move below the target, each of its transactions gets a next version
-- with its legs there, all by one change, and the source closes for good. Gives how many transactions followed.
-- It runs with the actor's rights, and every guard has its say; void transactions have no legs and stay as they are.
CREATE FUNCTION ledger_account_merge(book uuid, source uuid, target uuid, change uuid) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  next_states jsonb;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  UPDATE ledger_account SET parent_id = target WHERE book_id = book AND parent_id = source;
  SELECT coalesce(jsonb_agg(
           to_jsonb(t) || jsonb_build_object(
             'account_id', CASE t.account_id WHEN source THEN target ELSE t.account_id END,
             'to_account_id', CASE t.to_account_id WHEN source THEN target ELSE t.to_account_id END,
             'postings', (
               SELECT jsonb_agg(to_jsonb(p) || jsonb_build_object(
                        'account_id', CASE p.account_id WHEN source THEN target ELSE p.account_id END) ORDER BY p.line)
                 FROM ledger_posting p
                WHERE p.transaction_id = t.id AND p.book_id = book AND p.retired_at IS NULL))), '[]')
    INTO next_states
    FROM ledger_transaction t
   WHERE t.book_id = book
     AND t.id IN (SELECT transaction_id FROM ledger_posting
                   WHERE book_id = book AND account_id = source AND retired_at IS NULL);
  PERFORM ledger_amend(book, change, next_states);
  UPDATE ledger_account SET merged_into_id = target, closed_at = coalesce(closed_at, clock_timestamp())
   WHERE book_id = book AND id = source;
  RETURN jsonb_array_length(next_states);
END
$$;
