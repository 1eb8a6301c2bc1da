-- Written by tests/architecture/test_sql_objects.py: do not edit, refresh.

-- Functions

CREATE OR REPLACE FUNCTION public.accounts_session_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF OLD.revoked_at IS NOT NULL
     AND (NEW.revoked_at, NEW.revoked_reason) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_reason) THEN
    RAISE EXCEPTION 'session % is revoked and stays so', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'accounts_session_stays_revoked', TABLE = 'accounts_session';
  END IF;
  IF (NEW.id, NEW.user_id, NEW.created_at, NEW.expires_at)
     IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.created_at, OLD.expires_at) THEN
    RAISE EXCEPTION 'whose session % is, and from when to when, never changes', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'accounts_session_stays_whose', TABLE = 'accounts_session';
  END IF;
  IF NEW.counter < OLD.counter THEN
    RAISE EXCEPTION 'the counter of session % never falls', OLD.id
      USING ERRCODE = '23514', CONSTRAINT = 'accounts_session_counter_grows', TABLE = 'accounts_session';
  END IF;
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.accounts_session_is_alive(session uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  RETURN EXISTS (
    SELECT FROM accounts_session AS s
      JOIN accounts_user AS u ON u.id = s.user_id
     WHERE s.id = session
       AND s.user_id = (SELECT app_actor())
       AND s.revoked_at IS NULL
       AND s.expires_at > now()
       AND u.is_active);
END
$function$;
CREATE OR REPLACE FUNCTION public.accounts_user_rights_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF pg_has_role(current_user, 'rupaya_owner', 'USAGE') THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.is_staff, NEW.is_superuser) = (OLD.is_staff, OLD.is_superuser) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'staff rights come from the owner of the schema'
    USING ERRCODE = '23514', CONSTRAINT = 'accounts_user_rights_from_owner', TABLE = 'accounts_user';
END
$function$;
CREATE OR REPLACE FUNCTION public.app_actor()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT nullif(current_setting('app.current_user_id', true), '')::uuid $function$;
CREATE OR REPLACE FUNCTION public.app_books(wanted text)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  SELECT coalesce(array_agg(book_id), '{}')
    FROM ledger_member
   WHERE user_id = app_actor()
     AND CASE wanted
           WHEN 'read' THEN true
           WHEN 'write' THEN role IN ('owner', 'editor')
           WHEN 'own' THEN role = 'owner'
         END
$function$;
CREATE OR REPLACE FUNCTION public.append_only(audited regclass, guard text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION append_only_refuse(%L)', guard, audited, guard);
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM rupaya_user', audited);
END
$function$;
CREATE OR REPLACE FUNCTION public.append_only_refuse()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RAISE EXCEPTION '% on % is not allowed: it only grows', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_changes(before jsonb, after jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(o.value, n.value)), '{}')
    FROM jsonb_each(before) o FULL JOIN jsonb_each(after) n USING (key)
   WHERE o.value IS DISTINCT FROM n.value
