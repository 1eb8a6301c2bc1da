-- Every broken promise of the journal, one row each: problem, book_id, subject, detail. None in a sound ledger.
-- With %(book)s NULL for all books.
WITH posting AS (
  SELECT * FROM ledger_posting WHERE %(book)s::uuid IS NULL OR book_id = %(book)s::uuid
), header AS (
  SELECT * FROM ledger_transaction WHERE %(book)s::uuid IS NULL OR book_id = %(book)s::uuid
), legs AS (
  SELECT book_id, transaction_id, count(*) AS legs, sum(base_minor) AS sum_minor, min(line) AS first_line,
         max(line) AS last_line, min(date) AS first_date, max(date) AS last_date
    FROM posting
   GROUP BY 1, 2
), recomputed AS (
  SELECT book_id, account_id, date_trunc('month', date)::date AS month,
         sum(amount_minor) AS amount_minor, sum(base_minor) AS base_minor
    FROM posting
   GROUP BY 1, 2, 3
), kept AS (
  SELECT * FROM ledger_month_total WHERE %(book)s::uuid IS NULL OR book_id = %(book)s::uuid
)
SELECT 'unbalanced' AS problem, book_id, transaction_id::text AS subject,
       format('postings sum to %%s minor units', sum_minor) AS detail
  FROM legs WHERE sum_minor <> 0
UNION ALL
SELECT 'incomplete', book_id, transaction_id::text, format('%%s postings, lines %%s to %%s', legs, first_line, last_line)
  FROM legs WHERE legs < 2 OR first_line <> 1 OR last_line <> legs
UNION ALL
SELECT 'without_postings', h.book_id, h.id::text, 'the transaction has no postings'
  FROM header h LEFT JOIN legs l ON l.book_id = h.book_id AND l.transaction_id = h.id
 WHERE l.transaction_id IS NULL
UNION ALL
SELECT 'without_transaction', l.book_id, l.transaction_id::text, 'the postings have no transaction of that date'
  FROM legs l LEFT JOIN header h ON h.book_id = l.book_id AND h.id = l.transaction_id
                                AND h.date = l.first_date AND h.date = l.last_date
 WHERE h.id IS NULL
UNION ALL
SELECT 'wrong_account', p.book_id, p.transaction_id::text, format('line %%s: no such account of that currency in the book', p.line)
  FROM posting p LEFT JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id AND a.currency = p.currency
 WHERE a.id IS NULL
UNION ALL
SELECT 'wrong_legs', book_id, id::text, format('%%s postings of a transaction of type %%s', legs, type)
  FROM (
    SELECT h.book_id, h.id, h.type, count(*) AS legs,
           count(*) FILTER (WHERE a.type IN ('asset', 'liability', 'equity')) AS own,
           count(*) FILTER (WHERE a.type = h.type) AS categories
      FROM header h
      JOIN posting p ON p.book_id = h.book_id AND p.transaction_id = h.id
      JOIN ledger_account a ON a.book_id = p.book_id AND a.id = p.account_id
     GROUP BY h.book_id, h.id, h.type) whole
 WHERE CASE type WHEN 'transfer' THEN legs <> 2 OR own <> 2 ELSE own <> 1 OR categories <> legs - 1 END
UNION ALL
SELECT 'wrong_base', p.book_id, p.transaction_id::text, format('line %%s: amount %%s, base %%s', p.line, p.amount_minor, p.base_minor)
  FROM posting p JOIN ledger_book b ON b.id = p.book_id AND b.base_currency = p.currency
 WHERE p.amount_minor <> p.base_minor
UNION ALL
SELECT 'wrong_total', coalesce(k.book_id, r.book_id), format('%%s %%s', coalesce(k.account_id, r.account_id), coalesce(k.month, r.month)),
       format('kept %%s, postings say %%s', coalesce(k.base_minor, 0), coalesce(r.base_minor, 0))
  FROM kept k FULL JOIN recomputed r
    ON r.book_id = k.book_id AND r.account_id = k.account_id AND r.month = k.month
 WHERE k.base_minor IS DISTINCT FROM r.base_minor OR k.amount_minor IS DISTINCT FROM r.amount_minor
 ORDER BY 1, 2, 3
 LIMIT %(rows)s
