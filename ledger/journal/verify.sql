-- Every broken promise of the journal, one row each: problem, book_id, subject, detail. None in a sound ledger.
-- With %(book)s NULL for all books. What the problems mean: README.md.
WITH posting AS (
  SELECT * FROM ledger_posting WHERE %(book)s::uuid IS NULL OR book_id = %(book)s::uuid
), header AS (
  SELECT * FROM ledger_transaction WHERE %(book)s::uuid IS NULL OR book_id = %(book)s::uuid
), version AS (
  -- Every version of every transaction. The legs of the one that stands are all from its first line on.
  SELECT book_id, transaction_id, version, false AS stands, date, type, status, account_id, to_account_id, amount_minor,
         first_line, last_line, changed_at
    FROM ledger_transaction_version WHERE %(book)s::uuid IS NULL OR book_id = %(book)s::uuid
   UNION ALL
  SELECT book_id, id, version, true, date, type, status, account_id, to_account_id, amount_minor, first_line,
         %(line_max)s, changed_at
    FROM header
), chain AS (
  SELECT version.*, row_number() OVER earlier AS place, lag(first_line) OVER earlier AS first_before,
         lag(last_line) OVER earlier AS last_before
    FROM version
  WINDOW earlier AS (PARTITION BY book_id, transaction_id ORDER BY version)
), whole AS (
  -- What the legs of each version say, whether they count today or not.
  SELECT v.book_id, v.transaction_id, v.version, v.stands, v.type, v.first_line, v.last_line, count(p.line) AS legs,
         sum(p.base_minor) AS sum_minor, min(p.line) AS low, max(p.line) AS high,
         bool_and(p.date = v.date) AS is_dated,
         count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own,
         count(*) FILTER (WHERE a.type = v.type) AS categories,
         bool_and(CASE p.account_id
                    WHEN v.account_id THEN p.amount_minor = CASE v.type WHEN 'income' THEN 1 ELSE -1 END * v.amount_minor
                    WHEN v.to_account_id THEN p.amount_minor > 0
                    ELSE false
                  END) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS is_own
    FROM version v
    LEFT JOIN posting p ON p.book_id = v.book_id AND p.transaction_id = v.transaction_id
                       AND p.line BETWEEN v.first_line AND v.last_line
    LEFT JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
   GROUP BY v.book_id, v.transaction_id, v.version, v.stands, v.type, v.first_line, v.last_line
), held AS (
  -- From when to when each leg must count: since the version that brought it, until one that has others or is void.
  SELECT p.book_id, p.transaction_id, p.line, p.recorded_at, p.retired_at, count(v.version) AS versions,
         min(v.changed_at) FILTER (WHERE p.line BETWEEN v.first_line AND v.last_line) AS since,
         min(v.changed_at) FILTER (WHERE v.first_line > p.line
                                      OR (v.status = 'void' AND p.line BETWEEN v.first_line AND v.last_line)) AS until
    FROM posting p LEFT JOIN version v ON v.book_id = p.book_id AND v.transaction_id = p.transaction_id
   GROUP BY p.book_id, p.transaction_id, p.line, p.recorded_at, p.retired_at
)
SELECT 'unbalanced' AS problem, book_id, transaction_id::text AS subject,
       format('version %%s: postings sum to %%s minor units', version, sum_minor) AS detail
  FROM whole WHERE sum_minor <> 0
UNION ALL
SELECT 'incomplete', book_id, transaction_id::text, format('version %%s: %%s postings, lines %%s to %%s', version, legs, low, high)
  FROM whole
 WHERE legs > 0 AND (legs < 2 OR low <> first_line OR high - low + 1 <> legs OR (NOT stands AND high <> last_line))
UNION ALL
SELECT 'without_postings', book_id, transaction_id::text, format('version %%s has no postings', version)
  FROM whole WHERE legs = 0
UNION ALL
SELECT 'without_transaction', book_id, transaction_id::text, 'the postings have no transaction'
  FROM held WHERE versions = 0 GROUP BY book_id, transaction_id
UNION ALL
SELECT 'without_version', book_id, transaction_id::text, format('line %%s belongs to no version that was kept', line)
  FROM held WHERE versions > 0 AND since IS NULL
UNION ALL
SELECT 'broken_chain', c.book_id, c.transaction_id::text, format('version %%s, lines from %%s: it does not follow the one before', version, first_line)
  FROM chain c
 WHERE place <> version
    OR CASE WHEN place = 1 THEN first_line <> 1
            ELSE NOT (first_line = last_before + 1 OR (first_line = first_before AND (stands OR last_line = last_before))) END
UNION ALL
SELECT 'without_header', c.book_id, c.transaction_id::text, 'versions were kept of a transaction that is not there'
  FROM chain c GROUP BY c.book_id, c.transaction_id HAVING NOT bool_or(stands)
UNION ALL
SELECT 'wrong_date', book_id, transaction_id::text, format('version %%s: the postings are of another day', version)
  FROM whole WHERE NOT is_dated
UNION ALL
SELECT 'wrong_header', book_id, transaction_id::text, format('version %%s: the postings say other accounts, or another amount', version)
  FROM whole WHERE NOT is_own
UNION ALL
SELECT 'wrong_legs', book_id, transaction_id::text, format('version %%s: %%s postings of a transaction of type %%s', version, legs, type)
  FROM whole
 WHERE legs > 0 AND CASE type WHEN 'transfer' THEN legs <> 2 OR own <> 2 ELSE own <> 1 OR categories <> legs - 1 END
UNION ALL
SELECT 'wrong_account', p.book_id, p.transaction_id::text, format('line %%s: no such account of that currency in the book', p.line)
  FROM posting p LEFT JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id AND a.currency = p.currency
 WHERE a.id IS NULL
UNION ALL
SELECT 'wrong_base', p.book_id, p.transaction_id::text, format('line %%s: amount %%s, base %%s', p.line, p.amount_minor, p.base_minor)
  FROM posting p JOIN ledger_book b ON b.id = p.book_id AND b.base_currency = p.currency
 WHERE p.amount_minor <> p.base_minor
UNION ALL
SELECT 'counts_wrongly', book_id, transaction_id::text, format('line %%s counts, and was superseded or made void', line)
  FROM held WHERE retired_at IS NULL AND until IS NOT NULL
UNION ALL
SELECT 'retired_wrongly', book_id, transaction_id::text, format('line %%s counts no more, and nothing superseded it', line)
  FROM held WHERE retired_at IS NOT NULL AND until IS NULL AND versions > 0
UNION ALL
SELECT 'wrong_instant', book_id, transaction_id::text, format('line %%s did not come, or go, when its version did', line)
  FROM held WHERE recorded_at <> since OR retired_at <> until
UNION ALL
SELECT 'wrong_link', line.book_id, line.transaction_id::text, format('statement %%s, row %%s: the transaction never said that', line.statement_id, line.line_no)
  FROM ledger_statement_line line
 WHERE line.transaction_id IS NOT NULL AND (%(book)s::uuid IS NULL OR line.book_id = %(book)s::uuid)
   AND NOT EXISTS (SELECT FROM posting p
                    WHERE p.book_id = line.book_id AND p.transaction_id = line.transaction_id
                      AND p.account_id = line.account_id AND p.date = line.date AND p.amount_minor = line.amount_minor)
UNION ALL
SELECT 'wrong_total', book_id, format('%%s %%s', account_id, month), format('kept %%s, postings say %%s', kept_base_minor, base_minor)
  FROM ledger_totals_wrong(%(book)s::uuid)
 ORDER BY 1, 2, 3, 4
 LIMIT %(rows)s