$function$;
CREATE OR REPLACE FUNCTION public.audit_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  hidden text[] := string_to_array(TG_ARGV[1], ',');
  kind text := coalesce(nullif(current_setting('app.actor_kind', true), ''), 'unknown');
  address inet := nullif(current_setting('app.client_address', true), '')::inet;
  agent text := coalesce(current_setting('app.user_agent', true), '');
  request text := coalesce(current_setting('app.request_id', true), '');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                        changes, ip_address, user_agent, request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), kind, TG_OP, TG_TABLE_NAME, after ->> 'id', (after ->> TG_ARGV[0])::uuid,
           change, address, agent, request, clock_timestamp()
      FROM (SELECT to_jsonb(n) AS after, audit_changes('{}', jsonb_strip_nulls(to_jsonb(n) - hidden)) AS change
              FROM new_rows n) AS changed
     WHERE change <> '{}';
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                        changes, ip_address, user_agent, request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), kind, TG_OP, TG_TABLE_NAME, before ->> 'id', (before ->> TG_ARGV[0])::uuid,
           change, address, agent, request, clock_timestamp()
      FROM (SELECT to_jsonb(o) AS before, audit_changes(jsonb_strip_nulls(to_jsonb(o) - hidden), '{}') AS change
              FROM old_rows o) AS changed
     WHERE change <> '{}';
  ELSE
    INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id,
                        changes, ip_address, user_agent, request_id, created_at)
    SELECT rupaya_uuid7(), app_actor(), kind, TG_OP, TG_TABLE_NAME, after ->> 'id', (after ->> TG_ARGV[0])::uuid,
           change, address, agent, request, clock_timestamp()
      FROM (SELECT coalesce(to_jsonb(n), to_jsonb(o)) AS after, audit_changes(
                     coalesce(to_jsonb(o), '{}') - hidden, coalesce(to_jsonb(n), '{}') - hidden) AS change
              FROM old_rows o FULL JOIN new_rows n ON n.id = o.id) AS changed
     WHERE change <> '{}';
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.audit_table(audited regclass, book_column text, hidden text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%L, %L)', audited, book_column, hidden);
  EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%L, %L)', audited, book_column, hidden);
  EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_record(%L, %L)', audited, book_column, hidden);
  -- Statement triggers see no rows of a TRUNCATE: it is refused, not recorded.
  EXECUTE format('CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION append_only_refuse(%L)', audited, 'truncate_refused');
  EXECUTE format('REVOKE TRUNCATE ON %s FROM rupaya_user', audited);
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_insert_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_merge(book uuid, source uuid, target uuid, change uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_problem(book uuid, ids uuid[])
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_account_update_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_accounts_check(book uuid, ids uuid[], is_closing boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_amend(book uuid, change uuid, transactions jsonb)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  moment timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(ledger_period_lock(book));
  moment := clock_timestamp();
  WITH item AS MATERIALIZED (
    SELECT i.*, t.version, t.first_line, block.last_line,
           greatest(moment, block.recorded_at) AS at  -- a clock set back must not make time run backwards here
      FROM jsonb_to_recordset(transactions)
             AS i (id uuid, date date, type text, description text, account_id uuid, to_account_id uuid,
                   amount_minor bigint, payee text, notes text, tags text[], status text, is_reconciled boolean,
                   postings jsonb)
      JOIN ledger_transaction t ON t.id = i.id AND t.book_id = book
     CROSS JOIN LATERAL (
       SELECT max(p.line) AS last_line, max(p.recorded_at) AS recorded_at
         FROM ledger_posting p WHERE p.transaction_id = i.id AND p.book_id = book) block
  ), kept AS (
    INSERT INTO ledger_transaction_version (transaction_id, version, book_id, date, type, description, payee, notes, tags,
           status, is_reconciled, account_id, to_account_id, amount_minor, change_id, changed_at, changed_by,
           first_line, last_line)
    SELECT t.id, t.version, t.book_id, t.date, t.type, t.description, t.payee, t.notes, t.tags,
           t.status, t.is_reconciled, t.account_id, t.to_account_id, t.amount_minor, t.change_id, t.changed_at, t.changed_by,
           t.first_line, item.last_line
      FROM item JOIN ledger_transaction t ON t.id = item.id AND t.book_id = book
  ), header AS (
    UPDATE ledger_transaction t
       SET date = item.date, type = item.type, description = item.description, payee = item.payee, notes = item.notes,
           tags = item.tags, status = item.status, is_reconciled = item.is_reconciled, account_id = item.account_id,
           to_account_id = item.to_account_id, amount_minor = item.amount_minor, version = item.version + 1,
           first_line = CASE WHEN item.postings IS NULL THEN item.first_line ELSE item.last_line + 1 END,
           change_id = change, changed_at = item.at, changed_by = app_actor()
      FROM item
     WHERE t.id = item.id AND t.book_id = book
  ), retired AS (
    UPDATE ledger_posting p SET retired_at = item.at
      FROM item
     WHERE p.transaction_id = item.id AND p.book_id = book AND p.retired_at IS NULL
       AND (item.postings IS NOT NULL OR item.status = 'void')
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor, recorded_at)
  SELECT book, item.id, item.last_line + leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor), item.at
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
   WHERE item.postings IS NOT NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_book_open(book uuid, member uuid, name text, currency text, zone text, fiscal_month integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF app_actor() IS NULL THEN
    RAISE EXCEPTION 'a book needs somebody to own it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_book_has_owner', TABLE = 'ledger_book';
  END IF;
  INSERT INTO ledger_book (id, name, base_currency, time_zone, fiscal_year_start_month)
  VALUES (book, name, currency, zone, fiscal_month);
  INSERT INTO ledger_member (id, book_id, user_id, role) VALUES (member, book, app_actor(), 'owner');
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_chart_lock(book uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT hashtextextended('ledger_chart:' || book::text, 0) $function$;
CREATE OR REPLACE FUNCTION public.ledger_delete_refuse()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  PERFORM ledger_refuse(TG_ARGV[0], format('%s on %s is not allowed: nothing is forgotten', TG_OP, TG_TABLE_NAME));
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_instant(moment timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $function$;
CREATE OR REPLACE FUNCTION public.ledger_legs_problem(type text, status text, first_line integer, legs bigint, total numeric, low integer, high integer, own bigint, categories bigint, dates_fit boolean, own_fit boolean)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE
    WHEN type IS NULL THEN 'ledger_posting_has_transaction'
    WHEN status = 'void' THEN CASE WHEN legs > 0 THEN 'ledger_transaction_void_counts_nothing' END
    WHEN legs < 2 OR total <> 0 THEN 'ledger_transaction_balanced'
    WHEN low <> first_line OR high - low + 1 <> legs THEN 'ledger_transaction_whole'
    WHEN NOT dates_fit THEN 'ledger_posting_date_fits'
    WHEN CASE type WHEN 'transfer' THEN legs <> 2 OR own <> 2 ELSE own <> 1 OR categories <> legs - 1 END
      THEN 'ledger_transaction_legs_fit'
    WHEN own_fit IS NOT TRUE THEN 'ledger_transaction_header_fits'
  END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_major(minor bigint, currency text)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT trim_scale(minor * CASE WHEN currency IN ('KWD', 'BHD', 'OMR') THEN 0.001 WHEN currency = 'JPY' THEN 1 ELSE 0.01 END)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_own_fits(type text, account_id uuid, to_account_id uuid, amount_minor bigint, leg_account uuid, leg_minor bigint)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  SELECT CASE leg_account
    WHEN account_id THEN leg_minor = CASE type WHEN 'income' THEN amount_minor ELSE -amount_minor END
    WHEN to_account_id THEN leg_minor > 0
    ELSE false
  END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_period_close()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF OLD.closed_until IS NOT NULL AND (NEW.closed_until IS NULL OR NEW.closed_until < OLD.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_only_closes', 'a closed period stays closed');
  END IF;
  PERFORM pg_advisory_xact_lock(ledger_period_lock(NEW.id));
  RETURN NEW;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_period_lock(book uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT hashtextextended('ledger_period:' || book::text, 0) $function$;
CREATE OR REPLACE FUNCTION public.ledger_post(book uuid, transactions jsonb)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(transactions)
      AS t (id uuid, date date, type text, origin text, description text, account_id uuid, to_account_id uuid,
            amount_minor bigint, change_id uuid, payee text, notes text, tags text[], status text, is_reconciled boolean,
            external_id text, postings jsonb)
  ), header AS (
    INSERT INTO ledger_transaction (id, book_id, date, type, origin, description, account_id, to_account_id, amount_minor,
                                    change_id, payee, notes, tags, status, is_reconciled, external_id, external_account_id)
    SELECT id, book, date, type, origin, description, account_id, to_account_id, amount_minor, coalesce(change_id, id),
           coalesce(payee, ''), coalesce(notes, ''), coalesce(tags, '{}'), coalesce(status, 'posted'),
           coalesce(is_reconciled, false), external_id, CASE WHEN external_id IS NOT NULL THEN account_id END
      FROM item
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)
  SELECT book, item.id, leg.line, leg.account_id, item.date, leg.amount_minor, leg.currency,
         coalesce(leg.base_minor, leg.amount_minor)
    FROM item,
         LATERAL ROWS FROM (
           jsonb_to_recordset(item.postings)
             AS (account_id uuid, amount_minor bigint, currency text, base_minor bigint)
         ) WITH ORDINALITY AS leg (account_id, amount_minor, currency, base_minor, line)
$function$;
CREATE OR REPLACE FUNCTION public.ledger_posting_insert_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  problem text;
  amended uuid[];
  is_closed boolean;
  is_account_closed boolean;
  is_off_base boolean;
BEGIN
  SELECT min(whole.problem), array_agg(whole.id) FILTER (WHERE whole.low > 1)
    INTO problem, amended
    FROM (
      SELECT t.id, min(p.line) AS low,
             coalesce(
               ledger_legs_problem(t.type, t.status, t.first_line, count(*), sum(p.base_minor), min(p.line), max(p.line),
                 count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')),
                 count(*) FILTER (WHERE a.type = t.type),
                 bool_and(p.date = t.date),
                 bool_and(ledger_own_fits(t.type, t.account_id, t.to_account_id, t.amount_minor, p.account_id, p.amount_minor))
                   FILTER (WHERE a.type IN ('asset', 'liability', 'equity'))),
               CASE WHEN bool_or(p.recorded_at < transaction_timestamp()) THEN 'ledger_posting_recorded_now' END) AS problem
        FROM new_rows p
        JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
        LEFT JOIN ledger_transaction t ON t.id = p.transaction_id AND t.book_id = p.book_id
       GROUP BY t.id) whole
   WHERE whole.problem IS NOT NULL OR whole.low > 1;
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'the postings of a transaction are not whole');
  END IF;
  IF amended IS NOT NULL THEN
    PERFORM ledger_transactions_check(amended);
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  -- Asked under the lock: whoever closes an account or a period holds it alone.
  SELECT bool_or(p.date <= b.closed_until), bool_or(a.closed_at IS NOT NULL),
         bool_or(p.currency = b.base_currency AND p.amount_minor <> p.base_minor)
    INTO is_closed, is_account_closed, is_off_base
    FROM new_rows p
    JOIN ledger_book b ON b.id = p.book_id
    JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id;
  IF is_closed THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  IF is_account_closed THEN
    PERFORM ledger_refuse('ledger_account_open', 'the account is closed');
  END IF;
  IF is_off_base THEN
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
$function$;
CREATE OR REPLACE FUNCTION public.ledger_posting_retire_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (
    SELECT FROM old_rows o
      LEFT JOIN new_rows n ON n.transaction_id = o.transaction_id AND n.line = o.line AND n.book_id = o.book_id
     WHERE n.retired_at IS NULL OR o.retired_at IS NOT NULL OR n.retired_at < transaction_timestamp()
        OR (n.account_id, n.date, n.amount_minor, n.currency, n.base_minor, n.recorded_at)
           IS DISTINCT FROM (o.account_id, o.date, o.amount_minor, o.currency, o.base_minor, o.recorded_at)) THEN
    PERFORM ledger_refuse('ledger_posting_append_only', 'of a posting only its retirement is written, once');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_book b ON b.id = p.book_id WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  IF EXISTS (SELECT FROM new_rows p JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
              WHERE a.closed_at IS NOT NULL AND a.type IN ('asset', 'liability', 'equity')) THEN
    PERFORM ledger_refuse('ledger_account_open', 'a closed account holds nothing, and what it held does not change');
  END IF;
  PERFORM ledger_transactions_check((SELECT array_agg(DISTINCT transaction_id) FROM new_rows));
  UPDATE ledger_month_total total
     SET amount_minor = total.amount_minor - gone.amount_minor, base_minor = total.base_minor - gone.base_minor
    FROM (
      SELECT book_id, account_id, date_trunc('month', date)::date AS month,
             sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor
        FROM new_rows
       GROUP BY 1, 2, 3) gone
   WHERE total.book_id = gone.book_id AND total.account_id = gone.account_id AND total.month = gone.month;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_refuse(guard text, sentence text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
  RAISE EXCEPTION '%', sentence USING ERRCODE = 'check_violation', CONSTRAINT = guard;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_draft_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows WHERE posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_begins_as_draft', 'a statement begins as a draft');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_posted_stays', 'a posted statement does not change');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_line_draft_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows line JOIN ledger_statement s ON s.book_id = line.book_id AND s.id = line.statement_id
              WHERE s.posted_at IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_posted_stays', 'a posted statement gets no more rows');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_line_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM old_rows WHERE transaction_id IS NOT NULL) THEN
    PERFORM ledger_refuse('ledger_statement_line_posted_stays', 'a posted row of a statement does not change');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_statement_line_link_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows line
              WHERE line.transaction_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM ledger_posting p
                                 WHERE p.transaction_id = line.transaction_id AND p.book_id = line.book_id
                                   AND p.account_id = line.account_id AND p.date = line.date
                                   AND p.amount_minor = line.amount_minor AND p.retired_at IS NULL)) THEN
    PERFORM ledger_refuse('ledger_statement_line_is_its_transaction', 'the transaction says something else than the row');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_change_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (
    SELECT FROM old_rows o
      LEFT JOIN new_rows n ON n.id = o.id
      LEFT JOIN ledger_transaction_version v
        ON v.transaction_id = o.id AND v.version = o.version AND v.book_id = o.book_id
     WHERE n.version IS DISTINCT FROM o.version + 1 OR n.changed_by IS DISTINCT FROM app_actor()
        OR n.changed_at < transaction_timestamp() OR n.change_id IS NULL OR n.change_id = o.change_id
        OR (n.book_id, n.origin, n.external_id, n.external_account_id, n.created_at)
           IS DISTINCT FROM (o.book_id, o.origin, o.external_id, o.external_account_id, o.created_at)
        OR (v.date, v.type, v.description, v.payee, v.notes, v.tags, v.status, v.is_reconciled, v.account_id,
            v.to_account_id, v.amount_minor, v.first_line, v.change_id, v.changed_at, v.changed_by)
           IS DISTINCT FROM
           (o.date, o.type, o.description, o.payee, o.notes, o.tags, o.status, o.is_reconciled, o.account_id,
            o.to_account_id, o.amount_minor, o.first_line, o.change_id, o.changed_at, o.changed_by)) THEN
    PERFORM ledger_refuse('ledger_transaction_append_only', 'a transaction changes only as its next version');
  END IF;
  IF EXISTS (
    SELECT FROM old_rows o JOIN new_rows n ON n.id = o.id
     WHERE o.is_reconciled AND n.is_reconciled
       AND (o.date, o.type, o.account_id, o.to_account_id, o.amount_minor, n.status = 'void')
           IS DISTINCT FROM (n.date, n.type, n.account_id, n.to_account_id, n.amount_minor, o.status = 'void')) THEN
    PERFORM ledger_refuse('ledger_transaction_reconciled_stays', 'what agrees with the bank does not change');
  END IF;
  PERFORM pg_advisory_xact_lock_shared(ledger_period_lock(book_id)) FROM (SELECT DISTINCT book_id FROM new_rows) b;
  IF EXISTS (
    SELECT FROM (SELECT book_id, date FROM old_rows UNION ALL SELECT book_id, date FROM new_rows) p
      JOIN ledger_book b ON b.id = p.book_id
     WHERE p.date <= b.closed_until) THEN
    PERFORM ledger_refuse('ledger_period_open', 'the period is closed');
  END IF;
  PERFORM ledger_transactions_check((SELECT array_agg(id) FROM new_rows));
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (SELECT FROM new_rows t
              WHERE NOT EXISTS (SELECT FROM ledger_posting p
                                 WHERE p.book_id = t.book_id AND p.transaction_id = t.id AND p.line = 1)) THEN
    PERFORM ledger_refuse('ledger_transaction_has_postings', 'a transaction came without its postings');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transaction_version_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  IF EXISTS (
    SELECT FROM new_rows v
      LEFT JOIN ledger_transaction t ON t.id = v.transaction_id AND t.book_id = v.book_id
     WHERE t.version IS DISTINCT FROM v.version + 1
        OR v.last_line IS DISTINCT FROM
           CASE WHEN t.first_line > v.first_line THEN t.first_line - 1
                ELSE (SELECT max(p.line) FROM ledger_posting p WHERE p.transaction_id = t.id AND p.book_id = t.book_id) END) THEN
    PERFORM ledger_refuse('ledger_transaction_version_was', 'a kept version is the one that a change superseded');
  END IF;
  RETURN NULL;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_transactions_check(ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
DECLARE
  problem text;
BEGIN
  SELECT min(ledger_legs_problem(t.type, t.status, t.first_line, live.legs, live.total, live.low, live.high, live.own,
                                 live.categories, live.dates_fit, live.own_fit))
    INTO problem
    FROM ledger_transaction t
   CROSS JOIN LATERAL (
     SELECT count(*) AS legs, sum(p.base_minor) AS total, min(p.line) AS low, max(p.line) AS high,
            count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own,
            count(*) FILTER (WHERE a.type = t.type) AS categories,
            bool_and(p.date = t.date) AS dates_fit,
            bool_and(ledger_own_fits(t.type, t.account_id, t.to_account_id, t.amount_minor, p.account_id, p.amount_minor))
              FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own_fit
       FROM ledger_posting p
       JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
      WHERE p.transaction_id = t.id AND p.book_id = t.book_id AND p.retired_at IS NULL) live
   WHERE t.id = ANY (ids);
  IF problem IS NOT NULL THEN
    PERFORM ledger_refuse(problem, 'a transaction would not be whole');
  END IF;
END
$function$;
CREATE OR REPLACE FUNCTION public.ledger_tree_problem(book uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
$function$;
CREATE OR REPLACE FUNCTION public.rupaya_uuid7()
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
              FROM 1 FOR 6),
      52, 1), 53, 1),
    'hex')::uuid
