-- Entries of the log by number, as posting leaves them: six new transactions, three changes, one sign-in of ten, of a
-- thousand books. Everything but the time is a function of the number; the time is now, because a seal asks for it.
CREATE SCHEMA bench;
-- What is filled and sealed: the last number, and of the process that sealed it megabytes at its peak and seconds.
CREATE TABLE bench.part (last bigint PRIMARY KEY, mb double precision, seconds double precision);

-- Nobody looks anything up here: sealing and verifying ask the key and the transactions' numbers, and the rest takes an hour.
DROP INDEX audit_logs_user, audit_logs_book, audit_logs_resource, audit_logs_about, audit_logs_request;

CREATE FUNCTION bench.id(kind integer, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ('01990000-000' || kind || '-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid $$;

-- To be called with the guards at rest (session_replication_role = replica).
CREATE PROCEDURE bench.entries(first bigint, last bigint)
LANGUAGE sql
AS $$
  INSERT INTO audit_logs (id, user_id, actor_kind, action, resource_type, resource_id, book_id, about_id, changes, ip_address,
                          user_agent, request_id, created_at)
  SELECT bench.id(6, n), bench.id(1, who), 'user', kind,
         CASE kind WHEN 'SIGN_IN' THEN 'accounts_user' ELSE 'ledger_transaction' END,
         CASE kind WHEN 'SIGN_IN' THEN bench.id(1, who) ELSE bench.id(4, n) END::text,
         CASE WHEN kind <> 'SIGN_IN' THEN bench.id(2, who) END, CASE kind WHEN 'SIGN_IN' THEN bench.id(1, who) END,
         CASE kind
           WHEN 'INSERT' THEN jsonb_build_object(
             'id', bench.id(4, n), 'book_id', bench.id(2, who), 'date', '2026-11-20', 'type', 'expense', 'origin', 'manual',
             'description', 'Meena Tiffin Service ' || n, 'payee', 'Meena', 'account_id', bench.id(3, who * 100 + 1),
             'amount_minor', 100 + n % 500000, 'status', 'posted')
           WHEN 'UPDATE' THEN jsonb_build_object('description', jsonb_build_array('Tiffin ' || n, 'Meena Tiffin Service ' || n))
           ELSE '{}' END,
         '203.0.113.9', 'Phone/1', 'bench-' || n, statement_timestamp() + make_interval(secs => (n - first) / 1000000.0)
    FROM (SELECT n, 1 + n % 1000 AS who,
                 CASE WHEN n % 10 < 6 THEN 'INSERT' WHEN n % 10 < 9 THEN 'UPDATE' ELSE 'SIGN_IN' END AS kind
            FROM generate_series(first, last) n) chosen;
$$;
