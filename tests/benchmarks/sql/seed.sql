-- People, books and years of transactions by number, so that two runs, and both sides of a pair, have the same rows.
-- Everything is a function of the number: who, which account, how much. Book 1 may be made hot: it then has every second one.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO rupaya_user;

-- The id of a thing: kind 1 a person, 2 a book, 3 an account (100 numbers a book), 4 a transaction, 5 a membership.
CREATE FUNCTION bench.id(kind integer, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ('01990000-000' || kind || '-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid $$;

-- The account `nth` of a book: 1–6 banks, 7–10 cards, 11–20 income, 21–60 expenses, 61 and 62 equity.
CREATE FUNCTION bench.account(book bigint, nth bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT bench.id(3, book * 100 + nth) $$;

CREATE PROCEDURE bench.people(books bigint)
LANGUAGE sql
AS $$
  INSERT INTO accounts_user (id, email, full_name, password, is_superuser)
  SELECT bench.id(1, n), 'person-' || n || '@example.in', 'Person ' || n, '!', false FROM generate_series(1, books) n;
  INSERT INTO ledger_book (id, name, base_currency, time_zone, fiscal_year_start_month)
  SELECT bench.id(2, n), 'Book ' || n, 'INR', 'Asia/Kolkata', 4 FROM generate_series(1, books) n;
  INSERT INTO ledger_member (id, book_id, user_id, role)
  SELECT bench.id(5, n), bench.id(2, n), bench.id(1, n), 'owner' FROM generate_series(1, books) n;
  INSERT INTO ledger_account (id, book_id, type, kind, name, currency, icon, institution, number_last4, purpose)
  SELECT bench.account(n, nth), bench.id(2, n),
         CASE WHEN nth <= 6 THEN 'asset' WHEN nth <= 10 THEN 'liability' WHEN nth <= 20 THEN 'income'
              WHEN nth <= 60 THEN 'expense' ELSE 'equity' END,
         CASE WHEN nth <= 6 THEN 'bank' WHEN nth <= 10 THEN 'credit_card' WHEN nth <= 60 THEN 'category' ELSE 'equity' END,
         'Account ' || nth, 'INR', '', '', '',
         CASE nth WHEN 1 THEN 'everyday' WHEN 11 THEN 'uncategorised_income' WHEN 21 THEN 'uncategorised_expense'
                  WHEN 61 THEN 'opening' WHEN 62 THEN 'adjustment' END
    FROM generate_series(1, books) n, generate_series(1, 62) nth;
$$;

-- The transactions `first` to `last` of `total`, spread in time order over `days` until `until`, books interleaved.
CREATE FUNCTION bench.items(first bigint, last bigint, total bigint, books bigint, is_hot boolean, days integer, until date)
RETURNS TABLE (id uuid, book_id uuid, date date, type text, description text, payee text, own uuid, other uuid, minor bigint)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT bench.id(4, i), bench.id(2, book), until - days + 1 + (i * days / (total + 1))::integer, kind,
         shop || ' ' || substr(md5(i::text), 1, 8), shop, bench.account(book, own),
         bench.account(book, CASE kind WHEN 'expense' THEN 21 + (chance >> 8) % 40
                                       WHEN 'income' THEN 11 + (chance >> 8) % 10
                                       ELSE 1 + (own + (chance >> 8) % 9) % 10 END),
         100 + (chance >> 16) % 500000
    FROM (
      SELECT i, chance,
             CASE WHEN books = 1 OR (is_hot AND i % 2 = 0) THEN 1 WHEN is_hot THEN 2 + (i / 2) % (books - 1)
                  ELSE 1 + i % books END AS book,
             1 + (chance >> 4) % 10 AS own,
             CASE WHEN chance % 16 < 11 THEN 'expense' WHEN chance % 16 < 13 THEN 'income' ELSE 'transfer' END AS kind,
             (ARRAY['Meena Tiffin Service', 'Big Bazaar', 'Metro card', 'Chemist', 'School fees', 'Petrol', 'Rent',
                    'Electricity', 'Vegetables', 'Salary', 'Café'])[1 + (chance >> 12) % 11] AS shop
        FROM (SELECT i, hashint8extended(i, 7) & 9007199254740991 AS chance FROM generate_series(first, last) i) drawn
    ) chosen
$$;

-- Fills the two tables. To be called with the guards at rest (session_replication_role = replica) and the indexes gone.
CREATE PROCEDURE bench.fill(first bigint, last bigint, total bigint, books bigint, is_hot boolean, days integer, until date)
LANGUAGE sql
AS $$
  WITH item AS MATERIALIZED (
    SELECT * FROM bench.items(first, last, total, books, is_hot, days, until)
  ), header AS (
    INSERT INTO ledger_transaction (id, book_id, date, type, origin, description, payee, account_id, to_account_id, amount_minor,
                                    change_id)
    SELECT id, book_id, date, type, 'manual', description, payee, own, CASE type WHEN 'transfer' THEN other END, minor, id
      FROM item
  )
  INSERT INTO ledger_posting (book_id, transaction_id, line, account_id, date, amount_minor, currency, base_minor)
  SELECT item.book_id, item.id, leg.line, leg.account_id, item.date, leg.minor, 'INR', leg.minor
    FROM item,
         LATERAL (VALUES (1, own, CASE type WHEN 'income' THEN minor ELSE -minor END),
                         (2, other, CASE type WHEN 'income' THEN -minor ELSE minor END)) leg (line, account_id, minor);
$$;

-- What a fill has done, and what it has still to make (indexes, keys, month totals), the highest first, side by side in lanes.
CREATE TABLE bench.filled (first bigint);
CREATE TABLE bench.later (nth integer, make text, lane text);

CREATE PROCEDURE bench.totals()
LANGUAGE sql
AS $$
  INSERT INTO ledger_month_total (book_id, account_id, month, amount_minor, base_minor)
  SELECT book_id, account_id, date_trunc('month', date)::date, sum(amount_minor), sum(base_minor)
    FROM ledger_posting WHERE retired_at IS NULL
   GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
$$;

-- One transaction as `ledger_post` takes it, with two legs: what a client sends. Both sides of a pair call it.
CREATE FUNCTION bench.entry(book bigint, own bigint, category bigint, minor bigint, day integer) RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
  SELECT format('[{"id":"%1$s","date":"%2$s","type":"expense","origin":"manual","description":"Meena Tiffin Service",'
                '"payee":"Meena","account_id":"%3$s","amount_minor":%5$s,"postings":['
                '{"account_id":"%3$s","amount_minor":-%5$s,"currency":"INR"},'
                '{"account_id":"%4$s","amount_minor":%5$s,"currency":"INR"}]}]',
                uuidv7(), date '2026-11-20' - day, bench.account(book, own), bench.account(book, category), minor)::jsonb
$$;

-- Says who acts, until the end of the transaction, as rupaya.core.db.acting_as does.
CREATE FUNCTION bench.act(person bigint) RETURNS void
LANGUAGE sql
AS $$
  SELECT set_config('app.current_user_id', bench.id(1, person)::text, true), set_config('app.actor_kind', 'user', true),
         set_config('app.client_address', '203.0.113.9', true), set_config('app.user_agent', 'Phone/1', true),
         set_config('app.request_id', 'bench-request', true)
$$;