$function$;
CREATE OR REPLACE FUNCTION public.tenant_table(tenant regclass, book_column text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tenant);
  EXECUTE format('CREATE POLICY members_read ON %s FOR SELECT '
                 'USING (%I = ANY ((SELECT app_books(''read''))::uuid[]))', tenant, book_column);
  EXECUTE format('CREATE POLICY writers_insert ON %s FOR INSERT '
                 'WITH CHECK (%I = ANY ((SELECT app_books(''write''))::uuid[]))', tenant, book_column);
  EXECUTE format('CREATE POLICY writers_update ON %s FOR UPDATE '
                 'USING (%I = ANY ((SELECT app_books(''write''))::uuid[])) '
                 'WITH CHECK (%I = ANY ((SELECT app_books(''write''))::uuid[]))', tenant, book_column, book_column);
  EXECUTE format('CREATE POLICY writers_delete ON %s FOR DELETE '
                 'USING (%I = ANY ((SELECT app_books(''write''))::uuid[]))', tenant, book_column);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO rupaya_owner USING (true)', tenant);
END
$function$;

-- Triggers

CREATE TRIGGER accounts_session_guard BEFORE UPDATE ON public.accounts_session FOR EACH ROW EXECUTE FUNCTION accounts_session_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_session REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'refresh_hash,last_used_at,rotated_at,counter');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_session REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'refresh_hash,last_used_at,rotated_at,counter');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_session REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'refresh_hash,last_used_at,rotated_at,counter');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_session FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER accounts_user_rights_guard BEFORE INSERT OR UPDATE ON public.accounts_user FOR EACH ROW WHEN ((new.is_staff OR new.is_superuser)) EXECUTE FUNCTION accounts_user_rights_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_user REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'password,last_login');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_user REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'password,last_login');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_user REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', 'password,last_login');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_user FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_user_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_user_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_user_groups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_user_groups FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.accounts_user_user_permissions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.accounts_user_user_permissions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.accounts_user_user_permissions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.accounts_user_user_permissions FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_logs_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('audit_logs_append_only');
CREATE TRIGGER audit_delete AFTER DELETE ON public.auth_group REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.auth_group REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.auth_group REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.auth_group FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.auth_group_permissions REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.auth_group_permissions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.auth_group_permissions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.auth_group_permissions FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_flag REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_flag REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_flag REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_flag FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_flag_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_flag_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_flag_groups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_flag_groups FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.flags_flag_users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.flags_flag_users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.flags_flag_users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.flags_flag_users FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_account REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER ledger_account_insert_guard AFTER INSERT ON public.ledger_account REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_insert_guard();
CREATE TRIGGER ledger_account_update_guard AFTER UPDATE ON public.ledger_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_account_update_guard();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_account FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_book REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_book REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_book REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('id', '');
CREATE TRIGGER ledger_period_close BEFORE UPDATE OF closed_until ON public.ledger_book FOR EACH ROW EXECUTE FUNCTION ledger_period_close();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_book FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_member REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_member REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_member REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_member FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_posting_append_only BEFORE DELETE OR TRUNCATE ON public.ledger_posting FOR EACH STATEMENT EXECUTE FUNCTION ledger_delete_refuse('ledger_posting_append_only');
CREATE TRIGGER ledger_posting_insert_guard AFTER INSERT ON public.ledger_posting REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_insert_guard();
CREATE TRIGGER ledger_posting_retire_guard AFTER UPDATE ON public.ledger_posting REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_retire_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_statement REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', '');
CREATE TRIGGER ledger_statement_draft AFTER INSERT ON public.ledger_statement REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_draft_guard();
CREATE TRIGGER ledger_statement_posted_delete AFTER DELETE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_guard();
CREATE TRIGGER ledger_statement_posted_update AFTER UPDATE ON public.ledger_statement REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_guard();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_statement FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_statement_line_draft AFTER INSERT ON public.ledger_statement_line REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_draft_guard();
CREATE TRIGGER ledger_statement_line_link AFTER UPDATE ON public.ledger_statement_line REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_link_guard();
CREATE TRIGGER ledger_statement_line_posted_delete AFTER DELETE ON public.ledger_statement_line REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_guard();
CREATE TRIGGER ledger_statement_line_posted_update AFTER UPDATE ON public.ledger_statement_line REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_statement_line_guard();
CREATE TRIGGER audit_delete AFTER DELETE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'first_line,change_id,changed_at,changed_by');
CREATE TRIGGER audit_insert AFTER INSERT ON public.ledger_transaction REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'first_line,change_id,changed_at,changed_by');
CREATE TRIGGER audit_update AFTER UPDATE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_record('book_id', 'first_line,change_id,changed_at,changed_by');
CREATE TRIGGER ledger_transaction_append_only BEFORE DELETE OR TRUNCATE ON public.ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION ledger_delete_refuse('ledger_transaction_append_only');
CREATE TRIGGER ledger_transaction_change_guard AFTER UPDATE ON public.ledger_transaction REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_change_guard();
CREATE TRIGGER ledger_transaction_has_postings AFTER INSERT ON public.ledger_transaction REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_guard();
CREATE TRIGGER truncate_refuse BEFORE TRUNCATE ON public.ledger_transaction FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('truncate_refused');
CREATE TRIGGER ledger_transaction_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_transaction_version FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse('ledger_transaction_version_append_only');
CREATE TRIGGER ledger_transaction_version_guard AFTER INSERT ON public.ledger_transaction_version REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_version_guard();

-- Policies

CREATE POLICY accounts_session_own ON accounts_session FOR ALL TO public
  USING (user_id = ( SELECT app_actor() AS app_actor))
  WITH CHECK (user_id = ( SELECT app_actor() AS app_actor));
CREATE POLICY accounts_session_staff_ends ON accounts_session FOR UPDATE TO public
  USING ((current_setting('app.actor_kind'::text, true) = 'staff'::text) AND ( SELECT (actor.is_staff AND actor.is_active)
   FROM accounts_user actor
  WHERE (actor.id = ( SELECT app_actor() AS app_actor))))
  WITH CHECK (revoked_at IS NOT NULL);
CREATE POLICY accounts_session_staff_sees ON accounts_session FOR SELECT TO public
  USING ((current_setting('app.actor_kind'::text, true) = 'staff'::text) AND ( SELECT (actor.is_staff AND actor.is_active)
   FROM accounts_user actor
  WHERE (actor.id = ( SELECT app_actor() AS app_actor))));
CREATE POLICY book_entries ON audit_logs FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY own_entries ON audit_logs FOR SELECT TO public
  USING (user_id = ( SELECT app_actor() AS app_actor));
CREATE POLICY owner_reads ON audit_logs FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owner_writes ON audit_logs FOR INSERT TO rupaya_owner
  WITH CHECK true;
CREATE POLICY members_read ON ledger_account FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_account FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_account FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_account FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_account FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_book FOR SELECT TO public
  USING (id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_opens ON ledger_book FOR INSERT TO rupaya_owner
  WITH CHECK true;
CREATE POLICY owner_reads ON ledger_book FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY owners_update ON ledger_book FOR UPDATE TO public
  USING (id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]))
  WITH CHECK (id = ANY (( SELECT app_books('own'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_member FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_month_total FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_month_total FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_month_total FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_month_total FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_month_total FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_posting FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_posting FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_posting FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_posting FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_posting FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_statement FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_statement FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_statement FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_statement FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_statement FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_statement_line FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_statement_line FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_statement_line FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_statement_line FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_statement_line FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_transaction FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_transaction FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_transaction FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_transaction FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_transaction FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY members_read ON ledger_transaction_version FOR SELECT TO public
  USING (book_id = ANY (( SELECT app_books('read'::text) AS app_books)::uuid[]));
CREATE POLICY owner_reads ON ledger_transaction_version FOR SELECT TO rupaya_owner
  USING true;
CREATE POLICY writers_delete ON ledger_transaction_version FOR DELETE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_insert ON ledger_transaction_version FOR INSERT TO public
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
CREATE POLICY writers_update ON ledger_transaction_version FOR UPDATE TO public
  USING (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]))
  WITH CHECK (book_id = ANY (( SELECT app_books('write'::text) AS app_books)::uuid[]));
